import { isAbort, UserError } from '../../domain/errors.ts';
import type { RunEvent } from '../../domain/event.ts';
import type { StageName } from '../../domain/naming.ts';
import type { Stage } from '../../domain/pipeline/pipeline.ts';
import { afterCause } from '../../domain/run/after-failure.ts';
import { overheadOf } from '../../domain/run/overhead.ts';
import { eventsBetween } from '../../domain/run/record-events.ts';
import { endingOf } from '../../domain/run/run-ending.ts';
import { isCancelling, NOT_ASKED_FOR, runPhase } from '../../domain/run/run-phase.ts';
import type { RunRecord, StageRecord } from '../../domain/run/run-record.ts';
import type { RunLock } from '../../ports/run-store.ts';
import { type Deps, timestamp } from '../deps.ts';
import { EventQueue } from '../follow/event-queue.ts';
import { followRun } from '../follow/follow-run.ts';
import { recordGone } from '../follow/record-gone.ts';
import { startedEvent } from '../follow/started-event.ts';
import { type OpenRun, openRun } from '../open-run.ts';
import { roleOf } from '../plan/decide-stage.ts';
import { readRun } from '../read-run.ts';
import { typedAgain } from '../typed-again.ts';
import type { DriveContext } from './drive-context.ts';
import { driveStage } from './drive-stage.ts';
import { telling } from './notify.ts';
import { prepareImages } from './prepare-images.ts';
import { RunSession } from './run-session.ts';

/** Which run to drive, and for how long. */
export interface DriveOptions {
  readonly name: string;
  /** Cancels the run after so many seconds and ends with 124. */
  readonly timeoutSeconds?: number;
  /** Since when they count, RFC 3339: whoever handed the run over may have done so long ago. Absent = from now on. */
  readonly since?: string;
  /** Drives or fails: another driver that lives is not followed but `name-taken`. */
  readonly takeover?: boolean;
}

/** The exit code of our own time limit, as `timeout` has it. */
const TIMEOUT_EXIT_CODE = 124;

/**
 * Advances a run until it ends or `signal` fires; then the present stage goes on and the next does not start. While
 * another driver lives, it follows instead; so it does when the right to drive is lost, and takes it again when nobody
 * has it. The last event is `run-ended`.
 */
export async function* driveRun(
  deps: Deps,
  options: DriveOptions,
  signal: AbortSignal,
): AsyncGenerator<RunEvent, void> {
  const now = deps.clock.now().getTime();
  // The clock of whoever handed it over may be ahead.
  const began = options.since === undefined ? now : Math.min(now, Date.parse(options.since));
  let told: RunRecord | undefined;
  let known: OpenRun | undefined;
  for (;;) {
    const limit = timeLeft(options, deps.clock.now().getTime() - began);
    const stored = told === undefined ? await readRun(deps, options.name) : await deps.store.read(options.name);
    if (stored === undefined) throw recordGone(deps, options.name);
    const id = deps.newId();
    const lock =
      options.takeover === true ? await takeOver(deps, options.name, id) : await deps.store.lock(options.name, id);
    if (lock === undefined) {
      const since = told === undefined ? {} : { told };
      yield* followRun(deps, { name: options.name, ...limit, ...since }, signal);
      return;
    }
    const opened = known ?? (await openOrRelease(deps, stored.record, lock));
    known = opened;
    const queue = new EventQueue();
    const session = new RunSession(deps.store, stored, (events) => queue.push(...events));
    if (told === undefined) queue.push(startedEvent(deps, session.record, true, opened.document.selection.selected));
    queue.push(...eventsBetween(told, session.record));
    const time = { ...limit, wishedSeconds: options.timeoutSeconds };
    const driving = { id, lock, opened, limit: time, queue, interrupt: signal };
    const work = drive(deps, session, driving).finally(() => queue.close());
    // Without a handler a failure would be unhandled while the reader still empties the queue.
    work.catch(() => undefined);
    const { notify: settings } = opened.pipeline;
    const heard = { session, settings, events: queue.read(), work };
    if ((yield* telling(deps, heard, signal)) === 'ended') return;
    told = session.record;
    const message = 'this driver could not renew its right to drive, or another took over; nothing is submitted twice';
    yield { type: 'notice', time: timestamp(deps.clock), run: session.record.name, level: 'warning', message };
  }
}

