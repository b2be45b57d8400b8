import type { Finding, Sighting } from './view.ts';

/** Milliseconds for which a fault that is not seen now is still the same when it comes back: states alternate. */
const FORGET_MS = 60_000;

/** Counts graces from the first sighting of each fault. Looking twice at the same moment changes nothing. */
export class Sightings {
  readonly #known: Map<string, Sighting>;
  readonly #now: number;
  readonly #serverNow: number | undefined;

  constructor(known: Readonly<Record<string, Sighting>>, now: number, serverNow?: number) {
    this.#known = new Map(Object.entries(known));
    this.#now = now;
    this.#serverNow = serverNow;
  }

  /** Milliseconds since a thing was first seen; seeing it is remembered. */
  age(key: string, version?: string): number {
    const before = this.#known.get(key);
    const versions = before?.versions ?? [];
    const more = version === undefined || versions.includes(version) || versions.length > 1 ? [] : [version];
    const first = before?.first ?? this.#now;
    this.#known.set(key, {
      first,
      last: Math.max(before?.last ?? this.#now, this.#now),
      versions: [...versions, ...more],
    });
    return this.#now - first;
  }

  isOver(key: string, seconds: number): boolean {
    return this.age(key) >= seconds * 1000;
  }

  /** Whether a fault's grace is over: its time, or that a second version of the object says it again. */
  ends({ key, grace, since, version }: Finding): boolean {
    const age = this.#ageOf(key, since, version);
    if (grace === undefined) return false;
    return age >= grace * 1000 || (version !== undefined && (this.#known.get(key)?.versions.length ?? 0) > 1);
  }

  /** Seconds until a fault ends the attempt; infinite where it does not. */
  left({ key, grace, since }: Finding): number {
    return grace === undefined ? Number.POSITIVE_INFINITY : Math.max(0, grace - this.#ageOf(key, since) / 1000);
  }

  #ageOf(key: string, since: number | undefined, version?: string): number {
    const byStamps = since === undefined || this.#serverNow === undefined ? 0 : this.#serverNow - since;
    return Math.max(this.age(key, version), byStamps);
  }

  /** For the memory. */
  kept(): Readonly<Record<string, Sighting>> {
    return Object.fromEntries([...this.#known].filter(([, { last }]) => this.#now - last <= FORGET_MS));
  }
}
