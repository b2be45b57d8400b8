const SECOND = 1000;
const LONGEST_RETRY_AFTER = 60 * SECOND;
/** A server that is away is not hurt by being asked, and whoever waits for it wants to know at once. */
const LONGEST_WHILE_AWAY = 4 * SECOND;
const LONGEST = 30 * SECOND;

/** What a failed try says about the next one. */
export interface Failed {
  /** Counts from 1. */
  readonly tries: number;
  /** The server answered, and asked to be left alone for a while or is in trouble. */
  readonly answered: boolean;
  /** What `Retry-After` asked for, in milliseconds. */
  readonly retryAfter?: number;
}

/**
 * Milliseconds until the next try: none after the first failure without a wish of the server's, then anywhere between one
 * second and a limit that doubles. A wish is kept, up to a minute, and stretched by chance so that not all come back at once.
 */
export function pauseBefore({ tries, answered, retryAfter }: Failed, random: number): number {
  if (retryAfter !== undefined) {
    const asked = Math.min(Math.max(retryAfter, SECOND), LONGEST_RETRY_AFTER);
    return Math.min(asked + random * Math.max(SECOND, asked / 10), LONGEST_RETRY_AFTER);
  }
  if (tries === 1) return 0;
  const longest = Math.min(2 ** (tries - 1) * SECOND, answered ? LONGEST : LONGEST_WHILE_AWAY);
  return SECOND + random * (longest - SECOND);
}

/**
 * `Retry-After` in milliseconds: seconds, or a date, which is compared with the `Date` of the same answer because the
 * server's clock need not be ours. Undefined when there is none or it says nothing.
 */
export function parseRetryAfter(
  header: string | undefined,
  date: string | undefined,
  wall: number,
): number | undefined {
  const text = header?.trim() ?? '';
  if (/^\d+$/.test(text)) return Number(text) * SECOND;
  const until = /[a-z]/i.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(until)) return undefined;
  const sent = Date.parse(date ?? '');
  return Math.max(0, until - (Number.isNaN(sent) ? wall : sent));
}
