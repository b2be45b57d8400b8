import type { Json } from '../domain/json.ts';
import { fromCel, keysOf, unwrapped, ValueMismatch } from './cel/cel-value.ts';
import { guarded } from './expression.ts';
import { EvaluationFault } from './expression-fault.ts';
import type { ExpressionSite } from './expression-site.ts';
import type { RenderContext, TreeExpression } from './render-context.ts';

/** A context that evaluates for real. Faults are `EvaluationFault`s at the expression's place. */
export function evaluating(values: RenderContext['values']): RenderContext {
  return { values, json: evaluate, condition: evaluateCondition, elements: evaluateElements, fail };
}

function fail(site: ExpressionSite, message: string): never {
  throw new EvaluationFault(message, { expression: site.text, place: site.place() });
}

function evaluate({ program, site, use }: TreeExpression, values: RenderContext['values']): Json | undefined {
  return guarded(site, () => {
    const value = fromCel(program.run(values));
    if (use === 'text' && (typeof value === 'object' || value === undefined)) {
      throw new ValueMismatch(`${value === null ? 'null' : 'a list or an object'} cannot be part of a text`);
    }
    return value;
  });
}

function evaluateCondition({ program, site }: TreeExpression, values: RenderContext['values']): boolean {
  return guarded(site, () => {
    const value = program.run(values);
    if (typeof value === 'boolean') return value;
    throw new ValueMismatch('the condition is neither true nor false');
  });
}

function evaluateElements({ program, site }: TreeExpression, values: RenderContext['values']): readonly unknown[] {
  return guarded(site, () => {
    const value = unwrapped(program.run(values));
    if (value === undefined) return [];
    if (Array.isArray(value)) return value;
    const keys = keysOf(value);
    if (keys !== undefined) return keys;
    throw new ValueMismatch('the loop runs over neither a list nor a map');
  });
}
