import { describe, expect, test } from 'vitest';
import { gpuHoursOf } from '../../../src/domain/report/gpu-hours.ts';
import { POINTS_MAX, SeriesCollector } from '../../../src/domain/report/series.ts';
import { installSpans, spansOf } from '../../../src/domain/report/spans.ts';
import type { AttemptRecord, RunRecord, StageRecord } from '../../../src/domain/run/run-record.ts';
import { attemptOf, recordOf, withStage } from '../../fakes/records.ts';
import { failed, succeeded } from '../../fakes/story.ts';

const time = (seconds: number): string => new Date(Date.UTC(2026, 0, 1) + seconds * 1000).toISOString();

/** An attempt with these times, in seconds. */
function attempt(at: Partial<Record<keyof AttemptRecord['at'], number>>, change: Partial<AttemptRecord> = {}) {
  const stamps = Object.fromEntries(Object.entries(at).map(([name, seconds]) => [name, time(seconds)]));
  return attemptOf({ ...change, at: { intent: time(0), ...stamps } });
}

function told(of: AttemptRecord, target: 'local' | 'kubernetes', now = 1000): readonly string[] {
  return spansOf(of, target, time(now)).map(
    ({ kind, seconds, isOpen }) => `${kind} ${seconds}${isOpen === true ? ' open' : ''}`,
  );
}

describe('the spans of an attempt', () => {
  const whole = {
    bound: 1,
    podCreated: 31,
    placed: 35,
    initStarted: 45,
    initEnded: 65,
    started: 70,
    ended: 170,
    outcome: 172,
  };

  test('on a cluster tell queue, scheduling, images, init containers, the stage and ours apart', () => {
    expect(told(attempt(whole), 'kubernetes')).toEqual([
      ...['ours 1', 'queue 30', 'schedule 4', 'pull 10', 'init 20', 'pull 5', 'user 100', 'ours 2'],
    ]);
  });

  test('are one wait where the record is of a program that did not note when the pod was made', () => {
    const { podCreated: _, initStarted: __, initEnded: ___, ...older } = whole;
    expect(told(attempt(older), 'kubernetes')).toEqual(['ours 1', 'wait 34', 'pull 35', 'user 100', 'ours 2']);
  });

  test('of one that never began are a wait, until it ended or until now', () => {
    expect(told(attempt({ bound: 1, ended: 60, outcome: 61 }), 'kubernetes')).toEqual(['ours 1', 'wait 59', 'ours 1']);
    expect(told(attempt({ bound: 1 }), 'kubernetes')).toEqual(['ours 1', 'wait 999 open']);
  });

  test('on this machine are ours until the stage begins, and the stage while it runs', () => {
    expect(told(attempt({ bound: 1, started: 2 }), 'local')).toEqual(['ours 2', 'user 998 open']);
  });

  test('before it: installing packages while a driver lived, from when it was decided to run until it was submitted', () => {
    const told = (intent: number, endedAt: number) => {
      const attempts = [attempt({ intent })];
      const record = withStage(recordOf('a', ['greet']), 'greet', {
        decision: { kind: 'run', at: time(10) },
        attempts,
      });
      const driver = { startedAt: time(0), endedAt: time(endedAt) } as RunRecord['drivers'][number];
      const [stage] = record.stages;
      return installSpans({ ...record, drivers: [driver] }, stage as StageRecord).map(({ kind, seconds }) => [
        kind,
        seconds,
      ]);
    };
    expect(told(50, 400)).toEqual([['install', 40]]);
    expect(told(50, 30)).toEqual([['install', 20]]);
    expect(told(10.5, 400)).toEqual([]);
  });

  test('never have a negative length, whatever the clocks of two machines say', () => {
    expect(told(attempt({ bound: 5, placed: 3, started: 4, ended: 9, outcome: 8 }), 'kubernetes')).toEqual([
      ...['ours 5', 'user 4'],
    ]);
  });
});

describe('GPU-hours', () => {
  const HOUR = 3600;

  test('are productive while an attempt that ends well runs, and wasted else', () => {
    const good = attempt(
      { bound: 0, placed: HOUR, started: 2 * HOUR, ended: 5 * HOUR },
      { gpus: 4, outcome: succeeded() as AttemptRecord['outcome'] & {} },
    );
    const bad = attempt(
      { bound: 0, placed: 0, started: 0, ended: HOUR },
      { gpus: 4, outcome: failed() as AttemptRecord['outcome'] & {} },
    );
    const unseen = attempt({ bound: 0, ended: HOUR }, { gpus: 2, outcome: failed() as AttemptRecord['outcome'] & {} });
    const open = attempt({ bound: 0, placed: 0, started: HOUR }, { gpus: 1 });
    const record = withStage(recordOf('r'), 'one', { attempts: [good, bad, unseen, open, attempt({})] });
    expect(gpuHoursOf(record, time(3 * HOUR))).toEqual({
      ...{ requested: 20 + 4 + 2 + 3, held: 16 + 4 + 3, productive: 12, wasted: 4 + 4 + 1, open: 2, unknown: 1 },
    });
  });
});

describe('a series', () => {
  const of = { run: 'r', stage: 'one', attempt: 1 };

  test('keeps the first and the last value, and no more points than a page shows, however much is told', () => {
    const collector = new SeriesCollector(time(0));
    for (let index = 0; index < 12_345; index += 1) {
      collector.add(time(index), { step: index, metrics: { loss: index, name: 'x', nothing: null } });
    }
    const [loss, ...others] = collector.series(of);
    expect(others).toEqual([]);
    expect(loss).toMatchObject({ ...of, metric: 'loss', told: 12_345 });
    expect(loss?.points.length).toBeGreaterThan(POINTS_MAX / 2);
    expect(loss?.points.length).toBeLessThanOrEqual(POINTS_MAX);
    expect(loss?.points[0]).toEqual({ seconds: 0, value: 0, step: 0 });
    expect(loss?.points.at(-1)).toEqual({ seconds: 12_344, value: 12_344, step: 12_344 });
    const gaps = loss?.points.slice(1).map(({ value }, index) => value - (loss.points[index]?.value ?? 0)) ?? [];
    expect(Math.max(...gaps)).toBeLessThanOrEqual(4 * Math.max(1, Math.min(...gaps.slice(0, -1))));
  });

  test('is none where a figure is told once: that is a result', () => {
    const collector = new SeriesCollector(undefined);
    collector.add(time(3), { metrics: { rows: 5 } });
    expect(collector.series(of)).toEqual([]);
  });
});
