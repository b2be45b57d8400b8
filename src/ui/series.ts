/** The course of one figure, thinned as it grows: its memory does not depend on how long it is told. */
export interface Series {
  /** Means of `stride` values each, oldest first; at most `SERIES_MAX`. */
  readonly points: readonly number[];
  readonly stride: number;
  /** The values since the last point. */
  readonly rest: { readonly sum: number; readonly count: number };
  /** The value of now, which may be no number; the points are numbers. */
  readonly last: number;
}

/** More than a terminal draws. */
export const SERIES_MAX = 120;

/** The series with one more value; absent = its first. */
export function extend(series: Series | undefined, value: number): Series {
  const { points, stride, rest } = series ?? { points: [], stride: 1, rest: { sum: 0, count: 0 } };
  if (!Number.isFinite(value)) return { points, stride, rest, last: value };
  const sum = rest.sum + value;
  const count = rest.count + 1;
  if (count < stride) return { points, stride, rest: { sum, count }, last: value };
  const longer = [...points, sum / count];
  const none = { sum: 0, count: 0 };
  return longer.length <= SERIES_MAX
    ? { points: longer, stride, rest: none, last: value }
    : { points: halve(longer), stride: stride * 2, rest: none, last: value };
}

/** The course in `count` points at most, the value of now last where it is a number. */
export function resample({ points, rest, last }: Series, count: number): readonly number[] {
  const all = rest.count === 0 ? points : [...points, Number.isFinite(last) ? last : rest.sum / rest.count];
  if (all.length <= count) return all;
  return Array.from({ length: count }, (_, index) =>
    mean(all.slice(Math.floor((index * all.length) / count), Math.floor(((index + 1) * all.length) / count))),
  );
}

function halve(points: readonly number[]): readonly number[] {
  // One may be left over; it is a point of half the weight, which nobody sees.
  return Array.from({ length: Math.ceil(points.length / 2) }, (_, index) =>
    mean(points.slice(index * 2, index * 2 + 2)),
  );
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
