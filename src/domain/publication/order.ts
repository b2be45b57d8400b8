/** A run that published, as what it left tells. */
export interface PublishedRun {
  readonly name: string;
  /** When it was recorded, ISO 8601 in UTC. */
  readonly created: string;
}

/**
 * Which run comes later, whatever the order in which they publish: what shows one run only (the branch of a hub, a comment, a
 * status) is left to the one that was started last. `run` without a time, or `isOlderAllowed`: nothing is held to be newer.
 */
export class PublicationOrder {
  readonly #newer = new Map<string, PublishedRun>();
  readonly #created: string | undefined;

  constructor(run: { readonly created?: string }, isOlderAllowed: boolean) {
    this.#created = isOlderAllowed ? undefined : run.created;
  }

  /** Notes whose the effect of a step is; returns that run where it was started later than this one. */
  saw(step: string, run: PublishedRun | undefined): PublishedRun | undefined {
    this.#newer.delete(step);
    if (run !== undefined && isLater(run.created, this.#created)) this.#newer.set(step, run);
    return this.newerAt(step);
  }

  /** The newer run that was found at a step; undefined where there was none, or nobody looked. */
  newerAt(step: string): PublishedRun | undefined {
    return this.#newer.get(step);
  }
}

/** False where one of the times is not known. */
function isLater(one: string | undefined, other: string | undefined): boolean {
  return one !== undefined && other !== undefined && Date.parse(one) > Date.parse(other);
}

/** `2026-12-01 10:00:12 UTC`. */
export function startText(created: string): string {
  return `${created.slice(0, 19).replace('T', ' ')} UTC`;
}

/** What is said of a place that the newer run keeps. */
export function keptBy({ name, created }: PublishedRun): string {
  return `run ${name} was started later (${startText(created)}): what it left stays`;
}
