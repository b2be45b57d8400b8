import fc from 'fast-check';
import { expect, test } from 'vitest';
import { extend, resample, SERIES_MAX, type Series } from '../../src/ui/series.ts';
import { sparkline } from '../../src/ui/text/screen/sparkline.ts';

function seriesOf(values: readonly number[]): Series {
  return values.reduce<Series | undefined>(extend, undefined) as Series;
}

test('however long it is told, it takes no more room, and keeps its shape', () => {
  const long = seriesOf(Array.from({ length: 10_000 }, (_, index) => index));
  expect(long.points.length).toBeLessThanOrEqual(SERIES_MAX);
  expect(long.last).toBe(9999);
  expect(sparkline(long, 8, true)).toBe('▁▂▃▄▅▆▇█');
  expect(sparkline(long, 8, false)).toBe('_.:-=+*#');
});

test('a course is never longer than asked for, and never leaves the range of its values', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 1, maxLength: 700 }),
      fc.integer({ min: 1, max: 60 }),
      (values, count) => {
        const points = resample(seriesOf(values), count);
        expect(points.length).toBe(Math.min(points.length, count));
        expect(points.length).toBeGreaterThan(0);
        expect(Math.min(...points)).toBeGreaterThanOrEqual(Math.min(...values));
        expect(Math.max(...points)).toBeLessThanOrEqual(Math.max(...values));
      },
    ),
  );
});

test('a figure that does not move is half high', () => {
  expect(sparkline(seriesOf([2, 2, 2]), 8, true)).toBe('▄▄▄');
});
