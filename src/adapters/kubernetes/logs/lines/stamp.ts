/** The stamp before a line of a kubelet, in the one form in which stamps can be compared as text: nine digits, UTC. */
export interface Stamped {
  readonly time: string;
  /** Where the text begins. */
  readonly textAt: number;
}

const IN_UTC = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z $/;
const UTC_BYTES = '2026-01-01T00:00:00.000000000Z '.length;
/** A container runtime may stamp in its node's own zone, and the kubelet passes that on. */
const IN_ZONE = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{9})([+-]\d\d:\d\d) $/;
const ZONE_BYTES = UTC_BYTES + '+00:00'.length - 1;

/** The most bytes that a stamp takes, with its space. */
export const LONGEST_STAMP = ZONE_BYTES;

/** Undefined when the bytes do not begin with a stamp: no container wrote them. */
export function parseStamp(line: Buffer): Stamped | undefined {
  const head = line.toString('latin1', 0, UTC_BYTES);
  if (IN_UTC.test(head)) return { time: head.slice(0, -1), textAt: UTC_BYTES };
  const [, seconds, fraction, zone] = IN_ZONE.exec(line.toString('latin1', 0, ZONE_BYTES)) ?? [];
  if (seconds === undefined) return undefined;
  const millis = Date.parse(`${seconds}${zone}`);
  if (Number.isNaN(millis)) return undefined;
  return { time: `${new Date(millis).toISOString().slice(0, 19)}${fraction}Z`, textAt: ZONE_BYTES };
}

const MINUTE_BYTES = '2026-01-01T00:00:'.length;
const DIGIT_ZERO = 0x30;

let lastMinute = '';
let minuteSecond = 0;

const FRACTION_AT = '2026-01-01T00:00:00.'.length;
const FRACTION_END = FRACTION_AT + 9;

/** The nanoseconds within its second. */
export function nanosOf(time: string): number {
  return Number(time.slice(FRACTION_AT, FRACTION_END));
}

/** The stamp of a moment: the inverse of `secondOf` and `nanosOf`. */
export function stampAt(second: number, nanos: number): string {
  return `${secondText(second).slice(0, -1)}.${String(nanos).padStart(9, '0')}Z`;
}

/** Whole seconds since 1970. */
export function secondOf(time: string): number {
  if (!time.startsWith(lastMinute) || lastMinute === '') {
    lastMinute = time.slice(0, MINUTE_BYTES);
    minuteSecond = Date.parse(`${lastMinute}00Z`) / 1000;
  }
  const tens = time.charCodeAt(MINUTE_BYTES) - DIGIT_ZERO;
  return minuteSecond + tens * 10 + time.charCodeAt(MINUTE_BYTES + 1) - DIGIT_ZERO;
}

/** A whole second as `sinceTime` takes it. */
export function secondText(second: number): string {
  return `${new Date(second * 1000).toISOString().slice(0, 19)}Z`;
}

/** A time of an object's status (`startedAt`) in the form of stamps. */
export function stampOf(rfc3339: string): string {
  const [, fraction = ''] = /\.(\d+)/.exec(rfc3339) ?? [];
  return `${secondText(Math.floor(Date.parse(rfc3339) / 1000)).slice(0, -1)}.${fraction.padEnd(9, '0').slice(0, 9)}Z`;
}
