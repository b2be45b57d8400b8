import { expect, test } from 'vitest';
import { type KubeApi, KubeFault, type Resource } from '../../../../src/adapters/kubernetes/api/kube-api.ts';
import { peekAttempt } from '../../../../src/adapters/kubernetes/target/observe-attempt.ts';

const JOB = {
  ...{ apiVersion: 'batch/v1', kind: 'Job', spec: { suspend: true } },
  metadata: { name: 'week-act-1', namespace: 'lab', uid: 'u', labels: { 'kueue.x-k8s.io/queue-name': 'gpus' } },
};
const WORDS = 'insufficient unused quota for nvidia.com/gpu in flavor h100, 4 more needed';
const WORKLOAD = {
  ...{ metadata: { name: 'w', uid: 'w' }, spec: { queueName: 'gpus' } },
  status: { conditions: [{ type: 'QuotaReserved', status: 'False', reason: 'Pending', message: WORDS }] },
};

/** What a person sees who asks once, from anywhere, how it stands. */
function seen(mayRead: boolean) {
  const api = {
    place: { context: 'c', namespace: 'lab', server: 'https://s' },
    serverNow: () => undefined,
    resourceOf: async (apiVersion: string, kind: string) =>
      kind === 'Workload' ? { apiVersion, kind, plural: 'workloads', namespaced: true } : undefined,
    get: async () => JOB,
    list: async ({ plural }: Resource) => {
      if (plural !== 'workloads') return { items: [] };
      if (!mayRead) throw new KubeFault('forbidden', 'no', { request: 'list workloads' });
      return { items: [WORKLOAD] };
    },
  } as unknown as KubeApi;
  return peekAttempt(api, { run: 'week', name: 'week-act-1', uid: 'u', monotonic: () => 0 });
}

test('status says why a queue holds a stage back, and names the queue to who may not read that', async () => {
  expect(await seen(true)).toMatchObject({ kind: 'waiting', reason: `it is queued in gpus of Kueue: "${WORDS}"` });
  expect(await seen(false)).toMatchObject({ kind: 'waiting', reason: 'it is queued in gpus of Kueue' });
});
