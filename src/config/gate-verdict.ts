import type { JsonObject } from '../domain/json.ts';
import type { GateVerdict } from '../domain/renderable-pipeline.ts';
import { EvaluationFault } from '../template/expression-fault.ts';
import type { LoadedGate } from './loaded-pipeline.ts';

/** A metric as conditions name it: `results.eval.metrics.loss`, `results["my-stage"].metrics["loss"]`. */
const METRIC = /results(?:\.(\w+)|\["([^"]+)"\])\.metrics(?:\.\??(\w+)|\["([^"]+)"\])/g;

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
  const [, stage, quoted, metric, quotedMetric] = [...(fault.missing ?? '').matchAll(METRIC)][0] ?? [];
  const [maker, name] = [stage ?? quoted, metric ?? quotedMetric];
  if (maker === undefined || name === undefined) return `${fault.expression} cannot be judged: ${fault.message}`;
  return `${maker} reported no metric ${name}: ${fault.expression} cannot be judged`;
}

/** `: tuned_loss is 2.31, base_loss is 2.11`: both sides of each comparison, metrics by their own name. */
function shown(gate: LoadedGate, values: JsonObject): string {
  const sides = gate.condition.sides(values).map(({ expression, value }) => {
    const name = expression.replace(METRIC, (_whole, _stage, _quoted, metric, quotedMetric) => metric ?? quotedMetric);
    return `${name} is ${typeof value === 'number' ? Number(value.toPrecision(6)) : (JSON.stringify(value) ?? 'absent')}`;
  });
  return sides.length === 0 ? '' : `: ${sides.join(', ')}`;
}
