import { describe, expect, test } from 'vitest';
import { gpuSpans, peakOf } from '../../../src/domain/run/gpu-spans.ts';
import type { AttemptRecord, RunRecord } from '../../../src/domain/run/run-record.ts';
import { attemptOf, recordOf, withStage } from '../../fakes/records.ts';

const at = (second: number): string => new Date(Date.UTC(2026, 0, 1) + second * 1000).toISOString();

type Seconds = { readonly intent: number } & Partial<Record<keyof AttemptRecord['at'], number>>;

function holds(gpus: number | undefined, seconds: Seconds): Partial<AttemptRecord> {
  const times = Object.fromEntries(Object.entries(seconds).map(([name, second]) => [name, at(second)]));
  return { ...(gpus === undefined ? {} : { gpus }), at: { intent: at(seconds.intent), ...times } };
}

function run(...stages: readonly (readonly Partial<AttemptRecord>[])[]): RunRecord {
  const names = stages.map((_, index) => `s${index}`);
  return stages.reduce<RunRecord>(
    (record, attempts, index) =>
      withStage(record, `s${index}`, {
        attempts: attempts.map((attempt, before) => attemptOf({ attempt: before + 1, ...attempt })),
      }),
    recordOf('weekly-1', names),
  );
}

describe('the spans of a run', () => {
  test('reach from the node to the end', () => {
    const attempt = holds(4, { intent: 0, bound: 1, placed: 5, started: 9, ended: 20, outcome: 21 });
    expect(gpuSpans(run([attempt]))).toEqual([
      { stage: 's0', attempt: 1, gpus: 4, from: at(5), started: at(9), to: at(20) },
    ]);
  });

  test.each<[string, Partial<AttemptRecord>, object | undefined]>([
    ['no GPU', holds(undefined, { intent: 0, placed: 1, started: 2, ended: 3 }), undefined],
    ['an attempt that never ran', holds(4, { intent: 0, bound: 1, outcome: 3 }), undefined],
    ['no nodes', holds(4, { intent: 0, started: 2, ended: 3 }), { from: at(2), to: at(3) }],
    ['one that runs', holds(4, { intent: 0, placed: 1, started: 2 }), { from: at(1) }],
    ['an end that nobody saw', holds(4, { intent: 0, placed: 1, started: 2, outcome: 9 }), { from: at(1), to: at(9) }],
  ])('%s', (_what, attempt, span) => {
    const spans = gpuSpans(run([attempt]));
    if (span === undefined) expect(spans).toEqual([]);
    else {
      expect(spans).toHaveLength(1);
      expect(spans[0]).toMatchObject(span);
      expect(spans[0]?.to === undefined).toBe(!('to' in span));
    }
  });
});

test.each<[string, RunRecord, number]>([
  ['nothing', run([]), 0],
  [
    'stages that take turns, in the same second',
    run(
      [holds(4, { intent: 0, placed: 1, started: 2, ended: 5 })],
      [holds(4, { intent: 5, placed: 5, started: 6, ended: 9 })],
    ),
    4,
  ],
  [
    'stages side by side',
    run(
      [holds(1, { intent: 0, placed: 1, started: 2, ended: 5 })],
      [holds(2, { intent: 0, placed: 4, started: 4, ended: 9 })],
    ),
    3,
  ],
  [
    'an attempt after another',
    run([holds(4, { intent: 0, placed: 1, started: 2, ended: 5 }), holds(4, { intent: 6, placed: 7, started: 7 })]),
    4,
  ],
])('the peak of %s', (_what, record, peak) => {
  expect(peakOf(gpuSpans(record))).toBe(peak);
});
