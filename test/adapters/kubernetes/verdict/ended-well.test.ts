import { describe, expect, test } from 'vitest';
import type { KubeObject } from '../../../../src/adapters/kubernetes/api/kube-api.ts';
import { doneJob, endedPod, failedJob, job, judge, pod, runs } from './objects.ts';
import { failed, type Row } from './rows.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const RESULT = {
  version: 1,
  metrics: { loss: 0.5 },
  artifacts: [{ name: 'model', path: 'model', digest: DIGEST, size: 3 }],
};
const withResult = (text: string): KubeObject => endedPod(0, { message: text });

describe('an attempt that ended well', () => {
  test.each<Row>([
    {
      what: 'full, with its result in the termination message',
      view: { job: doneJob(), pods: [withResult(JSON.stringify(RESULT))], outputs: ['model'] },
      code: 'succeeded',
      outcome: { kind: 'succeeded', result: RESULT },
    },
    {
      what: 'plain: its artifact is named by who made it',
      view: { job: doneJob(), pods: [withResult('')], contract: 'plain', outputs: ['artifacts'] },
      code: 'succeeded',
      outcome: {
        kind: 'succeeded',
        result: {
          version: 1,
          metrics: {},
          artifacts: [{ name: 'artifacts', path: '.', digest: 'attempt:job-uid', size: 0 }],
        },
      },
    },
    {
      what: 'full, but says nothing',
      view: { job: doneJob(), pods: [withResult(' \n')] },
      code: 'no-result',
      outcome: failed('user', 'no-result', /left no result in its termination log/, { exitCode: 0 }),
    },
    {
      what: 'full, cut at the limit of a termination message',
      view: { job: doneJob(), pods: [withResult(`{"version":1,"metrics":{"a":${'1'.repeat(4096)}`.slice(0, 4096))] },
      code: 'invalid-result',
      outcome: failed('user', 'invalid-result', /its result is no JSON: .+: it was cut at 4096 bytes$/, {
        exitCode: 0,
      }),
    },
    {
      what: 'full, without an output that the pipeline wants',
      view: { job: doneJob(), pods: [withResult(JSON.stringify(RESULT))], outputs: ['model', 'text'] },
      code: 'invalid-result',
      outcome: failed('user', 'invalid-result', /its result does not name text, which the pipeline wants$/),
    },
    {
      what: 'with 0, after a child ran out of memory',
      view: { job: doneJob(), pods: [endedPod(0, { reason: 'OOMKilled' })], contract: 'plain' },
      code: 'out-of-memory',
      outcome: failed('user', 'over-limit', /a process of it was killed because memory ran out; raise/),
    },
    {
      what: 'with a whole result, after a child ran out of memory that the driver knew of',
      view: { job: doneJob(), pods: [endedPod(0, { reason: 'OOMKilled', message: JSON.stringify(RESULT) })] },
      code: 'succeeded',
      outcome: { kind: 'succeeded', result: RESULT },
    },
    {
      what: 'as a PyTorchJob: rank 0 tells the result',
      view: {
        job: { ...job([['Created'], ['Running'], ['Succeeded']]), kind: 'PyTorchJob' },
        pods: [
          endedPod(
            0,
            { message: '{"version":2}' },
            { uid: 'worker', meta: { labels: { 'training.kubeflow.org/replica-type': 'worker' } } },
          ),
          endedPod(
            0,
            { message: JSON.stringify(RESULT) },
            { uid: 'master', meta: { labels: { 'training.kubeflow.org/replica-type': 'master' } } },
          ),
        ],
      },
      code: 'succeeded',
      outcome: { kind: 'succeeded', result: RESULT },
    },
    {
      what: 'as a TrainJob, whatever the order of its conditions',
      view: {
        job: { ...job([['Complete', 'AllJobsCompleted'], ['Resumed']]), kind: 'TrainJob' },
        pods: [withResult(JSON.stringify(RESULT))],
      },
      code: 'succeeded',
      outcome: { kind: 'succeeded', result: RESULT },
    },
  ])('$what', ({ view, code, outcome }) => {
    expect(judge(view)).toMatchObject({ kind: 'ended', code, at: '2026-11-30T06:28:33Z', outcome });
  });

  test('of a group is that of its first machine: it is waited for while only others have been seen to end', () => {
    const index = (rank: string) => ({
      uid: rank,
      meta: { labels: { 'batch.kubernetes.io/job-completion-index': rank } },
    });
    const done = { ...job([['Complete', 'AllJobsCompleted']]), kind: 'TrainJob' };
    const other = endedPod(0, { message: '' }, index('1'));
    const first = endedPod(0, { message: JSON.stringify(RESULT) }, index('0'));
    expect(judge({ job: done, pods: [other] }).kind).not.toBe('ended');
    expect(judge({ job: done, pods: [other, first] })).toMatchObject({ kind: 'ended', code: 'succeeded' });
  });

  test('is not believed before Complete', () => {
    const met = job([['SuccessCriteriaMet', 'CompletionsReached']]);
    expect(judge({ job: met, pods: [withResult(JSON.stringify(RESULT))] })).toEqual({
      kind: 'started',
      at: '2026-11-30T06:28:31Z',
    });
  });

  test('waits for its pod, and is lost when that never comes', () => {
    expect(judge({ job: doneJob(), pods: [] })).toMatchObject({ kind: 'waiting', code: 'result-awaited' });
    expect(judge({ job: doneJob(), pods: [] }, 31)).toMatchObject({
      kind: 'ended',
      code: 'lost',
      outcome: { kind: 'lost' },
    });
    expect(judge({ job: doneJob(), pods: [], contract: 'plain' }, 31)).toMatchObject({ code: 'succeeded' });
  });

  test('has failed when its conditions contradict each other', () => {
    const both = job([['Complete'], ['Failed', 'BackoffLimitExceeded']]);
    expect(judge({ job: both, pods: [withResult(JSON.stringify(RESULT))] })).toMatchObject({
      kind: 'ended',
      outcome: { kind: 'failed', class: 'infra' },
    });
  });
});

describe('an attempt whose object is gone', () => {
  test('failed when its pods say so, and never succeeded', () => {
    expect(judge({ job: undefined, pods: [endedPod(64)] })).toMatchObject({ code: 'bad-input' });
    expect(judge({ job: undefined, pods: [withResult(JSON.stringify(RESULT))] })).toMatchObject({
      outcome: { kind: 'lost' },
    });
    expect(judge({ job: undefined, pods: [pod({ phase: 'Running', state: runs })] })).toMatchObject({
      outcome: { kind: 'lost' },
    });
  });

  test('was cancelled when we asked for that', () => {
    expect(judge({ job: undefined, pods: [endedPod(143)], cancelled: true })).toMatchObject({
      outcome: { kind: 'cancelled' },
    });
    expect(judge({ job: failedJob(), pods: [], cancelled: true })).toMatchObject({ outcome: { kind: 'cancelled' } });
    expect(judge({ job: doneJob(), pods: [withResult(JSON.stringify(RESULT))], cancelled: true })).toMatchObject({
      outcome: { kind: 'succeeded' },
    });
  });
});
