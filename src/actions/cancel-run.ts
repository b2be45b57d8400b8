import type { RunEvent } from '../domain/event.ts';
import { hasEnded, isCancelling, isDone, type RunPhase, runPhase } from '../domain/run/run-phase.ts';
import { type Deps, timestamp } from './deps.ts';
import { driveRun } from './drive/drive-run.ts';
import { RunSession } from './drive/run-session.ts';
import { followRun } from './follow/follow-run.ts';
import { readRun } from './read-run.ts';

/** Which run to cancel. `reason` is shown to whoever follows it. */
export interface CancelRequest {
  readonly name: string;
  readonly reason?: string;
}

/** The state that the run has ended in; undefined while there is something to cancel. */
export async function endedAs(deps: Deps, name: string): Promise<RunPhase | undefined> {
  const { record } = await readRun(deps, name);
  const phase = runPhase(record, await deps.store.isLocked(name));
  return hasEnded(phase) ? phase : undefined;
}

/**
 * Records the wish, then sees it done: by the living driver, or by driving the run to its end here. Idempotent; a run
 * that has ended stays as it is, and is only told. The last event is `run-ended`.
 */
export async function* cancelRun(
  deps: Deps,
  request: CancelRequest,
  signal: AbortSignal,
): AsyncGenerator<RunEvent, void> {
  if ((await endedAs(deps, request.name)) !== undefined) {
    yield* followRun(deps, { name: request.name }, signal);
    return;
  }
  await wishToCancel(deps, request);
  yield* driveRun(deps, { name: request.name }, signal);
}

/** Records the wish and returns; whoever drives the run heeds it. */
export async function wishToCancel(deps: Deps, request: CancelRequest): Promise<void> {
  const stored = await readRun(deps, request.name);
  if (stored.record.stages.every(isDone) || isCancelling(stored.record)) return;
  const session = new RunSession(deps.store, stored, () => undefined);
  const reason = request.reason === undefined ? {} : { reason: request.reason };
  await session.commit((record) => ({
    ...record,
    cancel: { at: timestamp(deps.clock), by: deps.who.user, ...reason, epoch: record.epoch },
  }));
}
