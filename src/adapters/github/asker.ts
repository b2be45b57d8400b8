import type * as z from 'zod';
import { UserError } from '../../domain/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import { NoAnswer } from './connection.ts';
import { limitOf } from './limits.ts';
import { asUserError, type Need, type Refusal, wordsOf } from './refusal.ts';

/*
 * The plugins of the SDK's family for limits and retries wait on timers that no signal ends and that hold the process,
 * repeat writes after 5xx unless told otherwise at each call, and take a wait of an hour as one of a second. So this is ours.
 */

const FIRST_PAUSE_S = 1;
const LONGEST_PAUSE_S = 30;
/** GitHub asks for a second between writes. */
const BETWEEN_WRITES_S = 1;

export interface AskerOptions {
  readonly host: string;
  readonly token: string;
  /** Seconds that a host that limits or does not answer is waited for, counted anew at each call. */
  readonly patienceSeconds: number;
  readonly onWait: (sentence: string) => void;
  readonly clock: Clock;
}

/** One request, or what it is for. */
export interface Question<S extends z.ZodType> {
  readonly kind: 'read' | 'write';
  /** Stands after "cannot": "comment on pull request 7 of o/r". */
  readonly doing: string;
  readonly need: Need;
  /** What of the answer is used. */
  readonly shape: S;
}

/** A question that may be asked again. */
export function read<S extends z.ZodType>(doing: string, need: Need, shape: S): Question<S> {
  return { kind: 'read', doing, need, shape };
}

/** One that is asked again only where the host said that it did nothing. */
export function write<S extends z.ZodType>(doing: string, need: Need, shape: S): Question<S> {
  return { kind: 'write', doing, need, shape };
}

type Headers = Refusal['headers'];

/** What the host said: data that has the shape that was asked for, or a refusal that whoever asked may know what to do with. */
export type Answer<T> =
  | { readonly kind: 'answered'; readonly data: T; readonly headers: Headers }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

type Work = (request: {
  readonly signal: AbortSignal;
}) => Promise<{ readonly data: unknown; readonly headers: Headers }>;

/** Asks a host: reads at once, writes one after the other and spaced as its limits want; waits out limits and outages, with a sentence for people. */
export class Asker {
  readonly #options: AskerOptions;
  /** Resolves when the writes before are done. */
  #writes: Promise<void> = Promise.resolve();
  #lastWrite = 0;
  /** A host of one's own has no limits unless its administrator wants some; then nothing is spaced. */
  #hasLimits = false;

  constructor(options: AskerOptions) {
    this.#options = options;
  }

  /** Throws `unreachable` where no answer came in time, or the reason of the signal. */
  async ask<S extends z.ZodType>(question: Question<S>, signal: AbortSignal, work: Work): Promise<Answer<z.infer<S>>> {
    signal.throwIfAborted();
    const asking = () => this.#persist(question, signal, work);
    return question.kind === 'read' ? asking() : this.#inTurn(signal, asking);
  }

  fault(refusal: Refusal, { doing, need }: Pick<Question<z.ZodType>, 'doing' | 'need'>): UserError {
    return asUserError(refusal, this.#options.host, doing, need);
  }

  async #persist<S extends z.ZodType>(
    question: Question<S>,
    signal: AbortSignal,
    work: Work,
  ): Promise<Answer<z.infer<S>>> {
    const { host, patienceSeconds, onWait, clock } = this.#options;
    let since: number | undefined;
    for (let failures = 0; ; failures += 1) {
      const seen = await this.#once(question, signal, work);
      if (seen.kind === 'answered') return seen;
      const limit = seen.kind === 'refused' ? limitOf(seen.refusal, clock.now(), failures) : undefined;
      if (seen.kind === 'refused' && limit === undefined) return seen;
      const silence = seen.kind === 'silent' ? seen.silence : undefined;
      if (silence !== undefined && (question.kind === 'write' || silence.kind === 'refused'))
        throw unanswered(question, silence);
      const now = clock.now().getTime();
      since ??= now;
      const left = patienceSeconds - (now - since) / 1000;
      if (limit !== undefined && limit.seconds > left)
        throw new UserError(
          'unreachable',
          `cannot ${question.doing} now: ${host}: ${limit.sentence}, in ${limit.seconds} s; it is waited ${patienceSeconds} s at most`,
          { hint: 'what is done stays done; go on later' },
        );
      if (silence !== undefined && left <= 0) throw unanswered(question, silence);
      const pause = limit?.seconds ?? Math.min(FIRST_PAUSE_S * 2 ** failures, LONGEST_PAUSE_S, left);
      const why = limit === undefined ? (silence?.message ?? '') : `${host}: ${limit.sentence}`;
      onWait(`${why}: asking again in ${Math.ceil(pause)} s`);
      await this.#sleep(pause, signal);
    }
  }

