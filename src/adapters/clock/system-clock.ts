import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../../ports/clock.ts';

/** Timers cannot wait longer than this many milliseconds at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The time of this machine; it sleeps longer than one timer can. */
export const systemClock: Clock = {
  now: () => new Date(),
  sleep: async (seconds, signal) => {
    for (let left = seconds * 1000; left > 0; left -= LONGEST_TIMER_MS) {
      await delay(Math.min(left, LONGEST_TIMER_MS), undefined, { signal });
    }
  },
};
