import { ObjectFault } from '../../domain/data/object-fault.ts';
import type { Clock } from '../../ports/clock.ts';

const FIRST_PAUSE_S = 0.5;
const LONGEST_PAUSE_S = 30;

/** How long a storage that is away is waited for. */
export interface Patience {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Seconds that one outage may last. */
  readonly seconds: number;
  /** Told once an outage, when it begins. */
  readonly onAway: (fault: ObjectFault) => void;
  /** Told when it has ended. */
  readonly onBack: () => void;
}

/** Does `work` until it is done, or fails for another reason than that the storage is away, or was away for too long. */
export async function persist<T>(patience: Patience, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const { clock, signal, seconds } = patience;
  let since: number | undefined;
  for (let failures = 0; ; failures += 1) {
    try {
      const done = await work(signal);
      if (since !== undefined) patience.onBack();
      return done;
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof ObjectFault) || error.kind !== 'away') {
        if (since !== undefined) patience.onBack();
        throw error;
      }
      const now = clock.now().getTime();
      if (since === undefined) patience.onAway(error);
      since ??= now;
      const left = seconds - (now - since) / 1000;
      if (left <= 0) throw error;
      await clock.sleep(Math.min(FIRST_PAUSE_S * 2 ** failures, LONGEST_PAUSE_S, left), signal);
    }
  }
}
