/** How something came out over several times, or what is expected after them. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Undefined for no values. */
export function spreadOf(values: readonly number[]): Spread | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const [min, max] = [sorted[0], sorted.at(-1)];
  if (min === undefined || max === undefined) return undefined;
  const [low, high] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.floor(sorted.length / 2)]];
  return { median: ((low ?? min) + (high ?? max)) / 2, min, max };
}

/** The same figures after `change`, which keeps their order. */
export function mapSpread({ median, min, max }: Spread, change: (value: number) => number): Spread {
  return { median: change(median), min: change(min), max: change(max) };
}

/** Figure by figure; of `later` over what may be at once, of sums over what comes one after the other. */
export function joinSpreads(a: Spread, b: Spread, join: (a: number, b: number) => number): Spread {
  return { median: join(a.median, b.median), min: join(a.min, b.min), max: join(a.max, b.max) };
}
