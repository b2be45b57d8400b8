import { expect, test } from 'vitest';
import { endedPod, gpuNode, job, judge, NO_VICTIMS, pod, runs, unschedulable } from './objects.ts';
import { failed, type Row } from './rows.ts';

/* Several pods that run together fail together: which of them is told. */

test.each<Row>([
  {
    what: 'one of many pods, whose operator sets no such labels',
    view: {
      job: { ...job([['Failed', 'JobFailed']]), kind: 'TrainJob' },
      pods: [endedPod(9, {}, { uid: 'bbbbb' })],
    },
    code: 'exit',
    outcome: failed('user', 'exit', 'bbbbb: it ended with exit code 9'),
  },
  {
    what: 'one of the machines of a TrainJob',
    view: {
      job: { ...job([['Failed', 'JobsFailed']]), kind: 'TrainJob' },
      pods: [
        endedPod(
          9,
          {},
          {
            meta: {
              labels: {
                'jobset.sigs.k8s.io/replicatedjob-name': 'node',
                'batch.kubernetes.io/job-completion-index': '3',
              },
            },
          },
        ),
      ],
    },
    code: 'exit',
    outcome: failed('user', 'exit', 'node-3: it ended with exit code 9'),
  },
  {
    what: 'a PyTorchJob whose worker failed, and whose pods are gone',
    view: {
      job: {
        ...job([['Created'], ['Running'], ['Failed', 'PyTorchJobFailed', 'it has failed']]),
        kind: 'PyTorchJob',
      },
    },
    code: 'disrupted',
    outcome: failed('infra', 'disrupted', /no pod of it says why: PyTorchJobFailed: "it has failed"/),
  },
  {
    what: 'the first of many pods that failed',
    view: {
      job: { ...job([['Failed', 'PyTorchJobFailed']]), kind: 'PyTorchJob' },
      pods: [
        endedPod(143, { finishedAt: '2026-11-30T06:29:02Z' }, { uid: 'aaaaa' }),
        endedPod(
          9,
          { finishedAt: '2026-11-30T06:29:01Z' },
          {
            uid: 'bbbbb',
            meta: {
              labels: { 'training.kubeflow.org/replica-type': 'worker', 'training.kubeflow.org/replica-index': '1' },
            },
          },
        ),
      ],
    },
    code: 'exit',
    outcome: failed('user', 'exit', 'worker-1 (node rank 2): it ended with exit code 9'),
  },
])('$what', ({ view, code, outcome }) => {
  expect(judge(view)).toMatchObject({ kind: 'ended', code, outcome });
});

test('one that finds no room while others run is told; one that never can ends it', () => {
  const group = { ...job([['Created'], ['Running']]), kind: 'PyTorchJob' };
  const replica = (type: string) => ({
    uid: type,
    meta: { labels: { 'training.kubeflow.org/replica-type': type, 'training.kubeflow.org/replica-index': '0' } },
  });
  const master = pod({ ...replica('master'), state: runs, phase: 'Running' });
  const worker = (gpus: number) =>
    pod({
      ...replica('worker'),
      node: '',
      container: { resources: { limits: { 'nvidia.com/gpu': String(gpus) } } },
      conditions: [unschedulable('1 Insufficient nvidia.com/gpu', NO_VICTIMS)],
    });
  const nodes = [gpuNode('n1', 8)];
  const otherPods = [pod({ uid: 'other', container: { resources: { limits: { 'nvidia.com/gpu': '4' } } } })];
  expect(judge({ job: group, pods: [master, worker(8)], nodes, otherPods })).toMatchObject({
    kind: 'started',
    trouble: {
      reason: expect.stringMatching(/^worker-0 \(node rank 1\) is not there yet, and the others wait for it: /),
    },
  });
  expect(judge({ job: group, pods: [master, worker(16)], nodes, otherPods }, 60)).toMatchObject({ kind: 'doomed' });
});
