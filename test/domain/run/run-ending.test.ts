import { describe, expect, test } from 'vitest';
import type { Outcome } from '../../../src/domain/attempt/outcome.ts';
import { endingOf } from '../../../src/domain/run/run-ending.ts';
import type { RunRecord, StageRecord } from '../../../src/domain/run/run-record.ts';
import type { Sight } from '../../../src/domain/run/sight.ts';
import { attemptOf, recordOf, withStage } from '../../fakes/records.ts';
import { succeeded } from '../../fakes/story.ts';

const at = '2026-01-01T00:00:00.000Z';
const start = recordOf('weekly-47', ['train', 'eval']);
const ran = (outcome?: Outcome): Partial<StageRecord> => ({
  decision: { kind: 'run', at },
  attempts: [attemptOf(outcome === undefined ? { state: 'bound', uid: 'uid-1' } : { state: 'logs-complete', outcome })],
});
const taken = (run: string, metrics: Readonly<Record<string, number>> = {}): Partial<StageRecord> => ({
  decision: {
    kind: 'reuse',
    at,
    from: { run, stage: 'x', attempt: 1 },
    result: { version: 1, metrics, artifacts: [] },
  },
});
const failed = (reason: 'exit' | 'cannot-start', message: string): Extract<Outcome, { kind: 'failed' }> => ({
  kind: 'failed',
  class: 'user',
  reason,
  message,
});
const cancelled: RunRecord = { ...start, cancel: { at, by: 'ada', epoch: 1 } };