  async #once<S extends z.ZodType>(
    question: Question<S>,
    signal: AbortSignal,
    work: Work,
  ): Promise<Answer<z.infer<S>> | { readonly kind: 'silent'; readonly silence: NoAnswer }> {
    const { host, token } = this.#options;
    try {
      const { data, headers } = await work({ signal });
      this.#hasLimits = headers['x-ratelimit-limit'] !== undefined;
      const parsed = question.shape.safeParse(data);
      if (parsed.success) return { kind: 'answered', data: parsed.data, headers };
      const silence = new NoAnswer('refused', `${host} answers otherwise than GitHub's API does`, OTHER_API);
      return { kind: 'silent', silence };
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof UserError) throw error;
      const { status, response, cause } = error as Failure;
      if (cause instanceof NoAnswer) return { kind: 'silent', silence: cause };
      // A bug of ours. What the SDK throws holds the request, so it goes no further.
      if (response === undefined || status === undefined)
        throw new Error(wordsOf({ message: String((error as Error).message) }, token));
      if (status >= 500) return { kind: 'silent', silence: new NoAnswer('lost', `${host} answered ${status}`) };
      const text = wordsOf(response.data, token);
      if (text === '' && typeof response.data === 'string' && status === 404)
        return { kind: 'silent', silence: new NoAnswer('refused', `${host} has no API at that address`, OTHER_API) };
      return { kind: 'refused', refusal: { status, text, headers: response.headers } };
    }
  }

  async #inTurn<T>(signal: AbortSignal, write: () => Promise<T>): Promise<T> {
    const before = this.#writes;
    const mine = Promise.withResolvers<void>();
    this.#writes = before.then(() => mine.promise);
    try {
      await orAborted(before, signal);
      const { clock } = this.#options;
      const gone = (clock.now().getTime() - this.#lastWrite) / 1000;
      if (this.#hasLimits && gone < BETWEEN_WRITES_S) await this.#sleep(BETWEEN_WRITES_S - gone, signal);
      this.#lastWrite = clock.now().getTime();
      return await write();
    } finally {
      mine.resolve();
    }
  }

  async #sleep(seconds: number, signal: AbortSignal): Promise<void> {
    try {
      await this.#options.clock.sleep(seconds, signal);
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    }
  }
}

const OTHER_API = 'GITHUB_API_URL names the API: https://HOST/api/v3 for GitHub Enterprise Server';

/** What the SDK throws; its request, with the headers, is not looked at and goes no further. */
interface Failure {
  readonly status?: number;
  readonly response?: { readonly data: unknown; readonly headers: Headers };
  readonly cause?: unknown;
}

function unanswered({ kind, doing }: Pick<Question<z.ZodType>, 'kind' | 'doing'>, silence: NoAnswer): UserError {
  const isOpen = kind === 'write' && silence.kind !== 'unsent';
  const message = `cannot ${doing}: ${silence.message}${isOpen ? '; whether it was done is not known' : ''}`;
  const hint = silence.hint ?? (isOpen ? 'go on when it answers: it is looked for first' : undefined);
  return new UserError('unreachable', message, hint === undefined ? {} : { hint });
}

async function orAborted(before: Promise<void>, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await Promise.race([before, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
