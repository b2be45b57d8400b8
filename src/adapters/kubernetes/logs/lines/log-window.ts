import { LastLines } from './last-lines.ts';
import { LineBag } from './line-bag.ts';
import { LineMark } from './line-mark.ts';
import { nanosOf, secondOf, secondText, stampAt } from './stamp.ts';

/**
 * What a received line is:
 * - `new`: store it;
 * - `gap`: store it, and say before it that lines after `high` may be missing;
 * - `seen`: it is stored already;
 * - `doubtful`: the server begins a file anew within a connection, or a clock was set back. Nothing it sends now can be judged:
 *   leave the connection and open another, from `resumeFrom`.
 */
export type Verdict = 'new' | 'gap' | 'seen' | 'doubtful';

/** The stored order and the stamps disagree by less than that many seconds. */
const DISORDER_SECONDS = 1;

/** A container that was seen so often to write the same line twice in a row within a nanosecond has a coarse clock, and is believed. */
const TRUSTED_REPEATS = 3;

/**
 * Tells which lines of one connection after the other are new. Every connection asks for a range that begins before the last
 * stored line, so what is stored of that range comes again; a multiset takes exactly those copies out (nothing doubled), all
 * else was never stored (nothing lost), and one copy seen before the first new line proves that nothing was cut away between the two
 * connections. Where the proof fails it says `gap`.
 */
export class LogWindow {
  readonly #bags = new Map<number, LineBag>();
  /** The bag that was used last, and its second. */
  #bag = new LineBag();
  #bagSecond = Number.NEGATIVE_INFINITY;
  #spareBag: LineBag | undefined;
  readonly #high: LineMark;
  /** The latest of all lines in the bags; later than `high` only while a file comes anew. */
  readonly #latest = new LineMark();
  readonly #last = new LastLines();
  #resumeFrom: string | undefined;
  /** Whether what comes next is known to follow what is stored. */
  #isProven = true;
  /** The line for whose sake the last connection was left. */
  #doubt: string | undefined;
  /** Doubts that were none: the same line twice in a row. */
  #repeats = 0;

  /** `high`: the stamp after which to go on. What is stored from `since` on has to be given with `restore`. */
  constructor(high?: string) {
    this.#high = high === undefined ? new LineMark() : LineMark.of(high);
  }

  /** The last stamp stored; undefined before the first line. */
  get high(): string | undefined {
    return this.#high.isSet ? stampAt(this.#high.second, this.#high.nanos) : undefined;
  }

  /** From where a connection has to ask: RFC 3339, whole seconds. Undefined: from the beginning. */
  get since(): string | undefined {
    return this.#high.isSet ? secondText(this.#high.second - DISORDER_SECONDS) : undefined;
  }

  /** After `doubtful` on a line that is older than the window: the window has to be made anew with this as `high`. */
  get resumeFrom(): string | undefined {
    return this.#resumeFrom;
  }

  /** A line that is stored since earlier. */
  restore(time: string, key: number): void {
    const [second, nanos] = [secondOf(time), nanosOf(time)];
    this.#of(second).add(key);
    this.#reach(second, nanos);
  }

  /** How many lines would come again on the next connection. */
  get size(): number {
    let size = 0;
    for (const bag of this.#bags.values()) size += bag.count;
    return size;
  }

  /** Whether the last connection ended with these lines; false when they do not tell. */
  endsWith(lines: readonly LineMark[]): boolean {
    return this.#last.are(lines);
  }

  /** A connection begins. */
  begin(): void {
    this.#last.clear();
    for (const bag of this.#bags.values()) bag.begin();
    this.#isProven = !this.#high.isSet;
  }

  /**
   * Whether a line that is older than what is stored, and is not stored, may be a piece of one that is: it is the first of a file (`head`),
   * or of the connection.
   */
  mayBePiece(time: string, key: number, head: string | undefined): boolean {
    if (!this.#high.isSet || (this.#last.get().isSet && time !== head)) return false;
    const second = secondOf(time);
    const isOlder = LineMark.of(time).isBefore(this.#high.second, this.#high.nanos);
    return isOlder && !this.#of(second).has(key);
  }

  /** The next line of the connection is a piece of a stored one, which has come again with it. */
  passOver(time: string, key: number): void {
    this.#last.add(secondOf(time), nanosOf(time), key);
    this.#isProven = true;
  }

  /** Whether a line of that moment is `new` whatever it says: it is later than all that is stored, and nothing is missing before it. */
  isNext(second: number, nanos: number): boolean {
    return this.#isProven && this.#high.isSet && this.#latest.isBefore(second, nanos);
  }

  /** Counts the next line of the connection as stored; only where `isNext` says so. */
  append(second: number, nanos: number, key: number): void {
    this.#of(second).add(key);
    this.#last.add(second, nanos, key);
    this.#raise(second, nanos);
  }

  /** Judges the next line of the connection; one that is to be stored counts as stored from now on. */
  judge(time: string, key: number): Verdict {
    const [second, nanos] = [secondOf(time), nanosOf(time)];
    if (this.#high.isSet && second < this.#high.second - DISORDER_SECONDS) {
      this.#resumeFrom = time;
      return 'doubtful';
    }
    const bag = this.#of(second);
    this.#last.add(second, nanos, key);
    // What is later than all that is stored is not among it.
    const isLast = this.#latest.isBefore(second, nanos);
    if (!isLast && bag.take(key)) {
      this.#isProven = true;
      return 'seen';
    }
    const isLater = isLast || this.#high.isBefore(second, nanos);
    if (!isLater && bag.has(key) && this.#isDoubtful()) return 'doubtful';
    bag.add(key);
    const isProven = this.#isProven;
    this.#isProven = true;
    if (isLater) this.#raise(second, nanos);
    else this.#reach(second, nanos);
    return isProven ? 'new' : 'gap';
  }

  /**
   * A line comes twice within one connection. Once that is a reason to ask again; when the next connection says it in the same place, the
   * container did write it twice.
   */
  #isDoubtful(): boolean {
    const [before, line] = [this.#last.get(1), this.#last.get()];
    const isRepeat = before.equals(line);
    if (isRepeat && this.#repeats >= TRUSTED_REPEATS) return false;
    const name = `${before.name} ${line.name}`;
    if (this.#doubt === name) {
      if (isRepeat) this.#repeats += 1;
      return false;
    }
    this.#doubt = name;
    return true;
  }

  #raise(second: number, nanos: number): void {
    const isNewSecond = second !== this.#high.second;
    this.#high.set(second, nanos, 0);
    this.#reach(second, nanos);
    if (!isNewSecond) return;
    for (const [old, bag] of this.#bags) {
      if (old >= second - DISORDER_SECONDS) continue;
      this.#bags.delete(old);
      this.#spareBag = bag;
    }
  }

  #reach(second: number, nanos: number): void {
    if (this.#latest.isBefore(second, nanos)) this.#latest.set(second, nanos, 0);
  }

  #of(second: number): LineBag {
    if (second === this.#bagSecond) return this.#bag;
    this.#bag = this.#bags.get(second) ?? this.#freeBag();
    this.#bagSecond = second;
    this.#bags.set(second, this.#bag);
    return this.#bag;
  }

  #freeBag(): LineBag {
    const bag = this.#spareBag ?? new LineBag();
    this.#spareBag = undefined;
    bag.clear();
    return bag;
  }
}
