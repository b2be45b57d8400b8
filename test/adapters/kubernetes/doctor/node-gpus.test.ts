import { expect, test } from 'vitest';
import { RESOURCES } from '../../../../src/adapters/kubernetes/api/kube-api.ts';
import { nodeGpus } from '../../../../src/adapters/kubernetes/doctor/node-gpus.ts';
import { MemoryCluster } from '../../../fakes/memory-cluster/memory-cluster.ts';

/* What `init` proposes a profile by. */

const never = new AbortController().signal;

test('the nodes that have GPUs, with their name where the cluster gives one', async () => {
  const cluster = new MemoryCluster();
  const nodes = [
    ['n1', '4', { 'nvidia.com/gpu.product': 'NVIDIA-L40S' }],
    ['n2', '0', {}],
    ['n3', '2', {}],
  ] as const;
  for (const [name, gpus, labels] of nodes) {
    const { apiVersion, kind } = RESOURCES.nodes;
    const node = { apiVersion, kind, metadata: { name, labels }, status: { allocatable: { 'nvidia.com/gpu': gpus } } };
    cluster.table.create(RESOURCES.nodes, '', node, { request: 'create', manager: 'setup' });
  }
  expect(await nodeGpus(cluster.client(), never)).toEqual([
    { node: 'n1', total: 4, product: 'NVIDIA-L40S' },
    { node: 'n3', total: 2 },
  ]);
  expect(cluster.requests.every(({ verb }) => verb === 'list')).toBe(true);
});

test('are not known to who may not list nodes', async () => {
  const cluster = new MemoryCluster();
  cluster.deny('list', 'nodes');
  expect(await nodeGpus(cluster.client(), never)).toBeUndefined();
});
