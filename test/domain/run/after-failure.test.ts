import { expect, test } from 'vitest';
import type { FailureReason } from '../../../src/domain/attempt/outcome.ts';
import { afterCause } from '../../../src/domain/run/after-failure.ts';
import { endingOf } from '../../../src/domain/run/run-ending.ts';
import { attemptOf, recordOf, withStage } from '../../fakes/records.ts';

const at = '2026-01-01T00:00:00.000Z';

function ways(reason: FailureReason, began = true): readonly string[] {
  const outcome = { kind: 'failed', class: 'user', reason, message: 'x' } as const;
  const times = began ? { intent: at, started: at } : { intent: at };
  const record = withStage(recordOf('weekly-47', ['train', 'eval']), 'train', {
    decision: { kind: 'run', at },
    attempts: [attemptOf({ state: 'logs-complete', outcome, at: times })],
  });
  return afterCause(record, endingOf(record, false), 'ilab-backend run fake --set data=/d');
}

test('of a run that did something there is a page to send, and none of one that took all of it over', () => {
  const outcome = { kind: 'succeeded', result: { version: 1, metrics: {}, artifacts: [] } } as const;
  const attempts = [attemptOf({ state: 'logs-complete', outcome, at: { intent: at, started: at } })];
  const done = (stage: object) => withStage(recordOf('weekly-47', ['train']), 'train', stage);
  const told = (record: ReturnType<typeof done>) => afterCause(record, endingOf(record, false));
  expect(told(done({ decision: { kind: 'run', at }, attempts }))).toEqual([
    'a page to send: ilab-backend report weekly-47',
  ]);
  const from = { run: 'weekly-46', stage: 'train', attempt: 1 };
  expect(told(done({ decision: { kind: 'reuse', at, from, result: outcome.result, key: 'k' } }))).toEqual([]);
});

test.each<FailureReason>(['bad-input', 'no-result', 'invalid-result', 'stopped-on-warning', 'over-limit'])(
  'what can only fail again is not resumed: %s',
  (reason) => {
    expect(ways(reason)).toEqual([
      'then with other values or files: ilab-backend run fake --set data=/d --set NAME=VALUE',
    ]);
  },
);

test.each<FailureReason>(['try-again', 'disrupted'])('what the place is at fault for is resumed: %s', (reason) => {
  expect(ways(reason)).toEqual(['then once more as it was: ilab-backend resume weekly-47']);
});

test('a crash may be either', () => {
  expect(ways('exit')).toEqual([
    'then with other values or files: ilab-backend run fake --set data=/d --set NAME=VALUE',
    'or once more as it was: ilab-backend resume weekly-47',
  ]);
});

test('who was too slow goes on from what it kept, and may get more time', () => {
  expect(ways('deadline')).toEqual([
    'then, from what it kept, with all of its time again: ilab-backend resume weekly-47',
    'or with more time: ilab-backend resume weekly-47 --run-timeout DURATION',
  ]);
});

test('what is said to be next is not said again', () => {
  expect(ways('cannot-start', false)).toEqual([
    'or with other values or files: ilab-backend run fake --set data=/d --set NAME=VALUE',
  ]);
});

test('whom a gate refused is told to run with other values; whom a person declined is not', () => {
  const refusal = (gate: string) => {
    const decision = { kind: 'refuse', gate, reason: 'x', at, epoch: 1 } as const;
    const record = withStage(recordOf('weekly-47', ['train', 'eval']), 'eval', { decision });
    return afterCause(record, endingOf(record, false), 'ilab-backend run fake --set data=/d');
  };
  expect(refusal('better')).toEqual([
    'then with other values, which keeps what they do not concern: ilab-backend run fake --set data=/d --set NAME=VALUE',
  ]);
  expect(refusal('approval')).toEqual([]);
});

test('nothing where nothing failed', () => {
  const record = recordOf('weekly-47');
  expect(afterCause(record, endingOf(record, false))).toEqual([]);
});
