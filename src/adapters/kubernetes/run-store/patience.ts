import { type ClusterPlace, KubeFault, type KubeFaultKind, type KubeObject } from '../api/kube-api.ts';
import type { StoreClock } from './store-clock.ts';

/** How long to try a write that a cluster does not take. */
export interface PatienceOptions {
  readonly place: ClusterPlace;
  readonly clock: StoreClock;
  /** Seconds after the first failure. */
  readonly seconds: number;
  /** Told before a further try that is not at once, for the person. */
  readonly onWaiting: (message: string) => void;
}

const TRANSIENT: ReadonlySet<KubeFaultKind> = new Set(['unreachable', 'ambiguous', 'server', 'expired']);
const LONGEST_PAUSE_SECONDS = 15;

/** Sends writes until their answer is known: `KubeApi` sends each once. */
export class Patience {
  readonly #options: PatienceOptions;

  constructor(options: PatienceOptions) {
    this.#options = options;
  }

  /**
   * Sends a write. When its answer is lost, `find` tells whether it was stored: the object as it is now if it is the one
   * that was to be written, else undefined. `find` is a read, which waits by itself for a server that is away. So no write
   * of ours is taken for another's, and a server that restarts is no failure of a run. Throws the `KubeFault` of a
   * permanent fault, and that of the last try when the time is over.
   */
  async write(work: () => Promise<KubeObject>, find: () => Promise<KubeObject | undefined>): Promise<KubeObject> {
    const { clock, seconds, place, onWaiting } = this.#options;
    let failing: number | undefined;
    for (let tries = 1; ; tries += 1) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof KubeFault)) throw error;
        const transient = TRANSIENT.has(error.kind);
        if (failing === undefined && !transient) throw error;
        failing ??= clock.elapsed();
        // Also a refusal may be due to an earlier try of ours that arrived late.
        const found = await find();
        if (found !== undefined) return found;
        const left = seconds - (clock.elapsed() - failing) / 1000;
        if (!transient || left <= 0) throw error;
        if (tries > 1)
          onWaiting(`${place.server} does not take it: ${error.message}; trying for ${Math.ceil(left)} s more`);
        await clock.sleep(pauseAfter(tries));
      }
    }
  }
}

/** Seconds: none at first, then longer and longer, with jitter so that many drivers do not ask in step. */
function pauseAfter(tries: number): number {
  if (tries === 1) return 0;
  return Math.min(2 ** (tries - 2), LONGEST_PAUSE_SECONDS) * (0.5 + Math.random() / 2);
}
