import { firstOf } from '../../domain/first-of.ts';
import type { Clock } from '../../ports/clock.ts';
import type { AttemptRef, LogLine, Target } from '../../ports/target.ts';

/** How long a silence that proved none is not asked about again. */
const AGAIN_SECONDS = 60;

/**
 * Waits for the next lines of a log that is followed, or for the moment at which their absence means something. The clocks
 * of this machine and of the one that stamps the lines may differ, and the way between them may be cut: time is counted
 * from the fastest line so far, and silence is believed once a fresh look at the log agrees.
 */
export class Silence {
  readonly #target: Target;
  readonly #ref: AttemptRef;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  /** This machine's clock less the log's, milliseconds; lines take a while, so the least is nearest. */
  #ahead = Number.POSITIVE_INFINITY;
  #last = Number.NEGATIVE_INFINITY;
  #asleep: Promise<'woke'> | undefined;

  constructor(target: Target, ref: AttemptRef, clock: Clock, signal: AbortSignal) {
    this.#target = target;
    this.#ref = ref;
    this.#clock = clock;
    this.#signal = signal;
  }

  /** The newest line that came. */
  heard(line: LogLine | undefined): void {
    if (line === undefined) return;
    const at = Date.parse(line.time);
    this.#last = Math.max(this.#last, at);
    this.#ahead = Math.min(this.#ahead, this.#clock.now().getTime() - at);
  }

  /** What `next` gives, or `silent` once nothing came until `alarm` (milliseconds of the log; undefined = never). */
  async or<T>(next: Promise<T>, alarm: number | undefined): Promise<T | 'silent'> {
    for (;;) {
      if (alarm === undefined || this.#signal.aborted) return next;
      this.#asleep ??= this.#sleep(alarm - this.#now());
      const first = await firstOf([next, this.#asleep]);
      if (first !== 'woke') return first;
      this.#asleep = undefined;
      if (this.#signal.aborted || this.#now() < alarm) continue;
      if (await this.#isSilent()) return 'silent';
      this.#asleep = this.#sleep(AGAIN_SECONDS * 1000);
    }
  }

  #now(): number {
    return this.#clock.now().getTime() - this.#ahead;
  }

  async #sleep(ms: number): Promise<'woke'> {
    // A moment more: timers may fire early.
    await this.#clock.sleep(Math.max(0, ms) / 1000 + 0.05, this.#signal).catch(() => undefined);
    return 'woke';
  }

  /** Lines that the follower has not got yet are no silence; nor is a log that cannot be read. */
  async #isSilent(): Promise<boolean> {
    try {
      const options = { follow: false, tail: 1, container: 'main' };
      for await (const lines of this.#target.logs(this.#ref, options, this.#signal)) {
        if (lines.some(({ time, marker }) => marker === undefined && Date.parse(time) > this.#last)) return false;
      }
      return !this.#signal.aborted;
    } catch {
      return false;
    }
  }
}
