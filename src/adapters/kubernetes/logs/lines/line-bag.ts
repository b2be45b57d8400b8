const FIRST_SLOTS = 64;
/** So many are kept room for when a bag is used again. */
const KEPT_SLOTS = 128 * 1024;

/**
 * A multiset of line keys in a few bytes each: a burst of a million lines within a second must fit. Most keys are never asked for:
 * they are put into their slots when somebody asks.
 */
export class LineBag {
  #keys = new Float64Array(FIRST_SLOTS);
  #stored = new Uint32Array(FIRST_SLOTS);
  /** How many of the stored ones have not come again on this connection. */
  #left = new Uint32Array(FIRST_SLOTS);
  #size = 0;
  #sortedCount = 0;
  #added = new Float64Array(FIRST_SLOTS);
  #addedCount = 0;

  /** How many lines were added. */
  get count(): number {
    return this.#sortedCount + this.#addedCount;
  }

  /** A line was stored. */
  add(key: number): void {
    if (this.#addedCount === this.#added.length) {
      const longer = new Float64Array(this.#addedCount * 2);
      longer.set(this.#added);
      this.#added = longer;
    }
    this.#added[this.#addedCount] = key;
    this.#addedCount += 1;
  }

  has(key: number): boolean {
    this.#sort();
    return this.#keys[this.#slot(key)] === key;
  }

  /** True when a stored line had not come again until now: this is it. */
  take(key: number): boolean {
    this.#sort();
    const slot = this.#slot(key);
    const left = this.#left[slot] as number;
    if (left === 0) return false;
    this.#left[slot] = left - 1;
    return true;
  }

  /** Makes it empty, to be used again: what a bag has grown to is garbage that lives long. */
  clear(): void {
    this.#addedCount = 0;
    if (this.#added.length > KEPT_SLOTS) this.#added = new Float64Array(FIRST_SLOTS);
    if (this.#sortedCount === 0) return;
    this.#sortedCount = 0;
    this.#size = 0;
    this.#keys = new Float64Array(FIRST_SLOTS);
    this.#stored = new Uint32Array(FIRST_SLOTS);
    this.#left = new Uint32Array(FIRST_SLOTS);
  }

  /** A connection begins: every stored line may come again, once. */
  begin(): void {
    this.#sort();
    this.#left.set(this.#stored);
  }

  #sort(): void {
    const count = this.#addedCount;
    this.#addedCount = 0;
    this.#sortedCount += count;
    for (let at = 0; at < count; at += 1) this.#put(this.#added[at] as number);
    if (this.#added.length > KEPT_SLOTS) this.#added = new Float64Array(FIRST_SLOTS);
  }

  #put(key: number): void {
    if (this.#size * 2 >= this.#keys.length) this.#grow();
    const slot = this.#slot(key);
    if (this.#keys[slot] === 0) {
      this.#keys[slot] = key;
      this.#size += 1;
    }
    this.#stored[slot] = (this.#stored[slot] as number) + 1;
  }

  /** The slot of a key, or the free one where it would be; a free slot has nothing left. */
  #slot(key: number): number {
    const mask = this.#keys.length - 1;
    let slot = (key >>> 0) & mask;
    for (let found = this.#keys[slot]; found !== 0 && found !== key; found = this.#keys[slot]) slot = (slot + 1) & mask;
    return slot;
  }

  #grow(): void {
    const [keys, stored, left] = [this.#keys, this.#stored, this.#left];
    this.#keys = new Float64Array(keys.length * 2);
    this.#stored = new Uint32Array(keys.length * 2);
    this.#left = new Uint32Array(keys.length * 2);
    for (let at = 0; at < keys.length; at += 1) {
      const key = keys[at] as number;
      if (key === 0) continue;
      const slot = this.#slot(key);
      this.#keys[slot] = key;
      this.#stored[slot] = stored[at] as number;
      this.#left[slot] = left[at] as number;
    }
  }
}
