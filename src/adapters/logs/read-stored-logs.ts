import { setImmediate as nextTurn } from 'node:timers/promises';
import type { LogLine, LogOptions } from '../../ports/target.ts';
import { LogFileReader } from './log-file-reader.ts';

const LINES_A_TURN = 2000;

/** One file of an attempt's log: one run of one container. */
export interface StoredLog {
  readonly path: string;
  /** What readers call the container. */
  readonly container: string;
}

/** The log of an attempt as it lies on this disk. */
export interface LogPlace {
  /** The files that are there now; more may come. */
  files(): readonly StoredLog[];
  /** True once nothing will be written any more. */
  isComplete(): boolean;
  /** Resolves when there may be more to read, or when `signal` fires. Only asked when the log is followed. */
  changed(signal: AbortSignal): Promise<void>;
}

/** The stored lines of an attempt, oldest first, some at a time; with `follow` until it is complete and everything was given. */
export async function* readStoredLogs(
  place: LogPlace,
  options: Omit<LogOptions, 'container'>,
  signal: AbortSignal,
): AsyncGenerator<readonly LogLine[], void> {
  const logs = new StoredLogs(place);
  let ended = !options.follow || place.isComplete();
  yield* inTurns(selectTail(since(logs.read(ended), options.since), options.tail), signal);
  while (!ended && !signal.aborted) {
    await place.changed(signal);
    // Asked before reading: what is written before the end is there when it is.
    ended = place.isComplete();
    yield* inTurns(since(logs.read(ended), options.since), signal);
  }
}

type Batches = Generator<readonly LogLine[]>;

/** All logs of an attempt; sidecars and restarted containers bring new files while it goes on. */
class StoredLogs {
  readonly #place: LogPlace;
  readonly #readers = new Map<string, LogFileReader>();

  constructor(place: LogPlace) {
    this.#place = place;
  }

  /** The lines since the last call, merged by time. */
  *read(last: boolean): Batches {
    for (const { path, container } of this.#place.files()) {
      if (!this.#readers.has(path)) this.#readers.set(path, new LogFileReader(path, container));
    }
    yield* merge([...this.#readers.values()].map((reader) => withRest(reader, last)));
  }
}

function* withRest(reader: LogFileReader, last: boolean): Batches {
  yield* reader.read();
  if (last) yield reader.rest();
}

/** Joins sorted sequences into one; equal times in the order of the sequences. */
function* merge(sources: readonly Batches[]): Batches {
  const [only] = sources;
  if (only !== undefined && sources.length === 1) return yield* only;
  const heads = sources.map((source) => new Head(source));
  let lines: LogLine[] = [];
  for (;;) {
    let first: Head | undefined;
    for (const candidate of heads) {
      if (candidate.line === undefined) continue;
      if (first?.line === undefined || candidate.line.time < first.line.time) first = candidate;
    }
    if (first?.line === undefined) break;
    lines.push(first.line);
    first.next();
    if (lines.length < LINES_A_TURN) continue;
    yield lines;
    lines = [];
  }
  yield lines;
}

/** The next line of a sequence; undefined at its end. */
class Head {
  line: LogLine | undefined;
  readonly #source: Batches;
  #lines: readonly LogLine[] = [];
  #at = -1;

  constructor(source: Batches) {
    this.#source = source;
    this.next();
  }

  next(): void {
    this.#at += 1;
    while (this.#at >= this.#lines.length) {
      const { done, value } = this.#source.next();
      if (done === true) {
        this.line = undefined;
        return;
      }
      this.#lines = value;
      this.#at = 0;
    }
    this.line = this.#lines[this.#at];
  }
}

function* since(batches: Batches, time: string | undefined): Batches {
  if (time === undefined) return yield* batches;
  const from = comparable(time);
  for (const lines of batches) yield lines.filter((line) => line.time >= from);
}

/** An RFC 3339 time with as many digits as a stored one has. */
function comparable(time: string): string {
  const [, fraction = ''] = /\.(\d+)/.exec(time) ?? [];
  const seconds = new Date(Math.floor(Date.parse(time) / 1000) * 1000).toISOString().slice(0, 19);
  return `${seconds}.${fraction.padEnd(9, '0').slice(0, 9)}Z`;
}

/** The last N lines of each container. */
function* selectTail(batches: Batches, tail: number | undefined): Batches {
  if (tail === undefined) return yield* batches;
  const kept = new Map<string, LogLine[]>();
  for (const lines of batches) {
    for (const [container, found] of Map.groupBy(lines, (line) => line.container)) {
      const all = [...(kept.get(container) ?? []), ...found];
      kept.set(container, tail === 0 ? [] : all.slice(-tail));
    }
  }
  yield [...kept.values()].flat().sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
}

/** Lets others work between lines: a log may be long, and reading it is synchronous. */
async function* inTurns(batches: Batches, signal: AbortSignal): AsyncGenerator<readonly LogLine[]> {
  let given = 0;
  for (const lines of batches) {
    if (signal.aborted) return;
    if (lines.length === 0) continue;
    yield lines;
    given += lines.length;
    if (given < LINES_A_TURN) continue;
    given = 0;
    await nextTurn();
  }
}
