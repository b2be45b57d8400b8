import { parseStamp, secondOf } from './stamp.ts';

const PREFIX_BYTES = '2026-01-01T00:00:00.'.length;
const DIGITS = 9;
const ZONE_AT = PREFIX_BYTES + DIGITS;
const DIGIT_ZERO = 0x30;
const UTC = 0x5a;

/** Bytes of a stamp as it is stored: UTC, nine digits. */
export const STORED_STAMP_BYTES = ZONE_AT + 1;

/** Reads one stamp after the other without making text of them: most begin as the one before. */
export class StampReader {
  /** Of the stamp that was read last: whole seconds since 1970, and the nanoseconds within. */
  second = 0;
  nanos = 0;
  /** Bytes of it, with the space behind. */
  length = 0;
  /** How stamps of this second begin here, and how that is in UTC. */
  #prefix: Buffer = Buffer.alloc(PREFIX_BYTES);
  #stored: Buffer = Buffer.alloc(PREFIX_BYTES);
  /** How they end: `Z `, `+02:00 `. */
  #zone: Buffer = Buffer.alloc(0);

  /** False when there is no stamp at `at`. */
  read(bytes: Buffer, at: number): boolean {
    return (this.#isOfSecond(bytes, at) || this.#learn(bytes, at)) && this.#readDigits(bytes, at + PREFIX_BYTES);
  }

  /** Puts the stamp at `at`, which was read last, into `target` as it is stored. */
  copy(bytes: Buffer, at: number, target: Buffer, targetAt: number): void {
    for (let nth = 0; nth < PREFIX_BYTES; nth += 1) target[targetAt + nth] = this.#stored[nth] as number;
    for (let nth = PREFIX_BYTES; nth < ZONE_AT; nth += 1) target[targetAt + nth] = bytes[at + nth] as number;
    target[targetAt + ZONE_AT] = UTC;
  }

  #isOfSecond(bytes: Buffer, at: number): boolean {
    const zone = this.#zone;
    if (zone.length === 0 || at + ZONE_AT + zone.length > bytes.length) return false;
    for (let nth = PREFIX_BYTES - 1; nth >= 0; nth -= 1) if (bytes[at + nth] !== this.#prefix[nth]) return false;
    for (let nth = 0; nth < zone.length; nth += 1) if (bytes[at + ZONE_AT + nth] !== zone[nth]) return false;
    return true;
  }

  #readDigits(bytes: Buffer, from: number): boolean {
    let nanos = 0;
    for (let at = from; at < from + DIGITS; at += 1) {
      const digit = (bytes[at] as number) - DIGIT_ZERO;
      if (digit < 0 || digit > 9) return false;
      nanos = nanos * 10 + digit;
    }
    this.nanos = nanos;
    return true;
  }

  #learn(bytes: Buffer, at: number): boolean {
    const stamped = parseStamp(bytes.subarray(at));
    if (stamped === undefined) return false;
    this.second = secondOf(stamped.time);
    this.length = stamped.textAt;
    this.#prefix = Buffer.from(bytes.subarray(at, at + PREFIX_BYTES));
    this.#stored = Buffer.from(stamped.time.slice(0, PREFIX_BYTES), 'latin1');
    this.#zone = Buffer.from(bytes.subarray(at + ZONE_AT, at + stamped.textAt));
    return true;
  }
}