async function takeOver({ store }: Deps, name: string, driver: string): Promise<RunLock> {
  const lock = await (store.takeOver?.(name, driver) ?? store.lock(name, driver));
  if (lock !== undefined) return lock;
  throw new UserError('name-taken', `run ${name} has a driver, and it lives`, {
    hint: `follow it: \`ilab-backend watch ${name}\`; or end the run: \`ilab-backend cancel ${name}\``,
  });
}

function timeLeft({ timeoutSeconds }: DriveOptions, passedMs: number): Pick<DriveOptions, 'timeoutSeconds'> {
  return timeoutSeconds === undefined ? {} : { timeoutSeconds: Math.max(0, timeoutSeconds - passedMs / 1000) };
}

/** What is left of the time, and how much was asked for. */
interface TimeLimit extends Pick<DriveOptions, 'timeoutSeconds'> {
  readonly wishedSeconds: number | undefined;
}

/** One driver, its right to drive, and what it drives. */
interface Driving {
  readonly id: string;
  readonly lock: RunLock;
  readonly opened: OpenRun;
  readonly limit: TimeLimit;
  readonly queue: EventQueue;
  /** Fires when this program shall end; the run goes on. */
  readonly interrupt: AbortSignal;
}

async function openOrRelease(deps: Deps, record: RunRecord, lock: RunLock): Promise<OpenRun> {
  try {
    return await openRun(deps, record.name, record);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** `lost`: the right to drive went; the run has not ended for this program. */
async function drive(
  deps: Deps,
  session: RunSession,
  { id, lock, opened, limit, queue, interrupt }: Driving,
): Promise<'ended' | 'lost'> {
  const over = new AbortController();
  const cancelling = new AbortController();
  const signal = AbortSignal.any([interrupt, lock.lost]);
  let timedOut = false;
  let settled = false;
  let isPlaceGone = false;
  try {
    await session.refresh();
    await beginDriving(deps, session, id);
    const { document, pipeline } = opened;
    const runs = (await deps.store.list())
      .map((other) => other.record)
      .filter((other) => other.name !== session.record.name);
    const context: DriveContext = {
      deps,
      session,
      decision: { pipeline, document, runs, artifacts: deps.artifacts },
      prepare: once(() => prepareImages(deps, session, opened, (event) => queue.push(event), signal)),
      emit: (event) => queue.push(event),
      signal,
      lost: lock.lost,
      cancelling: cancelling.signal,
      placeGone: () => {
        isPlaceGone = true;
      },
    };
    const wishes = heedWishes(context, cancelling, over.signal);
    const timer = timeout(context, limit, over.signal, () => {
      timedOut = true;
    });
    // Their faults are seen below; until then they must not count as unhandled.
    for (const background of [wishes, timer]) background.catch(() => undefined);
    try {
      await skipUnasked(context);
      await runGraph(context, pipeline.pipeline.stages);
    } finally {
      over.abort();
      await Promise.all([wishes, timer]);
    }
    await endDriving(deps, session, id);
  } catch (error) {
    settled = isSettled(error, session.record);
    if (!settled) throw error;
  } finally {
    over.abort();
    await lock.release();
  }
  if (!settled && lock.lost.aborted && !interrupt.aborted && !isOver(session.record)) return 'lost';
  const { name } = session.record;
  const { next, ...ending } = endingOf(session.record, false);
  const exitCode = timedOut && ending.phase !== 'Succeeded' ? TIMEOUT_EXIT_CODE : ending.exitCode;
  const time = timestamp(deps.clock);
  const overhead = { ...overheadOf(session.record, time), ...deps.target.effort?.() };
  const then = next === undefined || isPlaceGone ? {} : { next };
  const ways = isPlaceGone ? [] : afterCause(session.record, { ...ending, ...then }, typedAgain(opened.document));
  const after = ways.length === 0 ? {} : { after: ways };
  queue.push({ type: 'run-ended', time, run: name, ...ending, ...then, ...after, exitCode, overhead });
  return 'ended';
}

function isOver(record: RunRecord): boolean {
  return endingOf(record, true).phase !== 'Running';
}

/** A record that vanishes after the end of its run was written takes nothing back. */
function isSettled(error: unknown, record: RunRecord): boolean {
  return error instanceof UserError && error.code === 'run-lost' && runPhase(record, false) !== 'Interrupted';
}

/** What nobody asked for is told first: it waits for nothing. */
async function skipUnasked({ session, deps, decision }: DriveContext): Promise<void> {
  const isUnasked = (stage: StageRecord): boolean =>
    stage.decision === undefined && stage.attempts.length === 0 && roleOf(decision, stage.name) === 'unasked';
  if (!session.record.stages.some(isUnasked)) return;
  const skip = { kind: 'skip', reason: NOT_ASKED_FOR, at: timestamp(deps.clock) } as const;
  await session.commit((record) => ({
    ...record,
    stages: record.stages.map((stage) => (isUnasked(stage) ? { ...stage, decision: skip } : stage)),
  }));
}

/** Each stage starts when all it needs are done; one that fails keeps only what builds on it from starting. */
async function runGraph(context: DriveContext, stages: readonly Stage[]): Promise<void> {
  const ended = new Map<StageName, Promise<boolean>>();
  const stop = new AbortController();
  for (const stage of stages) {
    const needs = stage.needs.map((need) => ended.get(need) ?? Promise.resolve(false));
    ended.set(
      stage.name,
      Promise.all(needs).then(async (done) => {
        if (!done.every(Boolean) || context.signal.aborted || stop.signal.aborted) return false;
        return driveStage(context, stage);
      }),
    );
  }
  const results = await Promise.allSettled(ended.values());
  // What had not begun when this driver was told to leave is left to the next one.
  const fault = results.find((result) => result.status === 'rejected' && !isAbort(result.reason, context.signal));
  if (fault?.status === 'rejected') throw fault.reason;
}

/** All that remains is made ready together, before the first stage that runs: hour six is no time to miss a package. */
function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => {
    done ??= work();
    return done;
  };
}

/** Notices the wish to cancel that another program wrote. */
async function heedWishes(context: DriveContext, cancelling: AbortController, over: AbortSignal): Promise<void> {
  const { deps, session } = context;
  if (isCancelling(session.record)) cancelling.abort();
  for await (const changed of deps.store.watch(session.record.name, over)) {
    await session.refresh(changed.version);
    if (isCancelling(session.record)) cancelling.abort();
  }
}

async function timeout(
  context: DriveContext,
  { timeoutSeconds, wishedSeconds }: TimeLimit,
  over: AbortSignal,
  onTimeout: () => void,
): Promise<void> {
  if (timeoutSeconds === undefined) return;
  const { deps, session } = context;
  try {
    await deps.clock.sleep(timeoutSeconds, over);
  } catch {
    return;
  }
  onTimeout();
  await session.commit((record) => ({
    ...record,
    cancel: {
      at: timestamp(deps.clock),
      by: deps.who.user,
      reason: `--timeout of ${wishedSeconds} s`,
      epoch: record.epoch,
    },
  }));
}

async function beginDriving(deps: Deps, session: RunSession, id: string): Promise<void> {
  const { host, pid, user } = deps.who;
  const driver = { id, host, pid, user, startedAt: timestamp(deps.clock) };
  await session.commit((record) => ({ ...record, drivers: [...record.drivers, driver] }));
}

async function endDriving(deps: Deps, session: RunSession, id: string): Promise<void> {
  const endedAt = timestamp(deps.clock);
  await session.commit((record) => ({
    ...record,
    drivers: record.drivers.map((driver) => (driver.id === id ? { ...driver, endedAt } : driver)),
  }));
}
