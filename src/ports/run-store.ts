import type { UserError } from '../domain/errors.ts';
import type { JsonObject } from '../domain/json.ts';
import type { RunRecord } from '../domain/run/run-record.ts';

/** A record with the version it was read at. */
export interface StoredRun {
  readonly record: RunRecord;
  /** Changes with every write; compared for equality only. */
  readonly version: string;
}

/** A run that is stored and cannot be shown: broken, of a newer program, never started, half removed. */
export interface UnreadableRun {
  readonly name: string;
  /** What `read` says of it, or why there is nothing to read. */
  readonly fault: UserError;
}

/** What a store may put beside a run for others to see. */
export interface RunMarks {
  /** Labels of the pod settings, for a store whose runs are objects of a cluster. */
  readonly labels?: JsonObject;
}

/** The durable memory of runs. A call that returns has its write on disk. */
export interface RunStore {
  /** Where it looks, for messages: the state folder of this machine, a namespace of a cluster. */
  readonly place: string;
  /** Why nothing is to be found in that place, where it is not there itself; undefined where it is. Absent = it always is. */
  whyNothing?(): Promise<UserError | undefined>;
  /** Stores a new run with its sources (see `RunSources`). Returns undefined when the name is taken. */
  create(record: RunRecord, sources: string, marks?: RunMarks): Promise<StoredRun | undefined>;
  /** Undefined when there is no run of that name. */
  read(name: string): Promise<StoredRun | undefined>;
  /** The text given to `create`. Throws `state-broken` when it does not match its digest. */
  readSources(name: string): Promise<string>;
  /** Writes `record` if the stored version is still `version`; undefined when it is not: read, merge, write again. */
  update(record: RunRecord, version: string): Promise<StoredRun | undefined>;
  /** Newest first. What cannot be read does not hide the others: `onUnreadable` is told its name. */
  list(onUnreadable?: (run: UnreadableRun) => void): Promise<readonly StoredRun[]>;
  /** The same list, where of each run only what `keep` makes of it is held: together, records may be hundreds of megabytes. */
  listAs<T>(keep: (run: StoredRun) => T, onUnreadable?: (run: UnreadableRun) => void): Promise<readonly T[]>;
  /** Forgets a run, also one that cannot be read. Idempotent; false when there was nothing to forget. */
  remove(name: string): Promise<boolean>;
  /** Yields the run now and after each change, until `signal` fires or it is removed. May skip intermediate versions. */
  watch(name: string, signal: AbortSignal): AsyncIterable<StoredRun>;
  /**
   * Becomes the run's driver until `release`, or until this process dies; undefined when another driver lives. `driver`
   * is the id it will have in the record; absent = one is made up.
   */
  lock(name: string, driver?: string): Promise<RunLock | undefined>;
  /** Like `lock`, where a living driver is a fault: throws `name-taken` with what is known of it. Absent where nothing is. */
  takeOver?(name: string, driver?: string): Promise<RunLock>;
  /** Whether a driver lives now. One of which nothing is known counts as alive. */
  isLocked(name: string): Promise<boolean>;
  /** Those of the runs whose driver lives now, as `isLocked` says of each, for the price of one question. */
  whichLocked(names: readonly string[]): Promise<ReadonlySet<string>>;
  /** Resolves to true once no driver lives, to false when `signal` fires before that. */
  untilUndriven(name: string, signal: AbortSignal): Promise<boolean>;
}

/** The right to drive a run; it ends with the process at the latest. */
export interface RunLock {
  /**
   * Fires when the right is gone although nobody gave it back: another driver took over, or it could not be renewed in
   * time. Whoever held it submits and deletes nothing from then on. Never fires for a lock of this machine.
   */
  readonly lost: AbortSignal;
  /** Best effort where it takes a network: a lock that is not given back runs out. */
  release(): Promise<void>;
}
