import { closeSync, existsSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { syncFile } from '../../files/durable-file.ts';
import { type CriTag, criHead, type LogStream, PART_BYTES } from '../../logs/cri-line.ts';
import { type Masker, withoutTokens } from '../../logs/masking.ts';
import { type LogCursor, rawOffset, readCursor } from './log-recovery.ts';
import { preciseTime } from './nanoseconds.ts';
import { persist } from './persist.ts';

const CHUNK = 256 * 1024;
const LINE_END = 0x0a;
const END = Buffer.from('\n');

/** One of the two files a container's output is collected in. */
interface RawFile {
  readonly stream: LogStream;
  readonly file: number;
  /** The first byte that the log does not hold. */
  offset: number;
  /** How many bytes of the line at `offset` the log holds already. */
  inLine: number;
}

/**
 * Stores what a container wrote: lines, stamped and masked, in the order they are found. A writer that dies anywhere is
 * followed by another that goes on from what is stored: no line is lost or stored twice, each line is cut at the same places.
 */
export class LogWriter {
  readonly #path: string;
  readonly #file: number;
  readonly #masker: Masker;
  readonly #raw: readonly RawFile[];
  readonly #hasNote: boolean;
  #end: number;
  #lastTime: string;
  #pumping: Promise<void> | undefined;
  #again = false;

  /** `raw` + `.out` and `.err` are what the container wrote; both must be there. */
  constructor(options: { readonly path: string; readonly raw: string; readonly masker: Masker }) {
    const isNew = !existsSync(options.path);
    this.#path = options.path;
    this.#masker = options.masker;
    this.#file = openSync(options.path, isNew ? 'w+' : 'r+', 0o600);
    const cursor = readCursor(options.path);
    this.#end = cursor.end;
    this.#lastTime = cursor.lastTime === '' ? preciseTime() : cursor.lastTime;
    this.#hasNote = cursor.hasNote;
    ftruncateSync(this.#file, cursor.end);
    this.#raw = [openRaw(`${options.raw}.out`, 'stdout', cursor), openRaw(`${options.raw}.err`, 'stderr', cursor)];
  }

  /** Stores what is there now. A call during another makes that one look again. */
  pump(): Promise<void> {
    this.#again = true;
    this.#pumping ??= this.#drain(false).finally(() => {
      this.#pumping = undefined;
    });
    return this.#pumping;
  }

  /**
   * Stores the rest, also a last line without line end, once nobody writes any more; the log is on the disk then. `note` is
   * a sentence for readers at the end of the log.
   */
  async finish(note?: string): Promise<void> {
    await this.#pumping;
    this.#again = true;
    await this.#drain(true);
    if (note !== undefined && !this.#hasNote)
      await this.#store(Buffer.concat([this.#head('stderr', 'N'), Buffer.from(note), END]));
    closeSync(this.#file);
    for (const raw of this.#raw) closeSync(raw.file);
    await persist(() => syncFile(this.#path));
  }

  async #drain(final: boolean): Promise<void> {
    while (this.#again) {
      this.#again = false;
      for (const raw of this.#raw) {
        while (await this.#step(raw, final)) {
          this.#again = true;
          await nextTurn();
        }
      }
    }
  }

  /** Stores one chunk; false when there was nothing to store. */
  async #step(raw: RawFile, final: boolean): Promise<boolean> {
    const { reach } = this.#masker;
    const back = Math.min(reach, raw.inLine);
    const buffer = Buffer.allocUnsafe(CHUNK + 2 * reach);
    const got = await persist(() => readSync(raw.file, buffer, 0, buffer.length, raw.offset - back));
    const window = buffer.subarray(0, got);
    const pieces = cut(window, { from: back, inLine: raw.inLine, reach, last: final && got < buffer.length });
    if (pieces.length === 0) return false;
    await this.#store(this.#format(raw.stream, window, pieces));
    const last = pieces.at(-1) as Piece;
    for (const { from, to, full } of pieces) raw.inLine = full ? 0 : raw.inLine + to - from;
    raw.offset += last.to + (last.full ? 1 : 0) - back;
    return true;
  }

  #format(stream: LogStream, window: Buffer, pieces: readonly Piece[]): Buffer {
    const now = preciseTime();
    // Stamps never run backwards, whatever the clock does: readers ask for lines since one.
    if (now > this.#lastTime) this.#lastTime = now;
    const heads = { full: this.#head(stream, 'F'), part: this.#head(stream, 'P') };
    const clean = this.#masker.isClean(window);
    const out: Buffer[] = [];
    for (const piece of pieces) {
      out.push(
        piece.full ? heads.full : heads.part,
        withoutTokens(clean ? window.subarray(piece.from, piece.to) : this.#masked(window, piece)),
        END,
      );
    }
    return Buffer.concat(out);
  }

  #masked(window: Buffer, { from, to }: Piece): Buffer {
    const begin = Math.max(0, from - this.#masker.reach);
    return this.#masker.mask(window.subarray(begin, to + this.#masker.reach), from - begin, to - begin);
  }

  #head(stream: LogStream, tag: CriTag): Buffer {
    return Buffer.from(criHead(this.#lastTime, stream, tag));
  }

  /** At a known place, so that a write that failed half-way is simply done again. */
  async #store(bytes: Buffer): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      const from = done;
      done += await persist(() => writeSync(this.#file, bytes, from, bytes.length - from, this.#end + from));
    }
    this.#end += bytes.length;
  }
}

function openRaw(path: string, stream: LogStream, cursor: LogCursor): RawFile {
  return { stream, file: openSync(path, 'r'), ...rawOffset(path, cursor.streams[stream]) };
}

/** A stored line to be: `full` when a line end follows at `to`. */
interface Piece {
  readonly from: number;
  readonly to: number;
  readonly full: boolean;
}

/**
 * Cuts raw bytes into lines and parts of lines. A part ends after exactly PART_BYTES of its line, and only when the bytes
 * after it are known as far as a masked value could reach; what is left waits for more.
 */
function cut(
  window: Buffer,
  {
    from,
    inLine,
    reach,
    last,
  }: { readonly from: number; readonly inLine: number; readonly reach: number; readonly last: boolean },
): readonly Piece[] {
  const pieces: Piece[] = [];
  let at = from;
  // A last part may be shorter; a writer that comes after it goes on behind it.
  let room = PART_BYTES - (inLine % PART_BYTES);
  for (;;) {
    const found = window.indexOf(LINE_END, at);
    const end = found < 0 ? window.length : found;
    const known = found < 0 && !last ? end - Math.max(1, reach) : end;
    for (; end - at > room && known - at >= room; room = PART_BYTES) {
      pieces.push({ from: at, to: at + room, full: false });
      at += room;
    }
    if (found < 0) {
      if (last && at < end) pieces.push({ from: at, to: end, full: false });
      return pieces;
    }
    pieces.push({ from: at, to: found, full: true });
    at = found + 1;
    room = PART_BYTES;
  }
}
