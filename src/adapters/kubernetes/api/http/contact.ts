import { span } from '../span.ts';
import type { Verdict } from './classify.ts';
import type { Timing } from './timing.ts';

/** What a person is told while a server does not do what it is asked. */
export interface ContactListener {
  /** One sentence: what is wrong, how long ago the server was last heard of, how long it is tried. */
  readonly onTrouble: (message: string) => void;
  /** After `onTrouble`: it answers again. */
  readonly onRecovered: () => void;
}

/** Before it is said again; from then on, twice as long each time. */
const REPEAT_MS = 60_000;
/** What the header `Date` leaves out: the part of a second. */
const DATE_STEP_MS = 1000;

/** When the server was last heard of, over all requests, and the clock it showed. */
export class Contact {
  readonly #timing: Timing;
  readonly #listener: ContactListener;
  #last: number;
  #heardAt: number | undefined;
  /** When it may be said again; undefined while all is well. */
  #nextAt: number | undefined;
  #repeat = REPEAT_MS;
  #serverClock: { readonly time: number; readonly seenAt: number } | undefined;

  constructor(timing: Timing, listener: ContactListener) {
    this.#timing = timing;
    this.#listener = listener;
    this.#last = timing.wall();
  }

  /** An answer has come, or more of one; `date` is its header. */
  heard(date?: string): void {
    this.#last = this.#timing.wall();
    this.#heardAt = this.#timing.now();
    const time = Date.parse(date ?? '');
    if (Number.isNaN(time)) return;
    // An answer may show less than the last one led to know, only for want of its part of a second: the clock stands still
    // for nobody, and what was judged to be over stays over. A server that shows more than that less was set back.
    const behind = (this.serverNow ?? time) - time;
    if (behind <= 0 || behind >= DATE_STEP_MS) this.#serverClock = { time, seenAt: this.#timing.now() };
  }

  /** A request was done, whatever came of it: the trouble is over. */
  recovered(): void {
    if (this.#nextAt === undefined) return;
    this.#nextAt = undefined;
    this.#repeat = REPEAT_MS;
    this.#listener.onRecovered();
  }

  /** Tells people, ever more seldom, whoever waits. `left`: milliseconds for which it is still tried. */
  trouble({ message, again }: Pick<Verdict, 'message' | 'again'>, left: number): void {
    const now = this.#timing.now();
    if (this.#nextAt !== undefined && now < this.#nextAt) return;
    this.#repeat *= this.#nextAt === undefined ? 1 : 2;
    this.#nextAt = now + this.#repeat;
    const what = again === 'away' ? 'does not answer' : 'is in trouble';
    const age = span((this.#timing.wall() - this.#last) / 1000);
    const last = this.wasHeard ? `last contact ${age} ago` : 'no contact yet';
    this.#listener.onTrouble(
      `the API server ${what}: ${message}; ${last}, trying for ${span(Math.max(0, left) / 1000)} more`,
    );
  }

  get wasHeard(): boolean {
    return this.#heardAt !== undefined;
  }

  /** When an answer last came, by `Timing.now`; undefined before the first. */
  get heardAt(): number | undefined {
    return this.#heardAt;
  }

  /** The server's clock now, to the second; undefined before it showed one. */
  get serverNow(): number | undefined {
    if (this.#serverClock === undefined) return undefined;
    return this.#serverClock.time + Math.round(this.#timing.now() - this.#serverClock.seenAt);
  }
}
