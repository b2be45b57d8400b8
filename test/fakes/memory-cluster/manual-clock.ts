import { setImmediate as turn } from 'node:timers/promises';

interface Sleeper {
  readonly until: number;
  readonly wake: () => void;
}

/** A clock that only the test moves. Also the clock of a MemoryCluster: `new MemoryCluster({ now: clock.now })`. */
export class ManualClock {
  #ms = Date.parse('2026-01-01T00:00:00Z');
  readonly #sleepers = new Set<Sleeper>();

  /** Milliseconds since 1970. */
  readonly now = (): number => this.#ms;

  elapsed(): number {
    return this.#ms;
  }

  sleep(seconds: number, signal?: AbortSignal): Promise<void> {
    if (seconds <= 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#sleepers.delete(sleeper);
        signal?.removeEventListener('abort', stop);
      };
      const sleeper = {
        until: this.#ms + seconds * 1000,
        wake: () => {
          leave();
          resolve();
        },
      };
      const stop = (): void => {
        leave();
        reject(signal?.reason);
      };
      if (signal?.aborted === true) return reject(signal.reason);
      signal?.addEventListener('abort', stop);
      this.#sleepers.add(sleeper);
    });
  }

  /** Moves on, waking whoever slept until then in the order of their times, each with time to do its work. */
  async advance(seconds: number): Promise<void> {
    const end = this.#ms + seconds * 1000;
    await settle();
    for (;;) {
      const [next] = [...this.#sleepers].sort((a, b) => a.until - b.until);
      if (next === undefined || next.until > end) break;
      this.#ms = Math.max(this.#ms, next.until);
      next.wake();
      await settle();
    }
    this.#ms = end;
    await settle();
  }

  /** Moves on as for a machine that is stopped: nobody wakes before the whole time has passed. */
  skip(seconds: number): void {
    this.#ms += seconds * 1000;
  }
}

/** Lets everything that can go on without time go on. */
async function settle(): Promise<void> {
  for (let turns = 0; turns < 20; turns += 1) await turn();
}
