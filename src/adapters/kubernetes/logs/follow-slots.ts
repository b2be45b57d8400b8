const MOST_FOLLOWS = 32;
/** Each costs the node an inotify instance, of which a user has 128. */
const MOST_FOLLOWS_A_NODE = 8;
const MOST_POLLS = 4;

/** How many logs may be followed at once; those for which there is no room are read from time to time, a few at a time. */
export class FollowSlots {
  readonly #nodes = new Map<string, number>();
  readonly #waiting: (() => void)[] = [];
  #follows = 0;
  #polls = 0;

  /** A function that gives the slot back; undefined when there is no room. */
  take(node: string): (() => void) | undefined {
    const here = this.#nodes.get(node) ?? 0;
    if (this.#follows >= MOST_FOLLOWS || here >= MOST_FOLLOWS_A_NODE) return undefined;
    this.#follows += 1;
    this.#nodes.set(node, here + 1);
    return () => {
      this.#follows -= 1;
      this.#nodes.set(node, (this.#nodes.get(node) ?? 1) - 1);
    };
  }

  /** Does `work` in its turn. */
  async poll<T>(work: () => Promise<T>): Promise<T> {
    if (this.#polls >= MOST_POLLS) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#polls += 1;
    try {
      return await work();
    } finally {
      // Handed on, not given back: whoever waits longest is next.
      const next = this.#waiting.shift();
      if (next === undefined) this.#polls -= 1;
      else next();
    }
  }
}
