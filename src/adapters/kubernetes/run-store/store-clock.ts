import { setTimeout as delay } from 'node:timers/promises';

/** Time as the store needs it: how much of it passed, never what o'clock it is here. */
export interface StoreClock {
  /** Milliseconds since some moment; never goes back, and goes on while the machine sleeps. */
  elapsed(): number;
  /** Resolves after `seconds`, or rejects with the signal's reason. */
  sleep(seconds: number, signal?: AbortSignal): Promise<void>;
}

/**
 * The monotonic clock stands still while a laptop sleeps, the wall clock may be set back: whichever went further is what
 * counts, so that a right that may have run out counts as run out.
 */
export function createStoreClock(): StoreClock {
  const wall = Date.now();
  const monotonic = performance.now();
  let last = 0;
  return {
    elapsed: () => {
      last = Math.max(last, Date.now() - wall, performance.now() - monotonic);
      return last;
    },
    sleep: (seconds, signal) => delay(seconds * 1000, undefined, signal === undefined ? {} : { signal }),
  };
}
