/**
 * What a signal means, by what the command asked for: nobody ends in order who has not asked, so that is ended at once. It
 * touches no process: main.ts hands it the signals.
 */
export class Interruption {
  readonly #controller = new AbortController();
  readonly #leave: () => never;
  #isHeeded = false;
  #instead: (() => void) | undefined;
  #isLent = false;

  /** `leave` ends the process. */
  constructor(leave: () => never) {
    this.#leave = leave;
  }

  /** Fires with the first signal. Whoever takes it ends in order when it does. */
  heed(): AbortSignal {
    this.#isHeeded = true;
    return this.#controller.signal;
  }

  /** The same for whoever only wants to know whether it fired: nothing is promised. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** What the next signal does instead of firing; the one after it fires. */
  doInstead(work: () => void): void {
    this.#instead = work;
  }

  /** While a pager has the terminal, Ctrl-C is meant for that; as with git and man. */
  lend(isLent: boolean): void {
    this.#isLent = isLent;
  }

  /** True when the signal was meant for us. */
  take(signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP'): boolean {
    if (this.#isLent && signal === 'SIGINT') return false;
    if (this.#instead !== undefined) {
      const work = this.#instead;
      this.#instead = undefined;
      work();
    } else {
      // Who was told before and is still here does not leave in order either.
      if (!this.#isHeeded || this.#controller.signal.aborted) this.#leave();
      this.#controller.abort(new Error('interrupted'));
    }
    return true;
  }
}
