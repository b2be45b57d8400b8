import { describe, expect, test } from 'vitest';
import { judgeAttempt } from '../../../../src/adapters/kubernetes/verdict/judge-attempt.ts';
import { NO_MEMORY } from '../../../../src/adapters/kubernetes/verdict/view.ts';
import { endedPod, failedJob, job, judge, pod, remember, runs, view, waits } from './objects.ts';
import { failed } from './rows.ts';

/* What was seen before, or comes later, decides how a failure is told. */

describe('an attempt that fails', () => {
  test('by its deadline, before it began: what it waited for is told', () => {
    const memory = remember({ pods: [pod({ state: waits('ContainerCreating') })] });
    const { verdict } = judgeAttempt(view({ job: failedJob('DeadlineExceeded') }), memory);
    expect(verdict).toMatchObject({
      code: 'queue-timeout',
      outcome: failed(
        'infra',
        'cannot-start',
        /^it did not start within 300 seconds \(activeDeadlineSeconds\): pod .+ gets its image.+; to give it more: `timeouts.queue`/,
      ),
    });
  });

  test('by its deadline, after it began: its work is what took long', () => {
    const memory = remember({ pods: [pod({ phase: 'Running', state: runs })] });
    const { verdict } = judgeAttempt(view({ job: failedJob('DeadlineExceeded') }), memory);
    const message =
      'it did not end within 300 seconds (activeDeadlineSeconds); to give it more: `--run-timeout` of `resume`, `timeouts.run` of the stage';
    expect(verdict).toMatchObject({ code: 'deadline', outcome: failed('user', 'deadline', message) });
  });

  test('is not recorded before its pods say why, when they only are behind', () => {
    const running = pod({ phase: 'Running', state: runs });
    const first = judgeAttempt(view({ job: failedJob(), pods: [running] }), NO_MEMORY);
    expect(first.verdict).toMatchObject({ kind: 'waiting', code: 'result-awaited' });
    const then = { job: failedJob(), pods: [endedPod(9)] };
    expect(judgeAttempt(view(then), first.memory).verdict).toMatchObject({ kind: 'ended', code: 'exit' });
    expect(judge({ job: failedJob(), pods: [running] }, 10)).toMatchObject({ kind: 'ended', code: 'disrupted' });
    expect(judge({ job: failedJob(), pods: [running], gone: ['pod-uid'] })).toMatchObject({ kind: 'ended' });
  });

  test('is told some time after FailureTarget, and not recorded', () => {
    const deciding = job([['FailureTarget', 'BackoffLimitExceeded']]);
    const stuck = endedPod(1, { message: 'x' }, { meta: { deletionTimestamp: '2026-11-30T06:28:32Z' } });
    const told = { kind: 'decided-failing', code: 'exit', reason: 'it ended with exit code 1: x (its pods still end)' };
    expect(judge({ job: deciding, pods: [stuck] })).toEqual({ ...told, inTime: true });
    expect(judge({ job: deciding, pods: [stuck] }, 9)).toEqual({ ...told, inTime: true });
    expect(judge({ job: deciding, pods: [stuck] }, 10)).toEqual(told);
    expect(judge({ job: deciding, pods: [stuck] }, 121)).toMatchObject({
      fix: expect.stringContaining('--grace-period=0 --force'),
    });
  });
});
