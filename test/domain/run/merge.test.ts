import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mergeRecords } from '../../../src/domain/run/merge.ts';
import {
  ATTEMPT_STATES,
  type AttemptRecord,
  type RunRecord,
  type StageRecord,
} from '../../../src/domain/run/run-record.ts';
import { attemptOf, recordOf, withStage } from '../../fakes/records.ts';

/** The same attempt at any point of its life: what two drivers may hold of it differs only in how far they saw. */
const attempt = fc.constantFrom(...ATTEMPT_STATES).map((state): AttemptRecord => {
  const reached = ATTEMPT_STATES.indexOf(state);
  return attemptOf({
    state,
    ...(reached >= 1 ? { uid: 'uid-1' } : {}),
    ...(reached >= 2 ? { outcome: { kind: 'cancelled', message: 'ended' } } : {}),
    at: {
      intent: 't0',
      ...(reached >= 1 ? { bound: 't1' } : {}),
      ...(reached >= 2 ? { outcome: 't2' } : {}),
      ...(reached >= 4 ? { cleaned: 't4' } : {}),
    },
  });
});

const approval = fc.option(
  fc.record({
    asked: fc.constantFrom('t1', 't2'),
    epoch: fc.integer({ min: 1, max: 2 }),
    given: fc.option(fc.record({ at: fc.constantFrom('t3', 't4'), by: fc.constantFrom('ada', 'bob') }), {
      nil: undefined,
    }),
  }),
  { nil: undefined },
);

const record = fc
  .record({
    one: fc.array(attempt, { maxLength: 2 }),
    two: fc.array(attempt, { maxLength: 1 }),
    epoch: fc.integer({ min: 1, max: 3 }),
    cancelled: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
    drivers: fc.subarray(['a', 'b', 'c']),
    asked: approval,
  })
  .map(({ one, two, epoch, cancelled, drivers, asked }): RunRecord => {
    const base = recordOf('weekly-1');
    const number = (attempts: readonly AttemptRecord[]): AttemptRecord[] =>
      attempts.map((each, index) => ({ ...each, attempt: index + 1 }));
    return {
      ...withStage(withStage(base, 'one', { attempts: number(one) }), 'two', {
        attempts: number(two),
        ...asking(asked),
      }),
      epoch,
      ...(cancelled === undefined ? {} : { cancel: { at: `t${cancelled}`, by: 'ada', epoch: cancelled } }),
      drivers: drivers.map((id) => ({ id, host: 'here', pid: 1, user: 'ada', startedAt: `t-${id}` })),
    };
  });

/** With nothing undefined in it, as it is stored. */
function asking(asked: Parameters<Parameters<typeof approval.map>[0]>[0]): Pick<StageRecord, 'approval'> {
  if (asked === undefined) return {};
  const { given, ...rest } = asked;
  return { approval: given === undefined ? rest : { ...rest, given } };
}

describe('joining two versions of a record', () => {
  test('does not depend on whose is first', () => {
    fc.assert(
      fc.property(record, record, (a, b) => {
        expect(mergeRecords(a, b)).toEqual(mergeRecords(b, a));
      }),
    );
  });

  test('changes nothing when both are the same, or when it was joined before', () => {
    fc.assert(
      fc.property(record, record, (a, b) => {
        expect(mergeRecords(a, a)).toEqual(a);
        const joined = mergeRecords(a, b);
        expect(mergeRecords(joined, b)).toEqual(joined);
      }),
    );
  });

  test('never takes back an attempt, a state or the wish to cancel', () => {
    fc.assert(
      fc.property(record, record, (a, b) => {
        const joined = mergeRecords(a, b);
        for (const mine of [a, b]) {
          expect(joined.epoch).toBeGreaterThanOrEqual(mine.epoch);
          expect(joined.cancel?.epoch ?? 0).toBeGreaterThanOrEqual(mine.cancel?.epoch ?? 0);
          mine.stages.forEach((stage, index) => {
            for (const known of stage.attempts) {
              const now = joined.stages[index]?.attempts[known.attempt - 1];
              expect(ATTEMPT_STATES.indexOf(now?.state ?? 'intent')).toBeGreaterThanOrEqual(
                ATTEMPT_STATES.indexOf(known.state),
              );
              if (known.uid !== undefined) expect(now?.uid).toBe(known.uid);
            }
          });
        }
      }),
    );
  });

  test('keeps the first answer to the newest question', () => {
    fc.assert(
      fc.property(record, record, (a, b) => {
        const joined = mergeRecords(a, b).stages[1]?.approval;
        const both = [a, b].flatMap(({ stages }) => stages[1]?.approval ?? []);
        expect(joined?.epoch ?? 0).toBe(Math.max(0, ...both.map(({ epoch }) => epoch)));
        const answers = both.flatMap(({ epoch, given }) => (epoch === joined?.epoch && given ? [given.at] : []));
        expect(joined?.given?.at).toBe(answers.sort()[0]);
      }),
    );
  });

  test('keeps every message that was taken', () => {
    const a = { ...recordOf('a'), notified: ['run_a_done_1'] };
    const b = { ...a, notified: ['run_a_waiting_x_1'], epoch: 2 };
    expect(mergeRecords(a, b).notified).toEqual(['run_a_done_1', 'run_a_waiting_x_1']);
    expect(mergeRecords(recordOf('a'), recordOf('a'))).not.toHaveProperty('notified');
  });

  test('refuses records of two runs', () => {
    expect(() => mergeRecords(recordOf('a'), recordOf('b'))).toThrow('records of two runs');
  });
});
