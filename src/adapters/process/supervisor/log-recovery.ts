import { closeSync, openSync, readSync } from 'node:fs';
import { type LogStream, PART_BYTES, parseCriLine } from '../../logs/cri-line.ts';

const CHUNK = 1024 * 1024;
const LINE_END = 0x0a;

/** How far a stored log has come: it is its own cursor into what the container wrote. */
export interface LogCursor {
  /** Bytes of the log that are whole lines; what follows is torn. */
  readonly end: number;
  readonly lastTime: string;
  /** Whether a note of a supervisor is in it. */
  readonly hasNote: boolean;
  readonly streams: Readonly<Record<LogStream, StreamCursor>>;
}

/** How much of one stream is stored already; it is passed over when the stream is read again. */
export interface StreamCursor {
  /** Complete lines stored. */
  readonly lines: number;
  /** Parts stored of the line after them. */
  readonly parts: number;
}

/** Reads a stored log from its beginning, up to the first thing that is no whole line. */
export function readCursor(path: string): LogCursor {
  const streams = { stdout: { lines: 0, parts: 0 }, stderr: { lines: 0, parts: 0 } };
  let end = 0;
  let lastTime = '';
  let hasNote = false;
  for (const line of wholeLines(path)) {
    const parsed = parseCriLine(line);
    if (parsed === undefined || parsed.stream === 'output') break;
    const stream = streams[parsed.stream];
    if (parsed.tag === 'F') {
      stream.lines += 1;
      stream.parts = 0;
    } else if (parsed.tag === 'P') stream.parts += 1;
    else hasNote = true;
    lastTime = parsed.time;
    end += line.length + 1;
  }
  return { end, lastTime, hasNote, streams };
}

/** Where in the raw file the bytes begin that the log does not hold, and how many of that line it holds. */
export function rawOffset(path: string, cursor: StreamCursor): { readonly offset: number; readonly inLine: number } {
  let lines = 0;
  let at = 0;
  let size = 0;
  for (const chunk of chunks(path)) {
    let from = 0;
    while (lines < cursor.lines) {
      const found = chunk.indexOf(LINE_END, from);
      if (found < 0) break;
      lines += 1;
      from = found + 1;
      at = size + from;
    }
    size += chunk.length;
  }
  const inLine = Math.min(cursor.parts * PART_BYTES, size - at);
  return { offset: at + inLine, inLine };
}

function* wholeLines(path: string): Generator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for (const chunk of chunks(path)) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let from = 0;
    for (let at = bytes.indexOf(LINE_END); at >= 0; at = bytes.indexOf(LINE_END, from)) {
      yield bytes.subarray(from, at);
      from = at + 1;
    }
    rest = Buffer.from(bytes.subarray(from));
  }
}

function* chunks(path: string): Generator<Buffer> {
  const file = openSync(path, 'r');
  try {
    const buffer = Buffer.allocUnsafe(CHUNK);
    for (let position = 0; ; ) {
      const got = readSync(file, buffer, 0, CHUNK, position);
      if (got === 0) return;
      yield buffer.subarray(0, got);
      position += got;
    }
  } finally {
    closeSync(file);
  }
}
