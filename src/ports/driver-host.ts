import type { DriverOptions } from '../domain/driver-arguments.ts';

/** Starts drivers that outlive this program. */
export interface DriverHost {
  /** How long a driver may take to begin before somebody is told, in seconds. */
  readonly beginSeconds: number;
  /** Throws `cannot-start` where no driver could begin: to be asked before a run is recorded for one. */
  check(): Promise<void>;
  /** Starts a driver that goes on with a recorded run; of several, one drives. Throws `cannot-start`. */
  start(run: string, options: DriverOptions): Promise<StartedDriver>;
  /** Whether a driver that was started for a run has not ended, though none may drive now: it is on its way, or comes again. */
  isComing(run: string): Promise<boolean>;
  /** Deletes what drivers of a run left behind; it is driven by nobody. Idempotent. */
  remove(run: string): Promise<void>;
}

/** A driver on its way. */
export interface StartedDriver {
  /** Where it runs, for people: `process 4711`. */
  readonly where: string;
  /** How it gets on, from now on, until it has ended or `signal` fires. */
  follow(signal: AbortSignal): AsyncIterable<DriverSight>;
}

/** What is seen of a driver from outside. */
export type DriverSight =
  /** It has not begun, and may still. */
  | { readonly kind: 'waits'; readonly reason: string; readonly fix?: string }
  | { readonly kind: 'runs' }
  /** It never began, or has ended badly; the last sight. */
  | { readonly kind: 'failed'; readonly reason: string };
