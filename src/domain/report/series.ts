import type { Progress } from '../attempt/progress.ts';

/** One figure that an attempt told of itself while it ran, e.g. `loss`. */
export interface Series {
  readonly stage: string;
  readonly attempt: number;
  /** The run whose attempt it was: another one where the stage was reused. */
  readonly run: string;
  readonly metric: string;
  /** In the order in which they were told; at most `POINTS_MAX`, the first and the last among them. */
  readonly points: readonly SeriesPoint[];
  /** How many were told. */
  readonly told: number;
}

/** One value of a series. */
export interface SeriesPoint {
  /** Seconds since the main container began, or since the first line where that is not known. */
  readonly seconds: number;
  readonly value: number;
  /** Steps that were done, where it says. */
  readonly step?: number;
}

/** The most points of a series: more than a page is wide tell nothing more. */
export const POINTS_MAX = 400;
/** The most series of an attempt. */
const SERIES_MAX = 16;

/** Collects what an attempt tells; holds no more of it than `POINTS_MAX` twice a figure, however long its log. */
export class SeriesCollector {
  readonly #figures = new Map<string, { points: SeriesPoint[]; told: number; stride: number; last: SeriesPoint }>();
  #begin: number | undefined;

  /** `started`: when the attempt began, RFC 3339. */
  constructor(started: string | undefined) {
    this.#begin = started === undefined ? undefined : Date.parse(started);
  }

  add(time: string, { metrics = {}, step }: Progress): void {
    this.#begin ??= Date.parse(time);
    const seconds = Math.max(0, Date.parse(time) - this.#begin) / 1000;
    for (const [metric, value] of Object.entries(metrics)) {
      if (typeof value !== 'number' || !Number.isFinite(value)) continue;
      this.#keep(metric, { seconds, value, ...(step === undefined ? {} : { step }) });
    }
  }

  #keep(metric: string, point: SeriesPoint): void {
    const figure = this.#figures.get(metric);
    if (figure === undefined) {
      if (this.#figures.size < SERIES_MAX) {
        this.#figures.set(metric, { points: [point], told: 1, stride: 1, last: point });
      }
      return;
    }
    if (figure.told % figure.stride === 0) figure.points.push(point);
    figure.told += 1;
    figure.last = point;
    // Every second one goes when there are too many: what is left is spread evenly.
    if (figure.points.length < 2 * POINTS_MAX) return;
    figure.points = figure.points.filter((_, index) => index % 2 === 0);
    figure.stride *= 2;
  }

  /** A figure that was told once is a result, and no curve. */
  series(of: Pick<Series, 'run' | 'stage' | 'attempt'>): readonly Series[] {
    return [...this.#figures]
      .filter(([, { told }]) => told > 1)
      .map(([metric, { points, told, last }]) => {
        const all = points.at(-1) === last ? points : [...points, last];
        return { ...of, metric, points: thinned(all), told };
      });
  }
}

function thinned(points: readonly SeriesPoint[]): readonly SeriesPoint[] {
  if (points.length <= POINTS_MAX) return points;
  const step = (points.length - 1) / (POINTS_MAX - 1);
  return Array.from({ length: POINTS_MAX }, (_, index) => points[Math.round(index * step)]).filter(
    (point) => point !== undefined,
  );
}
