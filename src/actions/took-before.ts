import type { StageName } from '../domain/naming.ts';
import type { StagePlan } from '../domain/plan.ts';
import { secondsBetween } from '../domain/record-events.ts';
import type { RenderablePipeline } from '../domain/renderable-pipeline.ts';
import type { RunRecord } from '../domain/run-record.ts';

/**
 * How long a stage took when it last ended well with this pipeline, profile and target: what to expect, whatever of its
 * parameters changed since. It counts from its node on, as its GPUs do: a model server is made ready first. `runs` newest
 * first; undefined when there is none.
 */
export function tookBefore(
  runs: readonly RunRecord[],
  { pipeline, profile, target }: Pick<RenderablePipeline, 'pipeline' | 'profile' | 'target'>,
  name: StageName,
): StagePlan['tookBefore'] {
  for (const run of runs) {
    if (run.pipeline.name !== pipeline.name || run.profile !== profile || run.target !== target) continue;
    const attempts = run.stages.find((stage) => stage.name === name)?.attempts ?? [];
    const good = attempts.findLast(({ outcome }) => outcome?.kind === 'succeeded');
    const seconds = secondsBetween(good?.at.placed ?? good?.at.started, good?.at.ended);
    if (seconds !== undefined) return { seconds, run: run.name };
  }
  return undefined;
}
