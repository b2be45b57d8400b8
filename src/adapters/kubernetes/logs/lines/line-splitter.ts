import type { CriTag } from '../../../logs/cri-line.ts';
import { LONGEST_STAMP, parseStamp } from './stamp.ts';

/** A line of a container, or a piece of one that is longer than PIECE_BYTES. */
export interface RawLine {
  readonly kind: 'line';
  readonly time: string;
  readonly text: Buffer;
  /** `P`: the line goes on, or ends here without a line end. */
  readonly tag: Exclude<CriTag, 'N'>;
  /** False when `text` lies in the bytes that were fed last. */
  readonly isJoined: boolean;
}

/** A line without a stamp: words of the kubelet, or the rest of a line that began before what was asked for. */
export interface Notice {
  readonly kind: 'notice';
  readonly text: string;
  /** Whether it is the first thing of the connection. */
  readonly isFirst: boolean;
}

/** A longer line is kept in pieces, so that nobody has to hold it whole. */
export const PIECE_BYTES = 1024 * 1024;
/** How far a cut may move back to spare a word: a token must not be divided, it would not be recognised. */
const WORD_BYTES = 4096;
const NOTICE_BYTES = 1024;
const LINE_END = 0x0a;

/** Cuts the bytes of one connection into lines; each line is cut at the same places however its bytes came. */
export class LineSplitter {
  #parts: Buffer[] = [];
  #size = 0;
  /** Of the line whose first pieces were given. */
  #time: string | undefined;
  #inNotice = false;
  #isFirst = true;
  #at = 0;

  /** No line has begun and not ended; a line that begins here can be taken without the splitter. */
  get isBetweenLines(): boolean {
    return this.#parts.length === 0 && this.#time === undefined && !this.#inNotice;
  }

  /** Where in the chunk that was fed last the next line begins. */
  get at(): number {
    return this.#at;
  }

  *feed(chunk: Buffer): Generator<RawLine | Notice> {
    for (this.#at = 0; this.#at < chunk.length; ) yield* this.feedLine(chunk, this.#at);
  }

  /** What ends in the first line that begins or goes on at `from`; `at` says how far it has come. */
  *feedLine(chunk: Buffer, from: number): Generator<RawLine | Notice> {
    const to = chunk.indexOf(LINE_END, from);
    if (to >= 0) {
      this.#at = to + 1;
      const isJoined = this.#parts.length > 0;
      yield* this.#line(this.#join(chunk.subarray(from, to)), isJoined, 'F');
      this.#time = undefined;
      this.#inNotice = false;
      return;
    }
    this.#at = chunk.length;
    this.#parts.push(Buffer.from(chunk.subarray(from)));
    this.#size += chunk.length - from;
    if (this.#size > PIECE_BYTES + LONGEST_STAMP) yield* this.#line(this.#join(), true, undefined);
  }

  /** What stands after the last line end. It is part of the log only when nothing can come after it. */
  *rest(): Generator<RawLine | Notice> {
    if (this.#parts.length > 0 || this.#time !== undefined) yield* this.#line(this.#join(), true, 'P');
  }

  #join(last?: Buffer): Buffer {
    if (this.#parts.length === 0) return last ?? Buffer.alloc(0);
    const joined = Buffer.concat(last === undefined ? this.#parts : [...this.#parts, last]);
    this.#parts = [];
    this.#size = 0;
    return joined;
  }

  /** `end` absent: the line goes on, and what makes no piece yet is kept. */
  *#line(line: Buffer, isJoined: boolean, end: RawLine['tag'] | undefined): Generator<RawLine | Notice> {
    if (this.#inNotice) return;
    let text = line;
    if (this.#time === undefined) {
      const stamped = parseStamp(line);
      const isFirst = this.#isFirst;
      this.#isFirst = false;
      if (stamped === undefined) {
        this.#inNotice = end === undefined;
        yield { kind: 'notice', text: line.toString('utf8', 0, NOTICE_BYTES), isFirst };
        return;
      }
      this.#time = stamped.time;
      text = line.subarray(stamped.textAt);
    }
    const time = this.#time;
    while (text.length > PIECE_BYTES) {
      const cut = cutAt(text);
      yield { kind: 'line', time, text: text.subarray(0, cut), tag: 'P', isJoined };
      text = text.subarray(cut);
    }
    if (end !== undefined) {
      yield { kind: 'line', time, text, tag: end, isJoined };
      return;
    }
    this.#parts = [text];
    this.#size = text.length;
  }
}

/** Behind the last byte that is in no word, if there is one near. */
function cutAt(text: Buffer): number {
  for (let at = PIECE_BYTES; at > PIECE_BYTES - WORD_BYTES; at -= 1) {
    if (!isWordByte(text[at - 1] ?? 0)) return at;
  }
  return PIECE_BYTES;
}

/** Letters, digits and what tokens hold: `-._~+/=`, and all bytes of other alphabets. */
function isWordByte(byte: number): boolean {
  if (byte >= 0x80 || (byte >= 0x30 && byte <= 0x39)) return true;
  const letter = byte | 0x20;
  return (letter >= 0x61 && letter <= 0x7a) || '-._~+/='.includes(String.fromCharCode(byte));
}
