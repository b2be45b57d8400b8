import type { JsonObject } from '../domain/json.ts';
import type { GateVerdict } from '../domain/renderable-pipeline.ts';
import { EvaluationFault } from '../template/expression-fault.ts';
import type { LoadedGate } from './loaded-pipeline.ts';
import { metricsNamed, shortMetrics } from './metric-names.ts';

/** Judges one gate; a metric that nobody reported refuses, and is named. */
export function judgeGate(gate: LoadedGate, values: JsonObject): GateVerdict {
  const { name } = gate;
  try {
    if (gate.condition.evaluate(values) === true) return { kind: 'passed', name };
    return { kind: 'refused', name, reason: `${gate.text} is false${shown(gate, values)}` };
  } catch (error) {
    if (!(error instanceof EvaluationFault)) throw error;
    return { kind: 'refused', name, reason: missing(error) };
  }
}

function missing(fault: EvaluationFault): string {
  const [named] = metricsNamed(fault.missing ?? '');
  if (named === undefined) return `${fault.expression} cannot be judged: ${fault.message}`;
  return `${named.stage} reported no metric ${named.metric}: ${fault.expression} cannot be judged`;
}

/** `: tuned_loss is 2.31, base_loss is 2.11`: both sides of each comparison, metrics by their own name. */
function shown(gate: LoadedGate, values: JsonObject): string {
  const sides = gate.condition.sides(values).map(({ expression, value }) => {
    const name = shortMetrics(expression);
    return `${name} is ${typeof value === 'number' ? Number(value.toPrecision(6)) : (JSON.stringify(value) ?? 'absent')}`;
  });
  return sides.length === 0 ? '' : `: ${sides.join(', ')}`;
}