describe('how a run takes its leave', () => {
  test.each<[string, RunRecord, string, number, string, string]>([
    [
      'done',
      withStage(withStage(start, 'train', ran(succeeded())), 'eval', ran(succeeded())),
      'Succeeded',
      0,
      'weekly-47 is done',
      'artifacts weekly-47',
    ],
    [
      'interrupted',
      withStage(start, 'train', ran()),
      'Interrupted',
      130,
      'train goes on; eval starts when you type `ilab-backend resume weekly-47`, or `ilab-backend resume weekly-47 --detach` to let it go on by itself',
      'resume weekly-47',
    ],
    [
      'interrupted between stages',
      withStage(start, 'train', ran(succeeded())),
      'Interrupted',
      130,
      'no stage is running; eval starts when you type',
      'resume weekly-47',
    ],
    [
      'failed',
      withStage(start, 'train', ran(failed('exit', 'exit code 1'))),
      'Failed',
      3,
      'train failed: exit code 1',
      'logs weekly-47 train',
    ],
    [
      'could not start',
      withStage(start, 'train', ran(failed('cannot-start', 'no such command'))),
      'CannotStart',
      5,
      'train could not start: no such command',
      'resume weekly-47',
    ],
    [
      'could not start, as a model server beside it never got ready: that has a log',
      withStage(
        start,
        'train',
        ran({ ...failed('cannot-start', 'not in time'), class: 'infra', container: 'teacher' }),
      ),
      'CannotStart',
      5,
      'train could not start: not in time',
      'logs weekly-47 train --container teacher',
    ],
    [
      'lost before it was seen to run: nothing to look at',
      withStage(start, 'train', ran({ kind: 'lost', message: 'its object is gone' })),
      'Lost',
      9,
      'train was lost: its object is gone',
      'resume weekly-47',
    ],
    [
      'could not go on: what began has a log',
      withStage(start, 'train', {
        decision: { kind: 'run', at },
        attempts: [
          attemptOf({
            state: 'logs-complete',
            outcome: failed('cannot-start', 'exit code 127'),
            at: { intent: at, started: at },
          }),
        ],
      }),
      'CannotStart',
      5,
      'train could not start: exit code 127',
      'logs weekly-47 train',
    ],
    [
      'lost while it ran',
      withStage(start, 'train', {
        decision: { kind: 'run', at },
        attempts: [
          attemptOf({
            state: 'logs-complete',
            outcome: { kind: 'lost', message: 'it vanished' },
            at: { intent: at, started: at },
          }),
        ],
      }),
      'Lost',
      9,
      'train was lost: it vanished',
      'logs weekly-47 train',
    ],
    [
      'all taken from earlier runs',
      withStage(withStage(start, 'train', taken('first')), 'eval', taken('first')),
      'Succeeded',
      0,
      'nothing was done (recorded as weekly-47): train, eval were made by first before',
      'artifacts weekly-47',
    ],
    [
      'a publication taken from an earlier run, with nothing else done',
      withStage(withStage(start, 'train', taken('first')), 'eval', taken('second', { published: 1 })),
      'Succeeded',
      0,
      'nothing was done (recorded as weekly-47): train was made by first before; eval was published by second before',
      'artifacts weekly-47',
    ],
    [
      'a publication taken from an earlier run',
      withStage(withStage(start, 'train', ran(succeeded())), 'eval', taken('second', { published: 1 })),
      'Succeeded',
      0,
      'weekly-47 is done; nothing was published anew: eval was published by second before',
      'artifacts weekly-47',
    ],
    [
      'refused, with results that were looked at',
      withStage(withStage(start, 'train', ran(succeeded())), 'eval', {
        decision: { kind: 'refuse', gate: 'better', reason: '0.4 < 0.5', at, epoch: 1 },
      }),
      'Refused',
      4,
      'gate better refused eval: 0.4 < 0.5',
      'artifacts weekly-47',
    ],
    [
      'declined',
      withStage(start, 'eval', { decision: { kind: 'refuse', gate: 'approval', reason: 'too early', at, epoch: 1 } }),
      'Refused',
      4,
      'gate approval refused eval: too early',
      'resume weekly-47',
    ],
    [
      'refused',
      withStage(start, 'eval', { decision: { kind: 'refuse', gate: 'better', reason: '0.4 < 0.5', at, epoch: 1 } }),
      'Refused',
      4,
      'gate better refused eval: 0.4 < 0.5',
      'status weekly-47',
    ],
    ['cancelled', cancelled, 'Cancelled', 10, 'weekly-47 was cancelled', 'resume weekly-47'],
    [
      'lost before failed',
      withStage(withStage(start, 'train', ran(failed('exit', 'x'))), 'eval', ran({ kind: 'lost', message: 'gone' })),
      'Lost',
      9,
      'eval was lost: gone',
      '',
    ],
    [
      'failed before cancelled',
      withStage(cancelled, 'train', ran(failed('exit', 'x'))),
      'Failed',
      3,
      'train failed: x',
      '',
    ],
  ])('%s', (_what, record, phase, exitCode, message, next) => {
    const ending = endingOf(record, false);
    expect(ending).toMatchObject({ phase, exitCode });
    expect(ending.message).toContain(message);
    expect(ending.next).toContain(next);
  });

  test.each<[Sight, string]>([
    [
      { kind: 'running', at },
      'train goes on; eval starts when you type `ilab-backend resume weekly-47`, or `ilab-backend resume weekly-47 --detach` to let it go on by itself',
    ],
    [
      { kind: 'waiting', reason: 'no node has 4 free GPUs' },
      'train waits (no node has 4 free GPUs); eval starts when you type `ilab-backend resume weekly-47`, or `ilab-backend resume weekly-47 --detach` to let it go on by itself',
    ],
    [
      { kind: 'ended', at, outcome: succeeded() },
      'train has ended (succeeded) and nobody has recorded it yet; eval starts when you type `ilab-backend resume weekly-47`',
    ],
    [
      { kind: 'ended', at, outcome: failed('exit', 'exit code 1') },
      'train has ended (failed: exit code 1) and nobody has recorded it yet; that is recorded when you type `ilab-backend resume weekly-47`',
    ],
    [{ kind: 'not-submitted' }, 'train was not submitted; train starts when you type `ilab-backend resume weekly-47`'],
    [
      { kind: 'gone' },
      'train is gone, and nobody has recorded its end; that is recorded when you type `ilab-backend resume weekly-47`',
    ],
  ])('without a driver it says what was seen: $kind', (sight, message) => {
    const ending = endingOf(withStage(start, 'train', ran()), false, new Map([['train', sight]]));
    expect(ending).toEqual({ phase: 'Interrupted', exitCode: 130, message, next: 'ilab-backend resume weekly-47' });
  });

  test('a stage that was declined, asked about again and approved starts', () => {
    const declined = { kind: 'refuse', gate: 'approval', reason: 'too early', at, epoch: 1 } as const;
    const approval = { asked: at, epoch: 2, given: { at, by: 'ada' } };
    const record = withStage(withStage(start, 'train', ran(succeeded())), 'eval', { decision: declined, approval });
    expect(endingOf({ ...record, epoch: 2 }, false).message).toContain(
      'no stage is running; eval starts when you type',
    );
  });

  test('of an attempt without an object nobody says that it goes on', () => {
    const intended = withStage(start, 'train', { decision: { kind: 'run', at }, attempts: [attemptOf()] });
    expect(endingOf(intended, false).message).toContain('train was not submitted; train starts when you type');
  });

  test('what an earlier epoch left behind does not end this one', () => {
    const resumed = { ...withStage(start, 'train', ran(failed('exit', 'x'))), epoch: 2 };
    expect(endingOf(resumed, true).phase).toBe('Running');
    expect(endingOf(resumed, false).phase).toBe('Interrupted');
  });
});
