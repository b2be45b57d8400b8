import type { RunEvent } from '../domain/event.ts';
import type { TypedPlace } from '../domain/typed-place.ts';

/** Shows or writes a run's events as they happen. It never does the run's work and never fails because nobody reads. */
export interface EventSubscriber {
  /** Takes one event in and returns at once; a slow reader makes it wait in memory, not the run. */
  event(event: RunEvent): void;
  /** Resolves when everything is written, or nobody reads any more; the terminal is as it was found. */
  close(): Promise<void>;
  /** What it leaves behind has the run's stages as a table. */
  readonly leavesTable?: boolean;
}

/** What the other end of a stream can show. */
export interface Display {
  readonly isTTY: boolean;
  readonly columns: number;
  readonly color: boolean;
  /** False where only ASCII can be shown. */
  readonly unicode: boolean;
  /** What was typed to say where the run lives; absent = nothing. */
  readonly place?: TypedPlace;
}

/** The last log lines of an attempt, oldest first, unsanitised; empty when there are none. */
export type LogTail = (attempt: {
  readonly run: string;
  readonly stage: string;
  readonly attempt: number;
}) => Promise<readonly string[]>;
