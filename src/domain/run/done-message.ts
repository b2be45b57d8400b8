import type { RunRecord, StageRecord } from './run-record.ts';

type Reused = StageRecord & { readonly decision: { readonly kind: 'reuse' } };

/**
 * What is said of a run whose stages are all done: that nothing was done where all of it was taken from earlier runs, and that
 * nothing was published anew where that stage was. One sentence.
 */
export function doneMessage({ name, stages }: Pick<RunRecord, 'name' | 'stages'>): string {
  const reused = stages.filter((stage): stage is Reused => stage.decision?.kind === 'reuse');
  const published = reused.filter(isPublication);
  if (reused.length > 0 && stages.every(({ attempts }) => attempts.length === 0)) {
    const made = reused.filter((stage) => !isPublication(stage));
    return `nothing was done (recorded as ${name}): ${[...byRun(made, 'made'), ...byRun(published, 'published')].join('; ')}`;
  }
  if (published.length > 0)
    return `${name} is done; nothing was published anew: ${byRun(published, 'published').join('; ')}`;
  return `${name} is done`;
}

/** By the metric that a stage which writes elsewhere has; 0 where it kept or rehearsed. */
function isPublication({ decision }: Reused): boolean {
  return (decision.result.metrics['published'] ?? 0) > 0;
}

/** `datagen, train were made by weekly-46 before`, a phrase a run. */
function byRun(stages: readonly Reused[], verb: string): readonly string[] {
  return [...Map.groupBy(stages, ({ decision }) => decision.from.run)].map(
    ([run, of]) =>
      `${of.map(({ name }) => name).join(', ')} ${of.length === 1 ? 'was' : 'were'} ${verb} by ${run} before`,
  );
}
