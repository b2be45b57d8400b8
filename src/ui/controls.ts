import type { Keys, LoggedAttempt } from './screen.ts';

/** Who is told of the keys of a terminal. */
interface KeyReader {
  keys(text: string): void;
  /** The terminal goes to somebody else: nothing is drawn from now on. Returns when the frame is gone from it. */
  leave(): void;
  /** It is ours again. */
  comeBack(): void;
}

/** A person's terminal, as far as it is read. */
export interface ScreenTerminal {
  /** False while another group of processes has it: then nothing is drawn, and nothing read. */
  isForeground(): boolean;
  /** Reads keys from now on; false where there are none to read. */
  open(reader: KeyReader): boolean;
  /** The same after it came back without a word. */
  again(): boolean;
  /** It is as it was found. */
  close(): void;
}

/** What the keys of a screen can do; made by whoever started the run's events. */
export interface RunControls {
  readonly keys: Keys;
  /** Ends this driver or follower, as Ctrl-C does where it cancels nothing. */
  leave(): void;
  /** The same, and the run goes on by itself. */
  detach(): void;
  /** Records the wish; whoever drives heeds it. */
  cancel(): Promise<void>;
  approve(stage: string): Promise<void>;
  /** Shows all of a log, and returns when the person has left it; false where there is no program to show it with. */
  openLog(attempt: LoggedAttempt): Promise<boolean>;
}

/** Lines of an attempt's log but for its progress, some at a time, beginning with the last ones there are. */
export type LogFollow = (attempt: LoggedAttempt, signal: AbortSignal) => AsyncIterable<readonly string[]>;
