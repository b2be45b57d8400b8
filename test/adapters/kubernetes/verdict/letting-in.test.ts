import { describe, expect, test } from 'vitest';
import { judgeAttempt } from '../../../../src/adapters/kubernetes/verdict/judge-attempt.ts';
import { type AttemptView, NO_MEMORY } from '../../../../src/adapters/kubernetes/verdict/view.ts';
import type { JsonObject } from '../../../../src/domain/json.ts';
import { doneJob, endedPod, event, job, judge, pod, runs, view } from './objects.ts';
import { check, type Row } from './waiting.ts';

const refused = (message: string): Partial<AttemptView> => {
  const mine = job();
  return { job: mine, events: [event(mine, 'FailedCreate', `Error creating: ${message}`)] };
};

describe('pods that are not let in', () => {
  test.each<Row>([
    {
      what: 'a quota smaller than the request',
      view: refused(
        'pods "x" is forbidden: exceeded quota: tight, requested: limits.memory=64Mi, used: limits.memory=0, limited: limits.memory=32Mi',
      ),
      code: 'quota-too-small',
      reason: 'quota tight is smaller than what the stage asks for (limits.memory: wants 64Mi, 0 of 32Mi used)',
      doomed: [45, 'config'],
    },
    {
      what: 'a quota that is used up: it waits',
      view: refused(
        'pods "x" is forbidden: exceeded quota: tight, requested: requests.nvidia.com/gpu=2,pods=1, used: requests.nvidia.com/gpu=3,pods=1, limited: requests.nvidia.com/gpu=4,pods=9',
      ),
      code: 'quota-used-up',
      reason: /quota tight is used up \(requests.nvidia.com\/gpu: wants 2, 3 of 4 used/,
    },
    {
      what: 'a quota as large as the request',
      view: refused(
        'pods "x" is forbidden: exceeded quota: tight, requested: requests.nvidia.com/gpu=4, used: requests.nvidia.com/gpu=2, limited: requests.nvidia.com/gpu=4',
      ),
      code: 'quota-used-up',
      reason: /wants 4, 2 of 4 used/,
    },
    {
      what: 'a quota that wants limits',
      view: refused(
        'pods "x" is forbidden: failed quota: tight: must specify limits.memory for: main; requests.cpu for: main',
      ),
      code: 'quota-too-small',
      reason: 'quota tight counts limits.memory, requests.cpu, and a container of the pod sets none',
      doomed: [45, 'config'],
    },
    {
      what: 'PodSecurity, with the field',
      view: refused(
        'pods "x" is forbidden: violates PodSecurity "restricted:latest": runAsNonRoot != true (pod or container "main" must set securityContext.runAsNonRoot=true)',
      ),
      code: 'pod-security',
      reason:
        /PodSecurity "restricted:latest", and the pod breaks it: runAsNonRoot != true \(.+must set securityContext.runAsNonRoot=true\)/,
      doomed: [45, 'config'],
    },
    {
      what: 'OpenShift',
      view: refused(
        'pods "x" is forbidden: unable to validate against any security context constraint: [provider "restricted-v2": .containers[0].runAsUser: Invalid value: 5]',
      ),
      code: 'pod-security',
      reason: /no security context constraint allows the pod: \[provider/,
      doomed: [45, 'config'],
    },
    {
      what: 'a webhook that says no',
      view: refused('admission webhook "images.policy.test" denied the request: only our registry'),
      code: 'policy-denied',
      reason: 'admission webhook images.policy.test refuses it: "only our registry"',
      doomed: [45, 'config'],
    },
    {
      what: 'a policy that says no',
      view: refused(
        "pods \"x\" is forbidden: ValidatingAdmissionPolicy 'demo' with binding 'all' denied request: no limits",
      ),
      code: 'policy-denied',
      reason: 'admission policy demo refuses it: "no limits"',
      doomed: [45, 'config'],
    },
    {
      what: 'a webhook that does not answer',
      view: refused(
        'Internal error occurred: failed calling webhook "pods.kueue.test": Post "https://x": context deadline exceeded',
      ),
      code: 'webhook-down',
      reason: /admission webhook pods.kueue.test does not answer: "Post/,
      doomed: [120, 'infra'],
    },
    {
      what: 'a ServiceAccount that is not there',
      view: refused(
        'pods "x-" is forbidden: error looking up service account ilab/nosa: serviceaccount "nosa" not found',
      ),
      code: 'service-account-missing',
      reason: 'ServiceAccount nosa is not in the namespace',
      fix: /kubectl -n ilab create serviceaccount nosa/,
      doomed: [45, 'config'],
    },
    {
      what: 'a LimitRange',
      view: refused('pods "x" is forbidden: maximum memory usage per Container is 32Mi, but limit is 64Mi'),
      code: 'limit-range',
      reason:
        'a LimitRange of the namespace does not allow it: maximum memory usage per Container is 32Mi, but limit is 64Mi',
      doomed: [45, 'config'],
    },
    {
      what: 'a PriorityClass that is not there',
      view: refused('pods "x-" is forbidden: no PriorityClass with name noprio was found'),
      code: 'pods-not-made',
      reason: 'PriorityClass noprio is not on the cluster',
      doomed: [45, 'config'],
    },
    {
      what: 'a RuntimeClass that is not there',
      view: refused('pods "x-" is forbidden: pod rejected: RuntimeClass "nort" not found'),
      code: 'pods-not-made',
      reason: 'RuntimeClass nort is not on the cluster',
      doomed: [45, 'config'],
    },
    {
      what: 'words that nobody knows',
      view: refused('pods "x" is forbidden: the moon is full'),
      code: 'pods-not-made',
      reason: /does not let its pod in: "pods "x" is forbidden: the moon is full"/,
      doomed: [45, 'config'],
    },
  ])('$what', check);
});

test('pods that are refused to the Job of an operator', () => {
  const inner = { ...job(), metadata: { ...job().metadata, name: 'weekly-47-train-1-node-0', uid: 'inner' } };
  const events = [
    event(inner, 'FailedCreate', 'Error creating: pods "x-" is forbidden: no PriorityClass with name p was found'),
  ];
  expect(judge({ job: { ...job(), kind: 'TrainJob' }, events })).toMatchObject({ code: 'pods-not-made' });
});

const queued = (conditions: readonly JsonObject[], status: JsonObject = {}) => ({
  apiVersion: 'kueue.x-k8s.io/v1beta1',
  kind: 'Workload',
  metadata: { name: 'w', uid: 'w-uid', resourceVersion: '1' },
  spec: { queueName: 'gpus' },
  status: { conditions, ...status },
});
const is = (type: string, reason: string, message = '', status = 'True'): JsonObject => ({
  type,
  status,
  reason,
  message,
});
const suspended = { job: job([['Suspended', 'JobSuspended', 'Job suspended']], { suspend: true }) };

describe('queues', () => {
  test.each<Row>([
    {
      what: 'a queue that is not there',
      view: {
        ...suspended,
        queued: queued([is('QuotaReserved', 'Inadmissible', "LocalQueue gpus doesn't exist", 'False')]),
      },
      code: 'queue-inadmissible',
      reason: `queue gpus can never admit it: "LocalQueue gpus doesn't exist"`,
      doomed: [60, 'config'],
    },
    {
      what: 'waiting for quota',
      view: {
        ...suspended,
        queued: queued([
          is('QuotaReserved', 'Pending', 'insufficient unused quota for nvidia.com/gpu, 2 more needed', 'False'),
        ]),
      },
      code: 'queue-waits',
      reason: 'it is queued in gpus of Kueue: "insufficient unused quota for nvidia.com/gpu, 2 more needed"',
    },
    {
      what: 'more than any flavour of the queue has',
      view: {
        ...suspended,
        queued: queued([
          is(
            'QuotaReserved',
            'Pending',
            "couldn't assign flavors to pod set main: insufficient quota for nvidia.com/gpu in flavor h100, previously considered podsets requests (0) + current podset request (8) > maximum capacity (4), insufficient quota for nvidia.com/gpu in flavor a100, request > maximum capacity (8 > 2)",
            'False',
          ),
        ]),
      },
      code: 'queue-inadmissible',
      reason: /^queue gpus can never admit it: "couldn't assign .+ > maximum capacity \(4\), /,
      fix: /^ask for less in the profile, or have the quota of the queue raised$/,
      doomed: [60, 'config'],
    },
    {
      what: 'more than one flavour has, and the other has it once others end',
      view: {
        ...suspended,
        queued: queued([
          is(
            'QuotaReserved',
            'Pending',
            "couldn't assign flavors to pod set main: insufficient quota for nvidia.com/gpu in flavor a100, request > maximum capacity (4 > 2), insufficient unused quota for nvidia.com/gpu in flavor h100, 4 more needed",
            'False',
          ),
        ]),
      },
      code: 'queue-waits',
      reason: /^it is queued in gpus of Kueue: "couldn't assign /,
    },
    {
      what: 'a queue that takes nothing from this namespace',
      view: {
        ...suspended,
        queued: queued([
          is('QuotaReserved', 'Pending', "Workload namespace doesn't match ClusterQueue selector", 'False'),
        ]),
      },
      code: 'queue-inadmissible',
      reason: /Workload namespace doesn't match ClusterQueue selector/,
      doomed: [60, 'config'],
    },
    ...['ClusterQueue pool is stopped', 'ClusterQueue pool is inactive', 'LocalQueue gpus is stopped'].map((words) => ({
      what: `a queue that is held: ${words}`,
      view: { ...suspended, queued: queued([is('QuotaReserved', 'Inadmissible', words, 'False')]) },
      code: 'queue-waits' as const,
      reason: `queue gpus is held: "${words}"`,
      fix: /^tell whoever runs the queue$/,
    })),
    {
      what: 'Evicted goes before a stale Admitted',
      view: { ...suspended, queued: queued([is('Admitted', 'Admitted'), is('Evicted', 'Preempted')]) },
      code: 'queue-waits',
      reason: /queue gpus preempted it for other work; it is queued again/,
    },
    {
      what: 'pods that were not ready in time',
      view: { ...suspended, queued: queued([is('Evicted', 'PodsReadyTimeout')]) },
      code: 'queue-waits',
      reason: /pods were not ready in time/,
    },
    {
      what: 'switched off',
      view: { ...suspended, queued: queued([is('Evicted', 'Deactivated', 'by an admin')]) },
      code: 'queue-refused',
      reason: /queue gpus has switched it off: "by an admin"/,
      doomed: [0, 'infra'],
    },
    {
      what: 'switched off by Kueue, which adds the cause',
      view: {
        ...suspended,
        queued: queued([
          is('Evicted', 'DeactivatedDueToRequeuingLimitExceeded', 'exceeding the maximum number of retries'),
        ]),
      },
      code: 'queue-refused',
      reason: /queue gpus has switched it off: "exceeding the maximum number of retries"/,
      doomed: [0, 'infra'],
    },
    {
      what: 'a check that was rejected',
      view: { ...suspended, queued: queued([is('Finished', 'AdmissionChecksRejected', 'no capacity')]) },
      code: 'queue-refused',
      reason: /AdmissionChecksRejected, "no capacity"/,
      doomed: [0, 'infra'],
    },
    {
      what: 'suspended, and no queue',
      view: suspended,
      code: 'suspended',
      reason: 'weekly-47-train-1 is suspended',
      fix: /`kubectl -n ilab patch job weekly-47-train-1 --type=merge -p '\{"spec":\{"suspend":false\}\}'`/,
    },
  ])('$what', check);

  test('a suspended group is let go on by its own field', () => {
    const group = { ...job(), kind: 'PyTorchJob', spec: { runPolicy: { suspend: true } } };
    expect(judge({ job: group })).toMatchObject({
      fix: expect.stringMatching(
        /kubectl -n ilab patch pytorchjob .+ -p '\{"spec":\{"runPolicy":\{"suspend":false\}\}\}'/,
      ),
    });
  });

  describe('an attempt that is suspended while it runs', () => {
    const deletionTimestamp = '2026-11-30T06:29:00Z';
    const running = (uid: string) => pod({ uid, phase: 'Running', state: runs });
    const taken = (uid: string, exitCode: number) =>
      endedPod(exitCode, {}, { uid, meta: { deletionTimestamp, creationTimestamp: '2026-11-30T06:00:00Z' } });
    /** What is said after it was suspended and let go on, again and again. */
    const suspendedAs = (uids: readonly string[], exitCode: number) => {
      let memory = NO_MEMORY;
      const ended = [];
      for (const uid of uids) {
        memory = judgeAttempt(view({ pods: [...ended, running(uid)] }), memory).memory;
        ended.push(taken(uid, exitCode));
        const found = judgeAttempt(view({ ...suspended, pods: ended }), memory);
        expect(found.verdict).toMatchObject({ kind: 'waiting', code: 'suspended' });
        memory = found.memory;
      }
      return { memory, pods: ended, gone: uids };
    };

    test('runs again however often that was', () => {
      const { memory, ...before } = suspendedAs(['a', 'b', 'c', 'd', 'e', 'f'], 143);
      const seen = view({ ...before, pods: [...before.pods, running('g')] });
      expect(judgeAttempt(seen, memory).verdict).toEqual({ kind: 'started', at: '2026-11-30T06:28:31Z' });
    });

    test.each([
      { what: 'an exit code of its end', exitCode: 1 },
      { what: 'an end without a result', exitCode: 0 },
    ])('is not judged by what it was taken from: $what', ({ exitCode }) => {
      const { memory, ...before } = suspendedAs(['a'], exitCode);
      const result = endedPod(0, { message: '{"version":1,"metrics":{},"artifacts":[]}' }, { uid: 'b' });
      const seen = view({ ...before, job: doneJob(), pods: [...before.pods, result] });
      expect(judgeAttempt(seen, memory).verdict).toMatchObject({ kind: 'ended', code: 'succeeded' });
      expect(judgeAttempt(view({ ...before, job: undefined }), memory).verdict).toMatchObject({ code: 'lost' });
    });
  });

  test('an admitted one is judged by its pods', () => {
    expect(
      judge({ queued: queued([is('Admitted', 'Admitted')]), pods: [pod({ phase: 'Running', state: runs })] }),
    ).toMatchObject({ kind: 'started' });
  });
});
