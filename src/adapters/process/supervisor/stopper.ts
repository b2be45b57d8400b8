import { existsSync } from 'node:fs';
import { createDurably, readIfThere } from '../../files/durable-file.ts';
import type { AttemptFolder } from '../attempt-folder.ts';
import { persist } from './persist.ts';

/** Timers cannot wait longer than this many milliseconds at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Why the supervisor ends an attempt that goes on. */
export type StopReason = 'cancelled' | 'deadline' | 'start-timeout';

/**
 * Decides, once, that an attempt shall end. The decision is on the disk before anybody acts on it, so whoever goes on
 * after a death comes to the same outcome.
 */
export class Stopper {
  readonly #folder: AttemptFolder;
  readonly #hasEnded: () => boolean;
  readonly #controller = new AbortController();
  readonly #timers = new Set<NodeJS.Timeout>();
  #deciding: Promise<void> | undefined;
  #reason: StopReason | undefined;

  /** `hasEnded`: what has ended by itself is not stopped any more. */
  constructor(folder: AttemptFolder, hasEnded: () => boolean) {
    this.#folder = folder;
    this.#hasEnded = hasEnded;
    this.#recall();
  }

  /** Fires when the decision is made. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get reason(): StopReason | undefined {
    return this.#reason;
  }

  /** Looks for the wish of the program that the attempt ends. */
  look(): void {
    if (existsSync(this.#folder.terminate)) this.stop('cancelled');
  }

  stop(reason: StopReason): void {
    if (this.#reason === undefined) this.#deciding ??= this.#decide(reason);
  }

  /** Stops after that many milliseconds, unless the returned function is called before. */
  after(ms: number, reason: StopReason): () => void {
    const timer = setTimeout(
      () => {
        this.#timers.delete(timer);
        if (ms > LONGEST_TIMER_MS) this.after(ms - LONGEST_TIMER_MS, reason);
        else this.stop(reason);
      },
      Math.min(Math.max(ms, 0), LONGEST_TIMER_MS),
    );
    this.#timers.add(timer);
    return () => {
      clearTimeout(timer);
      this.#timers.delete(timer);
    };
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }

  async #decide(reason: StopReason): Promise<void> {
    if (!this.#hasEnded()) {
      await persist(() => createDurably(this.#folder.stopping, `${JSON.stringify({ version: 1, reason })}\n`));
      this.#recall();
    }
    this.#deciding = undefined;
  }

  #recall(): void {
    const text = readIfThere(this.#folder.stopping);
    if (text === undefined) return;
    this.#reason = (JSON.parse(text) as { readonly reason: StopReason }).reason;
    this.#controller.abort();
  }
}
