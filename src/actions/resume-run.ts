import { hasFailed, isCancelling, isDone, stagePhase } from '../domain/run/run-phase.ts';
import type { RunRecord } from '../domain/run/run-record.ts';
import type { Deps } from './deps.ts';
import { RunSession } from './drive/run-session.ts';
import { readRun } from './read-run.ts';

/** What going on with a run means in the state it is in. */
export type ResumeVerdict =
  /** Every stage is done. */
  | 'finished'
  /** Another driver lives: follow it. */
  | 'alive'
  /** Nobody drives it and nothing failed: go on. */
  | 'interrupted'
  /** Stages that failed, were lost, refused or cancelled may be tried again. */
  | 'retried';

/** What a person wishes of the attempts to come. */
export interface ResumeWishes {
  /** Seconds that each may run; absent = as before. */
  readonly runTimeout?: number;
}

/**
 * Makes a run ready to be driven on: what runs is adopted, what is done is kept, what failed may get another attempt.
 * Writes only when there is something to try again, or a wish.
 */
export async function prepareResume(deps: Deps, name: string, wishes: ResumeWishes = {}): Promise<ResumeVerdict> {
  const stored = await readRun(deps, name);
  if (stored.record.stages.every(isDone)) return 'finished';
  if (await deps.store.isLocked(name)) return 'alive';
  const wasOver = isOver(stored.record);
  if (!wasOver && wishes.runTimeout === undefined) return 'interrupted';
  const session = new RunSession(deps.store, stored, () => undefined);
  await session.commit((record) => ({
    ...record,
    ...wishes,
    epoch: isOver(record) ? record.epoch + 1 : record.epoch,
  }));
  return wasOver ? 'retried' : 'interrupted';
}

/** It ended in this epoch, and nothing is running that a driver would have to follow first. */
function isOver(record: RunRecord): boolean {
  if (record.stages.some((stage) => stagePhase(stage) === 'Running')) return false;
  return isCancelling(record) || record.stages.some((stage) => hasFailed(stage, record.epoch));
}
