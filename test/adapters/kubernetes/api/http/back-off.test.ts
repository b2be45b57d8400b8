import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseRetryAfter, pauseBefore } from '../../../../../src/adapters/kubernetes/api/http/back-off.ts';

const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('the pause before the next try', () => {
  test('is none at first, then between a second and a limit that doubles', () => {
    const longest = (tries: number, answered: boolean): number => pauseBefore({ tries, answered }, 1);
    expect([1, 2, 3, 4, 5, 6, 7, 60].map((tries) => longest(tries, true))).toEqual([
      0, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000,
    ]);
    expect([1, 2, 3, 4, 60].map((tries) => longest(tries, false))).toEqual([0, 2000, 4000, 4000, 4000]);
    expect(pauseBefore({ tries: 9, answered: true }, 0)).toBe(1000);
  });

  test('row 6: keeps the wish of the server, up to a minute, and spreads those who wait', () => {
    fc.assert(
      fc.property(
        chance,
        fc.integer({ min: 0, max: 1e9 }),
        fc.integer({ min: 1, max: 50 }),
        (random, retryAfter, tries) => {
          const pause = pauseBefore({ tries, answered: true, retryAfter }, random);
          expect(pause).toBeGreaterThanOrEqual(Math.min(Math.max(retryAfter, 1000), 60_000));
          expect(pause).toBeLessThanOrEqual(60_000);
        },
      ),
    );
    const spread = new Set(
      [0, 0.25, 0.5, 0.75].map((random) => pauseBefore({ tries: 1, answered: true, retryAfter: 5000 }, random)),
    );
    expect(spread.size).toBe(4);
  });
});

test.each([
  ['5', undefined, 5000],
  [' 120 ', undefined, 120_000],
  ['0', undefined, 0],
  ['Thu, 01 Jan 2026 00:00:10 GMT', undefined, 10_000],
  // Both by the server's clock, which is a year ahead.
  ['Fri, 01 Jan 2027 00:00:10 GMT', 'Fri, 01 Jan 2027 00:00:07 GMT', 3000],
  ['Wed, 31 Dec 2025 00:00:00 GMT', undefined, 0],
  ['soon', undefined, undefined],
  ['-5', undefined, undefined],
  ['1.5', undefined, undefined],
  ['', undefined, undefined],
  [undefined, undefined, undefined],
])('Retry-After: %s with Date: %s means %s ms', (header, date, expected) => {
  expect(parseRetryAfter(header, date, Date.UTC(2026, 0, 1))).toBe(expected);
});
