import { expect, test } from 'vitest';
import { RateLimit } from '../../../../../src/adapters/kubernetes/api/http/rate-limit.ts';
import { QuickTiming } from '../harness.ts';

const signal = new AbortController().signal;

test('a burst goes at once, what follows comes at the rate', async () => {
  const timing = new QuickTiming();
  const limit = new RateLimit(timing, { rate: 10, burst: 20 });
  for (let i = 0; i < 20; i += 1) await limit.take(signal);
  expect(timing.waits).toEqual([]);
  for (let i = 0; i < 3; i += 1) await limit.take(signal);
  expect(timing.waits).toEqual([100, 100, 100]);
  timing.pass(60_000);
  for (let i = 0; i < 20; i += 1) await limit.take(signal);
  expect(timing.waits).toHaveLength(3);
});

test('those who come together leave one after the other', async () => {
  const waits: number[] = [];
  const still = { now: () => 0, wall: () => 0, random: () => 0, sleep: async (ms: number) => void waits.push(ms) };
  const limit = new RateLimit(still, { rate: 10, burst: 1 });
  await Promise.all([1, 2, 3, 4].map(() => limit.take(signal)));
  expect(waits).toEqual([100, 200, 300]);
});

test('who gives up waiting takes no place', async () => {
  const timing = new QuickTiming();
  const limit = new RateLimit(timing, { rate: 10, burst: 1 });
  await limit.take(signal);
  await expect(limit.take(AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
  await limit.take(signal);
  expect(timing.waits).toEqual([100]);
});
