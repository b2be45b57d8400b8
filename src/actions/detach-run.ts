import type { DriverOptions } from '../domain/driver-arguments.ts';
import { UserError } from '../domain/errors.ts';
import type { DriverSight, StartedDriver } from '../ports/driver-host.ts';
import { type Deps, timestamp } from './deps.ts';
import { placeSources } from './plan/place-sources.ts';
import { readRun } from './read-run.ts';

/** Which run shall go on without this program, and how. */
export interface DetachRequest extends DriverOptions {
  readonly name: string;
}

/** What became of it. `where`: the driver, for people. */
export interface Detached {
  readonly where: string;
  readonly kind: /** It drives the run. */
    | 'drives'
    /** Another driver lives; this one goes on when that one ends. */
    | 'follows'
    /** It has not begun in the time it is given, or nobody waited for it any more; it may still. */
    | 'not-yet';
  /** Why it has not begun; absent when that is not known. */
  readonly reason?: string;
}

/**
 * Hands a recorded run to a driver of its own: places what only this machine has, starts the driver, and looks on until
 * it has begun. `onWaiting` is told what keeps it from that. Throws `cannot-start` with why it never will.
 */
export async function detachRun(
  deps: Deps,
  { name, ...options }: DetachRequest,
  onWaiting: (sight: Extract<DriverSight, { kind: 'waits' }>) => void,
  signal: AbortSignal,
): Promise<Detached> {
  await placeSources(deps, name, signal);
  const { drivers } = (await readRun(deps, name)).record;
  const isDriven = await deps.store.isLocked(name);
  const driver = await deps.drivers.start(name, { ...options, since: timestamp(deps.clock) });
  const over = new AbortController();
  const limit = new AbortController();
  const stop = AbortSignal.any([signal, limit.signal, over.signal]);
  const timer = deps.clock.sleep(deps.drivers.beginSeconds, over.signal).then(
    () => limit.abort(),
    () => undefined,
  );
  let last: string | undefined;
  const began = untilRecorded(deps, name, drivers.length, stop);
  const seen = untilSeen(driver, isDriven, stop, (sight) => {
    last = sight.reason;
    onWaiting(sight);
  });
  try {
    const first = (await Promise.race([began, seen])) ?? (await began) ?? (await seen);
    if (first === undefined) {
      return { where: driver.where, kind: 'not-yet', ...(last === undefined ? {} : { reason: last }) };
    }
    if (first.kind !== 'failed') return { where: driver.where, kind: first.kind };
    // It may have come to the run's end in no time: then the record names it.
    if ((await readRun(deps, name)).record.drivers.length > drivers.length) {
      return { where: driver.where, kind: 'drives' };
    }
    throw new UserError('cannot-start', `the driver of ${name} (${driver.where}) did not begin: ${first.reason}`, {
      hint: `then go on: \`ilab-backend resume ${name} --detach\`, or without it from here`,
    });
  } finally {
    over.abort();
    await Promise.allSettled([began, seen, timer]);
  }
}

type First = { readonly kind: 'drives' | 'follows' } | Extract<DriverSight, { kind: 'failed' }> | undefined;

/** Undefined when `signal` fires before a new driver is in the record. */
async function untilRecorded(deps: Deps, name: string, known: number, signal: AbortSignal): Promise<First> {
  for await (const { record } of deps.store.watch(name, signal)) {
    if (record.drivers.length > known) return { kind: 'drives' };
  }
  return undefined;
}

async function untilSeen(
  driver: StartedDriver,
  isDriven: boolean,
  signal: AbortSignal,
  onWaiting: (sight: Extract<DriverSight, { kind: 'waits' }>) => void,
): Promise<First> {
  for await (const sight of driver.follow(signal)) {
    if (sight.kind === 'failed') return sight;
    if (sight.kind === 'waits') onWaiting(sight);
    else if (isDriven) return { kind: 'follows' };
  }
  return undefined;
}
