import type { Timing } from './timing.ts';

/** A token bucket: `burst` requests may go at once, then `rate` a second, in the order they came. */
export class RateLimit {
  readonly #timing: Timing;
  readonly #rate: number;
  readonly #burst: number;
  /** Below zero while requests wait for tokens to come. */
  #tokens: number;
  #filledAt: number;

  constructor(timing: Timing, { rate, burst }: { readonly rate: number; readonly burst: number }) {
    this.#timing = timing;
    this.#rate = rate;
    this.#burst = burst;
    this.#tokens = burst;
    this.#filledAt = timing.now();
  }

  async take(signal: AbortSignal): Promise<void> {
    const now = this.#timing.now();
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#filledAt) / 1000) * this.#rate);
    this.#filledAt = now;
    this.#tokens -= 1;
    if (this.#tokens >= 0) return;
    try {
      await this.#timing.sleep((-this.#tokens / this.#rate) * 1000, signal);
    } catch (error) {
      this.#tokens += 1;
      throw error;
    }
  }
}
