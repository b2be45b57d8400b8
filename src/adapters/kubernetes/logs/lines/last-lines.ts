import { LineMark } from './line-mark.ts';

/** So many lines at the end of a log tell where it ends. */
export const LAST_LINES = 10;

/** The last lines of a connection. */
export class LastLines {
  readonly #marks = Array.from({ length: LAST_LINES }, () => new LineMark());
  #count = 0;

  add(second: number, nanos: number, key: number): void {
    this.#at(this.#count).set(second, nanos, key);
    this.#count += 1;
  }

  clear(): void {
    this.#count = 0;
  }

  /** The last one, or that many before it; unset where there is none. */
  get(back = 0): LineMark {
    return back < this.#count ? this.#at(this.#count - 1 - back) : NONE;
  }

  /**
   * Whether these are the last lines. False also when they do not tell: too few, or all the same, of which nobody knows how many there
   * are.
   */
  are(lines: readonly LineMark[]): boolean {
    const [first] = lines;
    if (first === undefined || lines.length !== LAST_LINES || lines.every((line) => line.equals(first))) return false;
    return lines.every((line, nth) => line.equals(this.get(LAST_LINES - 1 - nth)));
  }

  #at(nth: number): LineMark {
    return this.#marks[nth % LAST_LINES] as LineMark;
  }
}

const NONE = new LineMark();
