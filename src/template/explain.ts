import type { ASTNode } from '@marcbachmann/cel-js';
import type { Json } from '../domain/json.ts';
import { type CelProgram, compileCel, sourceOf } from './cel/cel-program.ts';
import { fromCel } from './cel/cel-value.ts';
import { presentWhen } from './presence.ts';
import type { TypeScope } from './scope.ts';

/** What one side of a comparison was; `value` is undefined when it has none. */
export interface Side {
  readonly expression: string;
  readonly value: Json | undefined;
}

const COMPARISONS = ['==', '!=', '<', '<=', '>', '>=', 'in'];

/** The sides of a condition's comparisons that are no literals, each once, with their values. */
export function sidesOf(root: ASTNode, scope: TypeScope, values: Readonly<Record<string, unknown>>): readonly Side[] {
  const expressions = [...new Set(operands(root).map(sourceOf))];
  const present = new Set([...presentWhen(root, true), ...presentWhen(root, false)]);
  return expressions.map((expression) => {
    const result = compileCel(expression, scope, present);
    return { expression, value: result.kind === 'ok' ? sideValue(result.program, values) : undefined };
  });
}

function operands(node: ASTNode): readonly ASTNode[] {
  if (COMPARISONS.includes(node.op)) return (node.args as readonly ASTNode[]).filter((side) => side.op !== 'value');
  if (node.op === '&&' || node.op === '||') return node.args.flatMap(operands);
  if (node.op === '!_') return operands(node.args);
  return node.op === 'value' ? [] : [node];
}

function sideValue(program: CelProgram, values: Readonly<Record<string, unknown>>): Json | undefined {
  try {
    return fromCel(program.run(values));
  } catch {
    // The condition itself was evaluated before; what fails here is a side that decided nothing.
    return undefined;
  }
}
