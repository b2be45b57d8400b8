import type { JsonObject } from '../../domain/json.ts';
import type { GateVerdict } from '../../domain/pipeline/renderable-pipeline.ts';
import { EvaluationFault } from '../../template/expression-fault.ts';
import type { LoadedGate } from './loaded-pipeline.ts';
import { metricsNamed, shortMetrics } from './metric-names.ts';

/** Judges one gate; a metric that nobody reported refuses, and is named. */
export function judgeGate(gate: LoadedGate, values: JsonObject): GateVerdict {
  const { name, text: condition } = gate;
  if (!applies(gate, values)) return { kind: 'idle', name, condition, sides: [] };
  try {
    const isTrue = gate.condition.evaluate(values) === true;
    const sides = sidesOf(gate, values);
    if (isTrue) return { kind: 'passed', name, condition, sides };
    return { kind: 'refused', name, condition, sides, reason: `${condition} is false${shown(sides)}` };
  } catch (error) {
    if (!(error instanceof EvaluationFault)) throw error;
    return { kind: 'refused', name, condition, sides: [], reason: missing(error) };
  }
}

/** Whether the run's parameters ask for it. */
export function applies({ when }: LoadedGate, { params = {} }: JsonObject): boolean {
  return when === undefined || when.evaluate({ params }) === true;
}

/** Both sides of each comparison, metrics by their own name; none where one of them cannot be had. */
function sidesOf(gate: LoadedGate, values: JsonObject): GateVerdict['sides'] {
  return gate.condition.sides(values).map(({ expression, value }) => ({
    expression: shortMetrics(expression),
    ...(value === undefined ? {} : { value }),
  }));
}

function missing(fault: EvaluationFault): string {
  const [named] = metricsNamed(fault.missing ?? '');
  if (named === undefined) return `${fault.expression} cannot be judged: ${fault.message}`;
  return `${named.stage} reported no metric ${named.metric}: ${fault.expression} cannot be judged`;
}

/** `: tuned_loss is 2.31, base_loss is 2.11`. */
function shown(sides: GateVerdict['sides']): string {
  const phrases = sides.map(
    ({ expression, value }) =>
      `${expression} is ${typeof value === 'number' ? Number(value.toPrecision(6)) : (JSON.stringify(value) ?? 'absent')}`,
  );
  return phrases.length === 0 ? '' : `: ${phrases.join(', ')}`;
}
