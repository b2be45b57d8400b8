import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatAge, formatBytes, formatDuration, formatHours, formatNumber } from '../../../src/ui/text/format.ts';

test.each([
  [-1, '0s'],
  [0, '0s'],
  [0.04, '0s'],
  [0.35, '0.4s'],
  [9.94, '9.9s'],
  [9.96, '10s'],
  [59.4, '59s'],
  [59.6, '1m 0s'],
  [72, '1m 12s'],
  [3599.7, '1h 0m'],
  [11_040, '3h 4m'],
  [86_399, '1d 0h'],
  [183_600, '2d 3h'],
])('%d seconds are %s', (seconds, text) => {
  expect(formatDuration(seconds)).toBe(text);
});

test.each([
  [0.0166, '0.017'],
  [0.994, '0.99'],
  [0.996, '1'],
  [1.25, '1.3'],
  [262.04, '262'],
])('%d hours are %s', (hours, text) => {
  expect(formatHours(hours)).toBe(text);
});

test('no unit of a duration is ever full', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1e7, noNaN: true }), (seconds) => {
      expect(formatDuration(seconds)).not.toMatch(/\b60[sm]|\b24h/);
    }),
  );
});

test.each([
  ['2026-01-01T00:00:05Z', '0s'],
  ['2025-12-31T23:58:30Z', '90s'],
  ['2025-12-31T23:56:48Z', '3m12s'],
  ['2025-12-31T23:57:00Z', '3m'],
  ['2025-12-31T21:55:00Z', '125m'],
  ['2025-12-31T20:55:00Z', '3h5m'],
  ['2025-12-30T18:00:00Z', '30h'],
  ['2025-12-28T20:00:00Z', '3d4h'],
  ['2025-12-20T00:00:00Z', '12d'],
  ['2023-01-01T00:00:00Z', '3y1d'],
  ['yesterday', '<unknown>'],
])('at new year 2026, %s is %s old', (time, age) => {
  expect(formatAge(time, new Date('2026-01-01T00:00:00Z'))).toBe(age);
});

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1024, '1 KiB'],
  [1536, '1.5 KiB'],
  [1_048_575, '1 MiB'],
  [228_589_568, '218 MiB'],
  [15_000_000_000, '14 GiB'],
])('%d bytes are %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

test.each([
  [9, '9'],
  [-3, '-3'],
  [0.8125, '0.8125'],
  [1.23456, '1.235'],
  [0.000000123456, '1.235e-7'],
  [1e12, '1000000000000'],
])('%d is shown as %s', (value, text) => {
  expect(formatNumber(value)).toBe(text);
});
