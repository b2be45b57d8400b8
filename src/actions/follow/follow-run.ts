import type { RunEvent } from '../../domain/event.ts';
import type { StageName } from '../../domain/naming.ts';
import { overheadOf } from '../../domain/run/overhead.ts';
import { eventsBetween } from '../../domain/run/record-events.ts';
import { endingOf } from '../../domain/run/run-ending.ts';
import {
  isPreparing,
  lastAttempt,
  PREPARING,
  runPhase,
  stagePhase,
  stageThatAsks,
} from '../../domain/run/run-phase.ts';
import type { RunRecord } from '../../domain/run/run-record.ts';
import { NO_SIGHTS } from '../../domain/run/sight.ts';
import { type Deps, timestamp } from '../deps.ts';
import { readRun } from '../read-run.ts';
import { waysOn } from '../typed-again.ts';
import { adviserOf } from './advise-on.ts';
import { EventQueue } from './event-queue.ts';
import { type Advise, followProgress } from './read-progress.ts';
import { recordGone } from './record-gone.ts';
import { seeAttempts } from './see-attempts.ts';
import { startedEvent } from './started-event.ts';

/** How often a driver that is on its way is looked for. */
const COMING_SECONDS = 2;

/** Which run to follow, and for how long. */
export interface FollowOptions {
  readonly name: string;
  /** Ends the waiting, not the run, with 124. */
  readonly timeoutSeconds?: number;
  /** What the reader of the stream was told before: only what differs is told. Absent = it begins here. */
  readonly told?: RunRecord;
}

/**
 * Tells a run's history and what happens from now on, and writes nothing. Ends when the run has ended, when its
 * driver is gone, or when `signal` fires. The last event is `run-ended`.
 */
export async function* followRun(
  deps: Deps,
  options: FollowOptions,
  signal: AbortSignal,
): AsyncGenerator<RunEvent, void> {
  const over = new AbortController();
  const queue = new EventQueue();
  const work = follow(deps, options, queue, over, signal).finally(() => {
    over.abort();
    queue.close();
  });
  work.catch(() => undefined);
  yield* queue.read();
  await work;
}

async function follow(
  deps: Deps,
  options: FollowOptions,
  queue: EventQueue,
  over: AbortController,
  signal: AbortSignal,
): Promise<void> {
  const began = options.told === undefined ? await readRun(deps, options.name) : await deps.store.read(options.name);
  if (began === undefined) throw recordGone(deps, options.name);
  let { record } = began;
  if (options.told === undefined) queue.push(startedEvent(deps, record, false));
  queue.push(...eventsBetween(options.told, record), ...(await preparing(deps, options, record)));
  const leave = AbortSignal.any([signal, over.signal]);
  const progress = new ProgressReaders(deps, options.name, queue, leave);
  progress.update(record);
  const alive = stopWithDriver(deps, options.name, over);
  const timer = stopInTime(deps, options.timeoutSeconds, over);
  for await (const stored of deps.store.watch(options.name, leave)) {
    queue.push(...eventsBetween(record, stored.record));
    record = stored.record;
    progress.update(record);
  }
  over.abort();
  const [driven, timedOut] = await Promise.all([alive, timer]);
  await progress.ended();
  // The driver's last words may have been written between the last look and its death.
  const stored = await deps.store.read(options.name);
  if (stored === undefined && runPhase(record, false) === 'Interrupted') throw recordGone(deps, options.name);
  const last = stored?.record ?? record;
  queue.push(...eventsBetween(record, last));
  const ending = endingOf(last, driven, driven ? NO_SIGHTS : await seeAttempts(deps, last, driven));
  const after = stored === undefined ? [] : await waysOn(deps, last, ending);
  const left = signal.aborted || timedOut;
  const exitCode = timedOut ? 124 : ending.exitCode;
  const isLeft = ending.phase === 'Interrupted' && !left && stageThatAsks(last) === undefined;
  const nobody = isLeft ? `nobody drives ${last.name}, so there is nothing to wait for: ` : '';
  const message = left && driven ? `${last.name} goes on; this program only watched` : `${nobody}${ending.message}`;
  const time = timestamp(deps.clock);
  queue.push({
    type: 'run-ended',
    time,
    run: last.name,
    ...ending,
    message,
    ...(after.length === 0 ? {} : { after }),
    exitCode,
    overhead: overheadOf(last, time),
  });
}

/** Whoever joins while a driver installs packages hears of it: that may take minutes, and no other change tells. */
async function preparing(deps: Deps, { told }: FollowOptions, record: RunRecord): Promise<readonly RunEvent[]> {
  const stage = told === undefined ? record.stages.find(isPreparing) : undefined;
  if (stage === undefined || !(await deps.store.isLocked(record.name))) return [];
  // Of now: what was before whoever joins is told in a few words.
  const of = { time: timestamp(deps.clock), run: record.name, stage: stage.name };
  return [{ type: 'stage-preparing', ...of, message: PREPARING }];
}

/** Resolves to whether the driver still lived when watching ended. */
async function stopWithDriver(deps: Deps, name: string, over: AbortController): Promise<boolean> {
  for (;;) {
    const undriven = await deps.store.untilUndriven(name, over.signal);
    if (!undriven) return deps.store.isLocked(name);
    if (await isLeft(deps, name)) break;
    await deps.clock.sleep(COMING_SECONDS, over.signal).catch(() => undefined);
  }
  over.abort();
  return false;
}

/** It has ended, or no driver comes for it by itself. */
async function isLeft(deps: Deps, name: string): Promise<boolean> {
  const stored = await deps.store.read(name);
  if (stored === undefined || endingOf(stored.record, true).phase !== 'Running') return true;
  return !(await deps.drivers.isComing(name));
}

async function stopInTime(deps: Deps, seconds: number | undefined, over: AbortController): Promise<boolean> {
  if (seconds === undefined) return false;
  try {
    await deps.clock.sleep(seconds, over.signal);
  } catch {
    return false;
  }
  over.abort();
  return true;
}

/** Reads the progress of whatever attempt runs now. */
class ProgressReaders {
  readonly #deps: Deps;
  readonly #queue: EventQueue;
  readonly #signal: AbortSignal;
  readonly #reading = new Map<string, Promise<void>>();
  readonly #adviseOn: (stage: StageName) => Advise;

  constructor(deps: Deps, run: string, queue: EventQueue, signal: AbortSignal) {
    this.#deps = deps;
    this.#queue = queue;
    this.#signal = signal;
    this.#adviseOn = adviserOf(deps, run);
  }

  update(record: RunRecord): void {
    for (const stage of record.stages) {
      const attempt = lastAttempt(stage)?.attempt;
      const key = `${stage.name}/${attempt}`;
      if (attempt === undefined || stagePhase(stage) !== 'Running' || this.#reading.has(key)) continue;
      const ref = { run: record.name, stage: stage.name, attempt };
      const options = {
        clock: this.#deps.clock,
        advise: this.#adviseOn(stage.name),
        signal: this.#signal,
      };
      const read = followProgress(this.#deps.target, ref, options, (event) => this.#queue.push(event));
      this.#reading.set(key, read);
    }
  }

  async ended(): Promise<void> {
    await Promise.all(this.#reading.values());
  }
}
