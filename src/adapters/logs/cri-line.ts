/** The most raw bytes of a line that one stored line holds, as containerd cuts them. */
export const PART_BYTES = 16 * 1024;

export type LogStream = 'stdout' | 'stderr';
/** `output`: a line of which the target does not tell from which of the two it came. */
export type StoredStream = LogStream | 'output';
export type CriTag = 'F' | 'P' | 'N';

/**
 * A stored log is in the form of the container runtimes: `<time> <stream> <tag> <text>`, tag `F` when the line ended with
 * a line end, `P` when the text goes on in the next line of the same stream. Of our own is `N`: a note of ours, which the container has
 * not written.
 */
export interface CriLine {
  /** RFC 3339 with nanoseconds. */
  readonly time: string;
  readonly stream: StoredStream;
  readonly tag: CriTag;
  /** Where the text begins in the parsed bytes. */
  readonly textAt: number;
}

const HEAD = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z (?:stdout|stderr|output) [FPN] /y;
const TIME_BYTES = '2026-01-01T00:00:00.000000000Z'.length;
/** All streams have names of this length. */
const STREAM_BYTES = 'output'.length;
const STREAM_AT = TIME_BYTES + 1;
const TAG_AT = STREAM_AT + STREAM_BYTES + 1;
/** Bytes before the text of a stored line. */
export const HEAD_BYTES = TAG_AT + 2;

/** Reads the head of a stored line, without its line end; undefined when it is none. */
export function parseCriLine(line: Buffer): CriLine | undefined {
  return parseCriHead(line.toString('latin1', 0, HEAD_BYTES), 0);
}

/** The same of a line that begins at `at` in bytes that were made text one by one. */
export function parseCriHead(latin1: string, at: number): CriLine | undefined {
  HEAD.lastIndex = at;
  if (!HEAD.test(latin1)) return undefined;
  return {
    time: latin1.slice(at, at + TIME_BYTES),
    stream: latin1.slice(at + STREAM_AT, at + STREAM_AT + STREAM_BYTES) as StoredStream,
    tag: latin1[at + TAG_AT] as CriTag,
    textAt: at + HEAD_BYTES,
  };
}

/** What stands before the text of a stored line: `HEAD_BYTES` bytes, with `time` of `TIME_BYTES`. */
export function criHead(time: string, stream: StoredStream, tag: CriTag): string {
  return `${time} ${stream} ${tag} `;
}
