import fc from 'fast-check';
import { expect, test } from 'vitest';
import { overheadOf } from '../../../src/domain/run/overhead.ts';
import type { AttemptRecord, DriverRecord, RunRecord } from '../../../src/domain/run/run-record.ts';
import { attemptOf, recordOf, withStage } from '../../fakes/records.ts';
import { succeeded } from '../../fakes/story.ts';

const at = (second: number): string => new Date(Date.UTC(2026, 0, 1) + second * 1000).toISOString();

function driver(from: number, to?: number): DriverRecord {
  const end = to === undefined ? {} : { endedAt: at(to) };
  return { id: `d${from}`, host: 'here', pid: 1, user: 'ada', startedAt: at(from), ...end };
}

type Seconds = { readonly intent: number } & Partial<Record<keyof AttemptRecord['at'], number>>;

function run(drivers: readonly DriverRecord[], seconds: Seconds): RunRecord {
  const times = Object.entries(seconds).map(([name, second]) => [name, at(second)]);
  const stamped = { intent: at(seconds.intent), ...Object.fromEntries(times) };
  const attempt = attemptOf({ state: 'bound', uid: 'uid-1', outcome: succeeded(), at: stamped });
  return { ...withStage(recordOf('weekly-1', ['one']), 'one', { attempts: [attempt] }), drivers: [...drivers] };
}

const STAGE = { intent: 1, bound: 2, started: 3, ended: 8, outcome: 9 };

test.each<[string, RunRecord, number, number]>([
  ['one driver from beginning to end', run([driver(0, 10)], STAGE), 5, 3],
  ['one that still lives', run([driver(0)], STAGE), 5, 3],
  [
    'one that left: the next notices after a quarter of an hour',
    run([driver(0, 4), driver(908, 910)], { ...STAGE, outcome: 909 }),
    5,
    3,
  ],
  ['one that was killed', run([driver(0), driver(908)], { ...STAGE, outcome: 909 }), 5, 2],
  [
    'one that was killed after INTENT',
    run([driver(0), driver(900)], { intent: 1, bound: 901, started: 902, ended: 908, outcome: 909 }),
    6,
    3,
  ],
  ['two at a time: nothing counts twice', run([driver(0, 20), driver(5, 20)], STAGE), 5, 3],
  [
    'a cluster that takes an hour to place it',
    {
      ...run([driver(0, 4000)], { intent: 1, bound: 2, started: 3602, ended: 3608, outcome: 3609 }),
      target: 'kubernetes',
    },
    6,
    2,
  ],
  ['a stage that never started', run([driver(0, 10)], { intent: 1, bound: 2, outcome: 9 }), 0, 0],
])('%s', (_what, record, stageSeconds, ownSeconds) => {
  expect(overheadOf(record)).toEqual({ stageSeconds, ownSeconds });
});

test('ours is never more than drivers lived', () => {
  const moments = fc.array(fc.integer({ min: 0, max: 5000 }), { minLength: 9, maxLength: 9 });
  fc.assert(
    fc.property(moments, (given) => {
      const [a = 0, b = 0, c = 0, d = 0, ...rest] = given;
      const [intent = 0, bound = 0, started = 0, ended = 0, outcome = 0] = rest.toSorted((x, y) => x - y);
      const drivers = [driver(Math.min(a, b), Math.max(a, b)), driver(Math.min(c, d), Math.max(c, d))];
      const lived = Math.abs(a - b) + Math.abs(c - d);
      const { ownSeconds } = overheadOf(run(drivers, { intent, bound, started, ended, outcome }));
      expect(ownSeconds).toBeGreaterThanOrEqual(0);
      expect(ownSeconds).toBeLessThanOrEqual(lived + 0.001);
    }),
  );
});

test('making what the stages run in is neither theirs nor ours, and counts once', () => {
  const decided = (seconds: Seconds, at: string): Partial<RunRecord['stages'][number]> => ({
    decision: { kind: 'run', at },
    attempts: run([], seconds).stages[0]?.attempts ?? [],
  });
  const both = withStage(
    withStage(recordOf('weekly-1', ['one', 'two']), 'one', decided({ intent: 124 }, at(0))),
    'two',
    decided({ intent: 125 }, at(1)),
  );
  expect(overheadOf({ ...both, drivers: [driver(0, 200)] }).preparingSeconds).toBe(125);
  expect(overheadOf({ ...both, drivers: [driver(0, 10), driver(115, 200)] }).preparingSeconds).toBe(20);
  const prompt = withStage(recordOf('weekly-1', ['one']), 'one', decided({ intent: 0 }, at(0)));
  expect(overheadOf(prompt)).not.toHaveProperty('preparingSeconds');
});

test('a stage that goes on counts until now', () => {
  const attempt = attemptOf({ state: 'bound', uid: 'uid-1', at: { intent: at(0), started: at(1) } });
  const record = withStage(recordOf('weekly-1', ['one']), 'one', { attempts: [attempt] });
  expect(overheadOf(record, at(13)).stageSeconds).toBe(12);
  expect(overheadOf(record).stageSeconds).toBe(0);
});
