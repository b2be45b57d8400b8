import { nanosOf, secondOf } from './stamp.ts';

/** When a line was written, and its key. Numbers that are set anew: each line of a log has one. */
export class LineMark {
  second = Number.NEGATIVE_INFINITY;
  nanos = 0;
  key = 0;

  static of(time: string, key = 0): LineMark {
    const mark = new LineMark();
    mark.set(secondOf(time), nanosOf(time), key);
    return mark;
  }

  set(second: number, nanos: number, key: number): void {
    this.second = second;
    this.nanos = nanos;
    this.key = key;
  }

  unset(): void {
    this.set(Number.NEGATIVE_INFINITY, 0, 0);
  }

  get isSet(): boolean {
    return this.second !== Number.NEGATIVE_INFINITY;
  }

  /** Whether a moment is later than this one; any is later than none. */
  isBefore(second: number, nanos: number): boolean {
    return second > this.second || (second === this.second && nanos > this.nanos);
  }

  equals({ second, nanos, key }: LineMark): boolean {
    return second === this.second && nanos === this.nanos && key === this.key;
  }

  get name(): string {
    return `${this.second} ${this.nanos} ${this.key}`;
  }
}
