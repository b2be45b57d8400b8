import { nameHint } from '../../domain/closest.ts';
import type { ExpressionFault } from '../../template/expression-fault.ts';

/** A metric as conditions name it: `results.eval.metrics.loss`, `previous.?eval.?metrics.?loss`, `results["my-stage"].metrics["loss"]`. */
const METRIC =
  /(?:results|previous)(?:\.\??(\w+)|\[\??"([^"]+)"\])\.\??metrics(?:\.\??([A-Za-z_]\w*)|\[\??"([^"]+)"\])/g;

/** One metric that a condition names; offsets are of the whole of it. */
export interface NamedMetric {
  readonly stage: string;
  readonly metric: string;
  readonly start: number;
  readonly end: number;
}

/** The metrics that a condition names, in the order of the text. */
export function metricsNamed(text: string): readonly NamedMetric[] {
  return [...text.matchAll(METRIC)].map((match) => {
    const [whole, stage, quoted, metric, quotedMetric] = match;
    const start = match.index;
    return { stage: stage ?? quoted ?? '', metric: metric ?? quotedMetric ?? '', start, end: start + whole.length };
  });
}

/** The text with each metric of this run by its own name alone. */
export function shortMetrics(text: string): string {
  return metricsNamed(text)
    .filter(({ start }) => text.startsWith('results', start))
    .reduceRight((short, { metric, start, end }) => `${short.slice(0, start)}${metric}${short.slice(end)}`, text);
}

/** What is wrong with a condition that compiles: metrics that a stage which lists its metrics does not list. */
export function undeclaredMetrics(
  text: string,
  declared: ReadonlyMap<string, readonly string[]>,
): readonly ExpressionFault[] {
  return metricsNamed(text).flatMap(({ stage, metric, start, end }): readonly ExpressionFault[] => {
    const known = declared.get(stage);
    if (known === undefined || known.includes(metric)) return [];
    const hint = nameHint(metric, known);
    return [{ start, end, message: `stage \`${stage}\` gives no metric \`${metric}\``, ...(hint && { hint }) }];
  });
}
