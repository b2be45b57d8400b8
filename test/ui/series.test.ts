import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { RunName, StageName } from '../../src/domain/naming.ts';
import { NOTHING_TOLD, reduceAttemptView } from '../../src/ui/attempt-view.ts';
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

test('what is no number is the value of now, and no point of the course', () => {
  const lost = seriesOf([3, 1, Number.NaN]);
  expect(lost.last).toBeNaN();
  expect(sparkline(lost, 8, true)).toBe('█▁');
  expect(sparkline(extend(lost, 2), 8, true)).toBe('█▁▅');
  expect(sparkline(seriesOf([Number.POSITIVE_INFINITY]), 8, true)).toBe('');
  // Also between two points of a course that is thinned.
  const thinned = seriesOf([...Array.from({ length: 130 }, () => 1), 5, Number.NaN]);
  expect(resample(thinned, 200).every(Number.isFinite)).toBe(true);
});

test('a loss that has become no number is shown as such, not as it was before', () => {
  const told = [0.5, 'NaN', 'Infinity', 'high'].map((loss) =>
    reduceAttemptView(NOTHING_TOLD, {
      ...{
        type: 'attempt-progress',
        time: '2026-01-05T09:20:00.000Z',
        run: 'weekly-47' as RunName,
        stage: 'train' as StageName,
        attempt: 1,
      },
      progress: { metrics: { loss } },
    }),
  );
  expect(told.map(({ series }) => series['loss']?.last)).toEqual([
    0.5,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    undefined,
  ]);
});

test('a figure that does not move is half high', () => {
  expect(sparkline(seriesOf([2, 2, 2]), 8, true)).toBe('▄▄▄');
});
