import { describe, expect, test } from 'vitest';
import { eventsBetween } from '../../../src/domain/run/record-events.ts';
import type { RunRecord } from '../../../src/domain/run/run-record.ts';
import { attemptOf, recordOf, withStage } from '../../fakes/records.ts';
import { succeeded } from '../../fakes/story.ts';

const at = (second: number): string => `2026-01-01T00:00:${String(second).padStart(2, '0')}.000Z`;
const start = recordOf('weekly-1', ['one']);
const whole = attemptOf({
  state: 'cleaned',
  uid: 'uid-1',
  outcome: succeeded(),
  at: {
    intent: at(1),
    bound: at(2),
    started: at(3),
    ended: at(8),
    outcome: at(9),
    logsComplete: at(9),
    cleaned: at(10),
  },
});
const ended = withStage(start, 'one', { decision: { kind: 'run', at: at(1) }, attempts: [whole] });

/** The record as it was after each write, oldest first. */
const story: readonly RunRecord[] = [
  start,
  withStage(start, 'one', { decision: { kind: 'run', at: at(1) } }),
  withStage(start, 'one', { attempts: [attemptOf()] }),
  withStage(start, 'one', {
    attempts: [attemptOf({ state: 'bound', uid: 'uid-1', at: { intent: at(1), bound: at(2) } })],
  }),
  withStage(start, 'one', {
    attempts: [attemptOf({ state: 'bound', uid: 'uid-1', at: { intent: at(1), bound: at(2), started: at(3) } })],
  }),
  ended,
];

describe('events are what changed between two versions of a record', () => {
  test('a driver that tells each write and a reader that comes late tell the same', () => {
    const told = story.slice(1).flatMap((record, index) => eventsBetween(story[index], record));
    expect(told).toEqual(eventsBetween(undefined, ended));
    expect(told.map((event) => event.type)).toEqual([
      'attempt-intended',
      'attempt-bound',
      'attempt-started',
      'attempt-ended',
    ]);
  });

  test('nothing changed is nothing told', () => {
    expect(eventsBetween(ended, ended)).toEqual([]);
  });

  test('the end carries the seconds that the target counted', () => {
    expect(eventsBetween(undefined, ended).at(-1)).toMatchObject({ type: 'attempt-ended', seconds: 5, time: at(9) });
  });

  test.each([
    [{ kind: 'skip', reason: 'not asked for', at: at(4) }, 'stage-skipped'],
    [
      {
        kind: 'reuse',
        from: { run: 'a', stage: 'one', attempt: 1 },
        result: { version: 1, metrics: {}, artifacts: [] },
        at: at(4),
      },
      'stage-reused',
    ],
    [{ kind: 'refuse', gate: 'better', reason: 'it is not', at: at(4), epoch: 1 }, 'stage-refused'],
  ] as const)('%j is told once', (decision, type) => {
    const decided = withStage(start, 'one', { decision });
    expect(eventsBetween(start, decided)).toEqual([expect.objectContaining({ type, time: at(4), stage: 'one' })]);
    expect(eventsBetween(decided, decided)).toEqual([]);
  });

  test('a wish to cancel is told, unless somebody resumed the run since', () => {
    const cancelled = { ...start, cancel: { at: at(5), by: 'ada', epoch: 1 } };
    expect(eventsBetween(undefined, cancelled)).toMatchObject([{ type: 'run-cancelling', by: 'ada' }]);
    expect(eventsBetween(undefined, { ...cancelled, epoch: 2 })).toEqual([]);
  });

  test('a refusal of a later epoch is told again', () => {
    const refusal = { kind: 'refuse', gate: 'better', reason: 'it is not', at: at(4) } as const;
    const first = withStage(start, 'one', { decision: { ...refusal, epoch: 1 } });
    const second = withStage(start, 'one', { decision: { ...refusal, epoch: 2 } });
    expect(eventsBetween(first, second)).toHaveLength(1);
  });
});
