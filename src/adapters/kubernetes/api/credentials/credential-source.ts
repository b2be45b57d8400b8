import type { Timing } from '../http/timing.ts';
import type { Credentials } from './read-credentials.ts';

/** How long a token from a file is used before the file is read again, as client-go does. */
const VOLATILE_MS = 60_000;
/** So that credentials do not end on their way. */
const EARLY_MS = 5000;

/** Hands out credentials: the same until they end or are refused; whoever asks while new ones are made waits for those. */
export class CredentialSource {
  readonly #read: () => Promise<Credentials>;
  readonly #timing: Timing;
  #known: { readonly credentials: Credentials; readonly readAt: number } | undefined;
  #reading: Promise<Credentials> | undefined;

  constructor(read: () => Promise<Credentials>, timing: Timing) {
    this.#read = read;
    this.#timing = timing;
  }

  async current(): Promise<Credentials> {
    return this.#known === undefined || this.#isOld(this.#known) ? this.#renew() : this.#known.credentials;
  }

  /** After a refusal of `refused`: new ones, which another request may already have fetched. */
  async after(refused: Credentials): Promise<Credentials> {
    return this.#known === undefined || this.#known.credentials === refused ? this.#renew() : this.#known.credentials;
  }

  #isOld({ credentials, readAt }: { readonly credentials: Credentials; readonly readAt: number }): boolean {
    const { expires, volatile } = credentials;
    if (expires !== undefined && this.#timing.wall() > expires - EARLY_MS) return true;
    return volatile && this.#timing.now() - readAt > VOLATILE_MS;
  }

  #renew(): Promise<Credentials> {
    this.#reading ??= this.#readOnce().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #readOnce(): Promise<Credentials> {
    const credentials = await this.#read();
    this.#known = { credentials, readAt: this.#timing.now() };
    return credentials;
  }
}
