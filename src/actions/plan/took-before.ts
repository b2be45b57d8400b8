import type { StageName } from '../../domain/naming.ts';
import type { TookBefore } from '../../domain/plan/plan.ts';
import { spreadOf } from '../../domain/plan/spread.ts';
import { secondsBetween } from '../../domain/run/record-events.ts';
import type { RunRecord } from '../../domain/run/run-record.ts';

/** Older ones tell of other data and other machines. */
export const RUNS_MAX = 10;

/** What makes two runs comparable. */
export interface TookWhere {
  readonly pipeline: Pick<RunRecord['pipeline'], 'name'>;
  readonly profile?: string | undefined;
  readonly target: RunRecord['target'];
}

/**
 * How long a stage took in the last runs in which it ended well with this pipeline, profile and target: what to expect,
 * whatever of its parameters changed since. It counts from its node on, as its GPUs do: a model server is made ready
 * first. `runs` newest first; undefined when there is none.
 */
export function tookBefore(
  runs: readonly RunRecord[],
  { pipeline, profile, target }: TookWhere,
  name: StageName,
): TookBefore | undefined {
  const times: { readonly run: string; readonly seconds: number }[] = [];
  for (const run of runs) {
    if (times.length === RUNS_MAX) break;
    if (run.pipeline.name !== pipeline.name || run.profile !== profile || run.target !== target) continue;
    const attempts = run.stages.find((stage) => stage.name === name)?.attempts ?? [];
    const good = attempts.findLast(({ outcome }) => outcome?.kind === 'succeeded');
    const seconds = secondsBetween(good?.at.placed ?? good?.at.started, good?.at.ended);
    if (seconds !== undefined) times.push({ run: run.name, seconds });
  }
  const seconds = spreadOf(times.map((time) => time.seconds));
  return seconds === undefined ? undefined : { seconds, runs: times.map(({ run }) => run) };
}
