import { UserError } from '../domain/errors.ts';
import type { RunRecord } from '../domain/run/run-record.ts';
import { isUnderWay } from '../domain/run/sight.ts';
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
    throw new UserError('still-running', `run ${name} is being driven`, {
      hint: `end it first: \`ilab-backend cancel ${name}\``,
    });
  }
  try {
    await refuseWhatRuns(deps, record);
    const users = await usersOf(deps, name);
    if (users.length > 0) {
      const [who, first] =
        users.length === 1 ? [`run ${users[0]} builds`, 'it'] : [`runs ${users.join(', ')} build`, 'them'];
      throw new UserError('in-use', `${who} on a result of ${name}`, {
        hint: `remove ${first} first: \`ilab-backend rm ${users.join(' ')}\``,
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
    throw new UserError('still-running', `stage ${stage} of ${record.name} ${how}`, {
      hint: `end it first: \`ilab-backend cancel ${record.name}\``,
    });
  }
}

/** The other runs whose record or plan names this one, newest first: in this order they can be removed. */
async function usersOf(deps: Deps, name: string): Promise<readonly string[]> {
  const users: string[] = [];
  for (const { record } of await everyRun(deps.store)) {
    if (record.name !== name && (await namedByRun(deps.store, record)).runs.has(name)) users.push(record.name);
  }
  return users;
}
