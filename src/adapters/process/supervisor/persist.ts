import { setTimeout as delay } from 'node:timers/promises';
import { isPassing } from '../../files/durable-file.ts';

const FIRST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 5000;

/** Does `work` until the disk lets it: a full disk delays what is stored, it loses nothing. `work` must bear repetition. */
export async function persist<T>(work: () => T): Promise<T> {
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
    try {
      return work();
    } catch (error) {
      if (!isPassing(error)) throw error;
    }
    await delay(wait);
  }
}
