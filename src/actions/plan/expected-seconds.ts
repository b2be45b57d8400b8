import { spreadOf } from '../../domain/plan/spread.ts';
import type { Deps } from '../deps.ts';
import { readRun } from '../read-run.ts';
import { RUNS_MAX, tookBefore } from './took-before.ts';

/**
 * How long each stage of a run usually takes, in seconds, by name, as a plan would say; stages of which nothing is known
 * are absent.
 */
export async function expectedSeconds(deps: Deps, name: string): Promise<Readonly<Record<string, number>>> {
  const { record } = await readRun(deps, name);
  const { pipeline, profile, target, stages } = record;
  // Of each run its few figures only: together, records may be hundreds of megabytes.
  const runs = await deps.store.listAs(({ record: other }) =>
    other.name === record.name
      ? []
      : stages.map(({ name: stage }) => tookBefore([other], { pipeline, profile, target }, stage)?.seconds.median),
  );
  return Object.fromEntries(
    stages.flatMap(({ name: stage }, index) => {
      const known = runs.map((seconds) => seconds[index]).filter((seconds) => seconds !== undefined);
      const usual = spreadOf(known.slice(0, RUNS_MAX));
      return usual === undefined ? [] : [[stage, usual.median] as const];
    }),
  );
}
