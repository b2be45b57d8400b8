import { UserError } from '../domain/errors.ts';
import type { RunRecord } from '../domain/run-record.ts';
import { isUnderWay } from '../domain/sight.ts';
import type { Deps } from './deps.ts';
import { seeAttempts } from './follow/see-attempts.ts';
import { everyRun, namedByRun } from './named-by-runs.ts';
import { readRun } from './read-run.ts';

/**
 * Deletes a run: its attempts with logs and outputs, then its record. Refuses while it is driven or runs, and while
 * another run has taken one of its results over or reads one. Interrupted, it is finished by calling it again, and so is
 * what a crash left of a run that never started.
 */
export async function removeRun(deps: Deps, name: string, signal: AbortSignal): Promise<void> {
  if ((await deps.store.read(name)) === undefined && (await deps.store.remove(name))) return;
  const { record } = await readRun(deps, name);
  const lock = await deps.store.lock(name);
  if (lock === undefined) {
    throw new UserError('name-taken', `run ${name} is being driven`, {
      hint: `end it first: \`ilab-backend cancel ${name}\``,
    });
  }
  try {
    await refuseWhatRuns(deps, record);
    const user = await userOf(deps, name);
    if (user !== undefined) {
      throw new UserError('name-taken', `run ${user} builds on a result of ${name}`, {
        hint: `remove that first: \`ilab-backend rm ${user}\``,
      });
    }
    const refs = record.stages.flatMap((stage) =>
      stage.attempts.map(({ attempt }) => ({ run: record.name, stage: stage.name, attempt })),
    );
    await deps.artifacts.discard(refs, signal);
    for (const ref of refs) await deps.target.remove(ref);
    await deps.drivers.remove(name);
    await deps.store.remove(name);
  } finally {
    await lock.release();
  }
}

/** An attempt whose end nobody recorded may have ended: what counts is what is seen of it now. */
async function refuseWhatRuns(deps: Deps, record: RunRecord): Promise<void> {
  for (const [stage, sight] of await seeAttempts(deps, record, false)) {
    if (!isUnderWay(sight)) continue;
    const how = sight.kind === 'unknown' ? `may still run: ${sight.reason}` : 'still runs';
    throw new UserError('name-taken', `stage ${stage} of ${record.name} ${how}`, {
      hint: `end it first: \`ilab-backend cancel ${record.name}\``,
    });
  }
}

/** Another run whose record or plan names this one. */
async function userOf(deps: Deps, name: string): Promise<string | undefined> {
  for (const { record } of await everyRun(deps.store)) {
    if (record.name !== name && (await namedByRun(deps.store, record)).runs.has(name)) return record.name;
  }
  return undefined;
}
