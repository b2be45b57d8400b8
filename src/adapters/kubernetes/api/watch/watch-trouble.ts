import { pauseBefore } from '../http/back-off.ts';
import type { Contact } from '../http/contact.ts';
import type { Failed } from '../http/failed.ts';
import type { Limits, Timing } from '../http/timing.ts';

export interface TroubleParts {
  readonly contact: Contact;
  readonly limits: Limits;
  readonly timing: Timing;
}

const REPEAT_MS = 60_000;
const CLOSES_BEFORE_RELIST = 3;

/** How a watch fares: what it tells people, how long it waits, when it gives up. */
export class WatchTrouble {
  readonly #parts: TroubleParts;
  /** Connections in a row that told nothing. */
  #fruitless = 0;
  #failing: number | undefined;
  #toldAt: number | undefined;

  constructor(parts: TroubleParts) {
    this.#parts = parts;
  }

  /** Something was told: all is well. */
  progress(): void {
    this.#fruitless = 0;
    this.#failing = undefined;
  }

  /** The server accepted a request. */
  answered(): void {
    this.#parts.contact.recovered();
  }

  /** It ended a watch that had told nothing. Milliseconds to wait; `relist` when its version leads nowhere. */
  closedAtOnce(): { readonly pause: number; readonly relist: boolean } {
    this.#fruitless += 1;
    const pause = pauseBefore({ tries: this.#fruitless, answered: true }, this.#parts.timing.random());
    return { pause, relist: this.#fruitless % CLOSES_BEFORE_RELIST === 0 };
  }

  /** Milliseconds to wait after a failure that may pass, of which people are told; undefined when it has lasted too long. */
  failed({ verdict, retryAfter }: Failed): number | undefined {
    const { timing, limits, contact } = this.#parts;
    this.#fruitless += 1;
    this.#failing ??= timing.now();
    const asked = { tries: this.#fruitless, answered: verdict.status !== undefined };
    const pause = pauseBefore(retryAfter === undefined ? asked : { ...asked, retryAfter }, timing.random());
    const known = contact.wasHeard ? limits.offline : Math.min(limits.firstContact, limits.offline);
    const patience = verdict.again === 'broken' ? Math.min(limits.broken, known) : known;
    const left = patience - (timing.now() - this.#failing);
    if (pause > left) return undefined;
    if (pause > 0) this.#tell(verdict, this.#failing, left);
    return pause;
  }

  /** Of one that answers, if only to refuse, nothing is told for a while. */
  #tell(verdict: Failed['verdict'], since: number, left: number): void {
    const { timing, contact } = this.#parts;
    const isHeard = verdict.status !== undefined || (contact.heardAt ?? since) > since;
    if (isHeard && timing.now() - Math.max(since, this.#toldAt ?? since) < REPEAT_MS) return;
    this.#toldAt = timing.now();
    contact.trouble(verdict, left);
  }
}
