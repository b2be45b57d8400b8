import { criHead, HEAD_BYTES } from '../../../logs/cri-line.ts';
import type { RawLine } from '../lines/line-splitter.ts';
import { STORED_STAMP_BYTES, type StampReader } from '../lines/stamp-reader.ts';

const FIRST_BYTES = 64 * 1024;
/** Larger ones are let go of when they have been written. */
const KEPT_BYTES = 1024 * 1024;
const LINE_END = 0x0a;
/** Shorter texts are copied sooner here than by a call. */
const SHORT_BYTES = 64;
/** What stands between the stamp and the text of a whole line. */
const MIDDLE = Buffer.from(criHead('', 'output', 'F'));

/** Lines in the form in which they are stored, on their way to the disk. */
export class StoredBytes {
  #bytes = Buffer.allocUnsafe(FIRST_BYTES);
  #spare = Buffer.allocUnsafe(FIRST_BYTES);
  #size = 0;

  get isEmpty(): boolean {
    return this.#size === 0;
  }

  add(time: string, tag: RawLine['tag'] | 'N', text: Buffer): void {
    this.#reserve(HEAD_BYTES + text.length + 1);
    this.#size += this.#bytes.write(criHead(time, 'output', tag), this.#size, 'latin1');
    this.#end(text, 0, text.length);
  }

  /** A whole line whose stamp, at `at`, was just read: its text goes up to `to`. */
  addRead(stamp: StampReader, bytes: Buffer, at: number, to: number): void {
    const textAt = at + stamp.length;
    this.#reserve(HEAD_BYTES + to - textAt + 1);
    stamp.copy(bytes, at, this.#bytes, this.#size);
    this.#size += STORED_STAMP_BYTES;
    for (let nth = 0; nth < MIDDLE.length; nth += 1) this.#bytes[this.#size + nth] = MIDDLE[nth] as number;
    this.#size += MIDDLE.length;
    this.#end(bytes, textAt, to);
  }

  /** What was added since the last call. It is good until the next call. */
  take(): Buffer {
    const taken = this.#bytes;
    const size = this.#size;
    this.#bytes = this.#spare;
    this.#spare = taken.length > KEPT_BYTES ? Buffer.allocUnsafe(FIRST_BYTES) : taken;
    this.#size = 0;
    return taken.subarray(0, size);
  }

  #end(text: Buffer, from: number, to: number): void {
    const [bytes, size] = [this.#bytes, this.#size];
    if (to - from > SHORT_BYTES) text.copy(bytes, size, from, to);
    else for (let at = from; at < to; at += 1) bytes[size + at - from] = text[at] as number;
    bytes[size + to - from] = LINE_END;
    this.#size += to - from + 1;
  }

  #reserve(more: number): void {
    const wanted = this.#size + more;
    if (wanted <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(wanted, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, this.#size);
    this.#bytes = larger;
  }
}
