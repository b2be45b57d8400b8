import type { Refusal } from './refusal.ts';

/** The host asks to come back later; it did nothing of what was asked. */
export interface Limit {
  readonly seconds: number;
  /** "the token's limit of requests is used up until 14:03 UTC". */
  readonly sentence: string;
}

/** GitHub's advice where it names no time. */
const UNNAMED_S = 60;

/** Undefined where it refused for another reason. `waited`: how often in a row it asked to wait without naming a time. */
export function limitOf({ status, text, headers }: Refusal, now: Date, waited: number): Limit | undefined {
  if (status !== 403 && status !== 429) return undefined;
  const after = Number(headers['retry-after']);
  if (after > 0)
    return { seconds: after, sentence: 'it asks for a pause, as there were many requests in a short time' };
  const reset = Number(headers['x-ratelimit-reset']);
  if (headers['x-ratelimit-remaining'] === '0' && reset > 0) {
    // By the clock of the host: this machine's may be wrong.
    const there = Date.parse(String(headers['date'] ?? ''));
    const seconds = Math.max(1, Math.ceil(reset - (Number.isNaN(there) ? now.getTime() : there) / 1000) + 1);
    const until = new Date(reset * 1000).toISOString().slice(11, 16);
    return { seconds, sentence: `the token's limit of requests is used up until ${until} UTC` };
  }
  if (status === 429 || /secondary rate|abuse/i.test(text))
    return {
      seconds: UNNAMED_S * 2 ** waited,
      sentence: 'it asks for a pause, as there were many requests in a short time',
    };
  return undefined;
}
