import { expect, test } from 'vitest';
import { followProgress } from '../../../src/actions/follow/read-progress.ts';
import { systemClock } from '../../../src/adapters/clock/system-clock.ts';
import { parseProgress } from '../../../src/domain/training/own-line.ts';
import type { AttemptRef, Target } from '../../../src/ports/target.ts';

test.each<[string, unknown]>([
  [
    'ilab-progress: {"message":"Epoch 1","fraction":0.5,"metrics":{"loss":2}}',
    { message: 'Epoch 1', fraction: 0.5, metrics: { loss: 2 } },
  ],
  ['ilab-progress: {"fraction":7}', { fraction: 1 }],
  ['ilab-progress: {"fraction":-1,"other":true}', { fraction: 0 }],
  ['ilab-progress: {"message":7,"fraction":"x"}', {}],
  ['ilab-progress: {"message":"cut', undefined],
  ['ilab-progress: [1]', undefined],
  ['ilab-progress: null', undefined],
  [' ilab-progress: {}', undefined],
  ['a line of log', undefined],
])('%s', (line, progress) => {
  expect(parseProgress(line)).toEqual(progress);
});

test('is told with the time it was said, whenever it is read', async () => {
  const time = '2026-01-01T00:00:01.123456789Z';
  const logs = async function* () {
    yield [{ container: 'main', stream: 'stdout' as const, time, text: 'ilab-progress: {"fraction":0.5}' }];
  };
  const told: unknown[] = [];
  const ref = { run: 'weekly-1', stage: 'one', attempt: 1 } as unknown as AttemptRef;
  await followProgress(
    { logs } as unknown as Target,
    ref,
    { clock: systemClock, signal: new AbortController().signal },
    (event) => {
      told.push(event);
    },
  );
  expect(told).toEqual([
    { type: 'attempt-progress', time: '2026-01-01T00:00:01.123Z', ...ref, progress: { fraction: 0.5 } },
  ]);
});
