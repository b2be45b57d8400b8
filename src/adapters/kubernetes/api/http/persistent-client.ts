import type { ApiRequest } from './api-request.ts';
import { pauseBefore } from './back-off.ts';
import { classify, type Verdict } from './classify.ts';
import type { Contact } from './contact.ts';
import { Failed, faultOf } from './failed.ts';
import type { HttpClient } from './http-client.ts';
import { NetworkError } from './network-error.ts';
import { readText } from './read-text.ts';
import type { Limits, Timing } from './timing.ts';

export interface PersistentClientOptions {
  readonly http: HttpClient;
  readonly contact: Contact;
  readonly limits: Limits;
  readonly timing: Timing;
}

const MOST_OF_AN_ANSWER = 256 * 1024 * 1024;

/** What came of a call. */
export interface Called {
  readonly value: unknown;
  /** An earlier try may have been done although its answer was lost. */
  readonly repeated: boolean;
  /** There is no such object; only where that is asked for with `orMissing`, else it is a fault. */
  readonly missing: boolean;
}

/** Calls with a JSON answer, repeated as far as that is safe. */
export class PersistentClient {
  readonly #options: PersistentClientOptions;

  constructor(options: PersistentClientOptions) {
    this.#options = options;
  }

  /** Throws `KubeFault`, or the signal's reason. */
  async call(request: ApiRequest, signal: AbortSignal, { orMissing = false } = {}): Promise<Called> {
    const { timing, contact } = this.#options;
    let failing: number | undefined;
    let repeated = false;
    for (let tries = 1; ; tries += 1) {
      try {
        const value = await this.once(request, signal);
        contact.recovered();
        return { value, repeated, missing: false };
      } catch (error) {
        if (!(error instanceof Failed)) throw error;
        if (error.verdict.again === 'no' && error.verdict.status !== undefined) contact.recovered();
        if (orMissing && error.verdict.missing === true) return { value: undefined, repeated, missing: true };
        failing ??= timing.now();
        const pause = this.#pause(error, request, tries, timing.now() - failing);
        if (pause === undefined) throw faultOf(error, request.text);
        repeated ||= !error.verdict.undone;
        const left = this.#patience(error.verdict) - (timing.now() - failing);
        if (pause > 0) contact.trouble(error.verdict, left);
        await timing.sleep(pause, signal);
      }
    }
  }

  /** One try. Throws `Failed`. */
  async once(request: ApiRequest, signal: AbortSignal): Promise<unknown> {
    const { body, status } = await this.#options.http.send(request, signal);
    const text = await this.#text(body, request, signal);
    try {
      return JSON.parse(text);
    } catch {
      throw new Failed(classify({ kind: 'nonsense', status }, request.effect));
    }
  }

  async #text(body: Parameters<typeof readText>[0], request: ApiRequest, signal: AbortSignal): Promise<string> {
    try {
      return await readText(body, MOST_OF_AN_ANSWER);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof NetworkError)) throw error;
      throw new Failed(classify({ kind: 'network', error }, request.effect), undefined, error);
    }
  }

  /** Milliseconds until the next try; undefined when there is none. */
  #pause(failed: Failed, { effect }: ApiRequest, tries: number, elapsed: number): number | undefined {
    const { verdict, retryAfter } = failed;
    if (verdict.again === 'no') return undefined;
    // A write is sent once, unless the server itself turned it away before it looked.
    if (effect === 'writes' && !(verdict.again === 'busy' && verdict.undone)) return undefined;
    const answered = verdict.status !== undefined;
    const early = verdict.again === 'busy' && verdict.undone; // throttled: at once would be rude
    const asked = { tries: early ? tries + 1 : tries, answered };
    const pause = pauseBefore(
      retryAfter === undefined ? asked : { ...asked, retryAfter },
      this.#options.timing.random(),
    );
    return elapsed + pause > this.#patience(verdict) ? undefined : pause;
  }

  #patience({ again }: Verdict): number {
    const { limits, contact } = this.#options;
    if (again === 'broken') return Math.min(limits.broken, limits.offline);
    return contact.wasHeard ? limits.offline : Math.min(limits.firstContact, limits.offline);
  }
}
