import { closeSync, openSync, readSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type CriLine, parseCriLine } from '../../../logs/cri-line.ts';
import { lineKey } from '../lines/line-key.ts';
import { LogWindow } from '../lines/log-window.ts';
import { secondOf, stampOf } from '../lines/stamp.ts';

const CHUNK = 1024 * 1024;
const LINE_END = 0x0a;

/** What a stored log says of itself: it is its own cursor. */
export interface StoredState {
  /** Bytes that are whole lines; what follows was torn by a death. */
  readonly end: number;
  /** The stamp to go on after; absent when no line is stored. */
  readonly high?: string;
}

/** Reads how far a log has come, from as much of its end as that takes. */
export async function readState(path: string, size: number): Promise<StoredState> {
  for (let back = CHUNK; ; back *= 8) {
    const from = Math.max(0, size - back);
    const found = await stateFrom(path, from);
    if (found.isSure || from === 0)
      return { end: found.end, ...(found.high === undefined ? {} : { high: found.high }) };
  }
}

/** The window of a log whose next connection goes on after `high`. */
export async function readWindow(path: string, state: StoredState, high: string): Promise<LogWindow> {
  const window = new LogWindow(high);
  const since = stampOf(window.since ?? high);
  for (let back = CHUNK; ; back *= 8) {
    const from = Math.max(0, state.end - back);
    if (from > 0 && !(await reachesBefore(path, from, since))) continue;
    for await (const { parsed, text } of linesFrom(path, from)) {
      if (parsed.tag === 'N' || parsed.time < since) continue;
      window.restore(parsed.time, lineKey({ time: parsed.time, tag: parsed.tag, text }));
    }
    return window;
  }
}

/** The stamp of the first line of a log. */
export function firstStamp(file: number): string | undefined {
  const bytes = Buffer.alloc(CHUNK);
  const got = readSync(file, bytes, 0, CHUNK, 0);
  for (let begin = 0; begin < got; ) {
    const end = bytes.indexOf(LINE_END, begin);
    const parsed = parseCriLine(bytes.subarray(begin, end < 0 ? got : end));
    if (parsed !== undefined && parsed.tag !== 'N') return parsed.time;
    if (end < 0) return undefined;
    begin = end + 1;
  }
  return undefined;
}

/** Whether the last stored line that is older than `time` ends with that text, and has more. */
export async function isEndOfLineBefore(
  path: string,
  size: number,
  { time, text }: { readonly time: string; readonly text: Buffer },
): Promise<boolean> {
  for (let back = CHUNK; ; back *= 8) {
    const from = Math.max(0, size - back);
    let before: Buffer | undefined;
    for await (const line of linesFrom(path, from)) {
      if (line.parsed.tag !== 'N' && line.parsed.time < time) before = line.text;
    }
    if (before === undefined && from > 0) continue;
    if (before === undefined || before.length <= text.length) return false;
    return before.subarray(before.length - text.length).equals(text);
  }
}

/** Whether the file at `from` is older than the window: stamps only ever ran forward from there. */
async function reachesBefore(path: string, from: number, since: string): Promise<boolean> {
  let highest = '';
  let first: string | undefined;
  for await (const { parsed } of linesFrom(path, from)) {
    first ??= parsed.time;
    if (highest !== '' && isStepBack(highest, parsed.time)) return false;
    if (parsed.time > highest) highest = parsed.time;
  }
  return first !== undefined && secondOf(first) < secondOf(since) - 1;
}

/** `isSure`: what lies before `from` could not change it. */
async function stateFrom(path: string, from: number): Promise<StoredState & { readonly isSure: boolean }> {
  let high: string | undefined;
  let first: string | undefined;
  let end = from;
  for await (const { parsed, to } of linesFrom(path, from)) {
    end = to;
    if (parsed.tag === 'N') continue;
    first ??= parsed.time;
    // A clock was set back: what comes now counts.
    if (high === undefined || parsed.time > high || isStepBack(high, parsed.time)) high = parsed.time;
  }
  const isSure = first !== undefined && high !== undefined && secondOf(first) < secondOf(high) - 1;
  return { end, ...(high === undefined ? {} : { high }), isSure };
}

function isStepBack(before: string, now: string): boolean {
  return now < before && secondOf(now) < secondOf(before) - 1;
}

interface StoredLine {
  readonly parsed: CriLine;
  readonly text: Buffer;
  /** Where the next line begins in the file. */
  readonly to: number;
}

/** The whole lines from a place on; when it is not the beginning, from the first line that begins there. */
async function* linesFrom(path: string, from: number): AsyncGenerator<StoredLine, void> {
  const file = openSync(path, 'r');
  try {
    let at = from;
    let rest: Buffer = Buffer.alloc(0);
    let isSkipping = from > 0;
    for (;;) {
      const chunk = Buffer.allocUnsafe(CHUNK);
      const got = readSync(file, chunk, 0, CHUNK, at + rest.length);
      if (got === 0) return;
      const bytes = rest.length === 0 ? chunk.subarray(0, got) : Buffer.concat([rest, chunk.subarray(0, got)]);
      let begin = 0;
      for (let end = bytes.indexOf(LINE_END); end >= 0; end = bytes.indexOf(LINE_END, begin)) {
        const parsed = isSkipping ? undefined : parseCriLine(bytes.subarray(begin, end));
        if (parsed !== undefined) yield { parsed, text: bytes.subarray(begin + parsed.textAt, end), to: at + end + 1 };
        isSkipping = false;
        begin = end + 1;
      }
      rest = bytes.subarray(begin);
      at += begin;
      await nextTurn();
    }
  } finally {
    closeSync(file);
  }
}
