import { once } from 'node:events';
import { expect, test } from 'vitest';
import {
  type KubeApi,
  type KubeObject,
  RESOURCES,
  type Resource,
  type Selector,
} from '../../../../src/adapters/kubernetes/api/kube-api.ts';
import { SurroundingsReader } from '../../../../src/adapters/kubernetes/target/surroundings.ts';
import { MemoryCluster } from '../../../fakes/memory-cluster/memory-cluster.ts';

test('a reader that is told to stop fails once, and leaves no request behind that nobody waits for', async () => {
  const stop = new AbortController();
  let asked = 0;
  // Each request ends when it is told to, one after the other.
  const list = async (): Promise<never> => {
    asked += 1;
    const turns = asked;
    await once(stop.signal, 'abort');
    for (let turn = turns; turn < 10; turn += 1) await Promise.resolve();
    throw stop.signal.reason;
  };
  const job = { metadata: { name: 'j', uid: 'u' } } as unknown as KubeObject;
  const read = new SurroundingsReader({ list } as unknown as KubeApi).read(job, [], stop.signal);
  stop.abort();
  await expect(read).rejects.toBe(stop.signal.reason);
});

test('who may see the pods of one namespace only knows that there may be others', async () => {
  const cluster = new MemoryCluster();
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: { containers: [{ name: 'c' }] } };
  cluster.table.create(RESOURCES.pods, 'lab', pod, { request: 'create', manager: 'setup' });
  const job = { metadata: { name: 'j', uid: 'u' } } as unknown as KubeObject;
  const read = () => new SurroundingsReader(cluster.client()).read(job, [], new AbortController().signal);
  expect(await read()).not.toHaveProperty('hidesPods');
  cluster.failNext('list', 'pods', 'forbidden');
  expect(await read()).toMatchObject({ hidesPods: true, otherPods: [{ metadata: { name: 'p' } }] });
});

test('what waits in a queue of Kueue is asked after there, where there is a Kueue', async () => {
  const job = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'j', uid: 'u', labels: { 'kueue.x-k8s.io/queue-name': 'gpus' } },
  } as unknown as KubeObject;
  const workload = { metadata: { name: 'job-j' } };
  const served = { apiVersion: 'kueue.x-k8s.io/v1beta1', kind: 'Workload', plural: 'workloads', namespaced: true };
  const read = (object: KubeObject, served?: Resource) => {
    const api = {
      resourceOf: async (apiVersion: string) => (apiVersion === served?.apiVersion ? served : undefined),
      list: async ({ plural }: Resource, { labels }: Selector) => ({
        items: plural === 'workloads' && labels === 'kueue.x-k8s.io/job-uid=u' ? [workload] : [],
      }),
    };
    return new SurroundingsReader(api as unknown as KubeApi).read(object, [], new AbortController().signal);
  };
  expect(await read(job, served)).toMatchObject({ queued: workload });
  expect(await read(job)).not.toHaveProperty('queued');
  expect(await read({ ...job, metadata: { ...job.metadata, labels: {} } }, served)).not.toHaveProperty('queued');
});
