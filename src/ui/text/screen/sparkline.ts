import { resample, type Series } from '../../series.ts';
import { symbolsFor } from '../symbols.ts';

/** The course of a figure in at most `width` cells, lowest to highest; a figure that does not move is drawn half high. */
export function sparkline(series: Series, width: number, unicode: boolean): string {
  const { levels } = symbolsFor(unicode);
  const points = resample(series, Math.max(0, width));
  const low = Math.min(...points);
  const range = Math.max(...points) - low;
  const top = levels.length - 1;
  return points
    .map((value) => levels[range === 0 ? Math.floor(top / 2) : Math.round(((value - low) / range) * top)] ?? '')
    .join('');
}
