import type { Clock } from '../../ports/clock.ts';
import type { Delivery, Notifier } from '../../ports/notifier.ts';
import { type Answer, post } from './post.ts';
import { signedHeaders } from './sign.ts';

export interface WebhookOptions {
  readonly url: URL;
  readonly key: Buffer;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly userAgent: string;
  /** For one answer; absent = 10. */
  readonly answerSeconds?: number;
}

const ANSWER_S = 10;
const FIRST_PAUSE_S = 1;
const LONGEST_PAUSE_S = 60;
/** A receiver that asks for longer is asked again after so long. */
const LONGEST_WAIT_S = 600;
/** Seconds after which a message is old news. */
const PATIENCE_S = 6 * 3600;
/** Refusals that pass: too early, too slow, too many. */
const PASSING = new Set([408, 425, 429]);

/** Messages in the form of Standard Webhooks, each signed anew when it is tried again. */
export function createWebhookNotifier(options: WebhookOptions): Notifier {
  const { url, clock } = options;
  return {
    place: url.origin,
    send: async ({ id, body }, signal) => {
      const text = JSON.stringify(body);
      const since = clock.now().getTime();
      let last = 'there was no time to';
      for (let failures = 0; ; failures += 1) {
        if (signal.aborted) return { kind: 'unsent', reason: last };
        const answer = await attempt(options, id, text, signal);
        const verdict = judge(answer);
        if (verdict.kind !== 'again') return verdict;
        // That we broke it off says nothing of the receiver.
        last = signal.aborted && answer.kind === 'silence' && failures > 0 ? last : reasonOf(answer, signal);
        if (clock.now().getTime() - since > PATIENCE_S * 1000) return { kind: 'unsent', reason: last };
        const asked = waitOf(answer, clock.now());
        const pause = asked ?? Math.min(FIRST_PAUSE_S * 2 ** failures, LONGEST_PAUSE_S);
        await clock.sleep(pause, signal).catch(() => undefined);
      }
    },
  };
}

function attempt(
  { url, key, env, clock, userAgent, answerSeconds = ANSWER_S }: WebhookOptions,
  id: string,
  body: string,
  signal: AbortSignal,
): Promise<Answer> {
  const seconds = Math.floor(clock.now().getTime() / 1000);
  const headers = {
    'content-type': 'application/json',
    'user-agent': userAgent,
    ...signedHeaders(key, id, seconds, body),
  };
  return post({ url, headers, body, answerSeconds, env, signal });
}

function judge(answer: Answer): Delivery | { readonly kind: 'again' } {
  if (answer.kind === 'silence') return { kind: 'again' };
  const { status } = answer;
  if (status >= 200 && status < 300) return { kind: 'taken' };
  if (status >= 300 && status < 400)
    return { kind: 'refused', reason: `it sends on to another address (${status}), which is not followed` };
  if (status >= 400 && status < 500 && !PASSING.has(status))
    return { kind: 'refused', reason: `it answered ${status}` };
  return { kind: 'again' };
}

function reasonOf(answer: Answer, signal: AbortSignal): string {
  if (answer.kind === 'status') return `it answered ${answer.status}`;
  return signal.aborted ? 'no answer in time' : answer.reason;
}

/** Seconds that the receiver asks for, as a number or a date; undefined where it does not. */
function waitOf(answer: Answer, now: Date): number | undefined {
  if (answer.kind === 'silence' || answer.wait === undefined) return undefined;
  const seconds = /^\d+$/.test(answer.wait) ? Number(answer.wait) : (Date.parse(answer.wait) - now.getTime()) / 1000;
  return Number.isFinite(seconds) ? Math.min(Math.max(seconds, FIRST_PAUSE_S), LONGEST_WAIT_S) : undefined;
}
