import { expect, test } from 'vitest';
import { RESOURCES, type Resource } from '../../../../src/adapters/kubernetes/api/kube-api.ts';
import { surveyRun } from '../../../../src/adapters/kubernetes/target/survey-run.ts';
import type { JsonObject } from '../../../../src/domain/json.ts';
import type { RunName, StageName } from '../../../../src/domain/naming.ts';
import { MemoryCluster } from '../../../fakes/memory-cluster/memory-cluster.ts';

const never = new AbortController().signal;
const ATTEMPT = { run: 'weekly' as RunName, stage: 'train' as StageName, attempt: 1 };

function put(cluster: MemoryCluster, resource: Resource, object: JsonObject): void {
  const whole = { apiVersion: resource.apiVersion, kind: resource.kind, ...object };
  cluster.table.create(resource, resource.namespaced ? 'lab' : '', whole, { request: 'create', manager: 'setup' });
}

function event(name: string, object: string, lastTimestamp: string, more: JsonObject = {}): JsonObject {
  const involvedObject = { kind: 'Pod', name: object };
  return { metadata: { name }, involvedObject, type: 'Warning', reason: 'R', message: 'm', lastTimestamp, ...more };
}

function world(): MemoryCluster {
  const cluster = new MemoryCluster();
  const conditions = [
    { type: 'Ready', status: 'True' },
    { type: 'MemoryPressure', status: 'True' },
  ];
  put(cluster, RESOURCES.nodes, {
    metadata: { name: 'n1' },
    status: { allocatable: { 'nvidia.com/gpu': '4' }, conditions, nodeInfo: { kubeletVersion: 'v1.36.0' } },
  });
  put(cluster, RESOURCES.quotas, { metadata: { name: 'q' }, status: { used: { pods: '3' } } });
  const labels = { 'ilab-backend.dev/run': 'weekly' };
  put(cluster, RESOURCES.pods, { metadata: { name: 'weekly-train-1-x', labels }, status: { phase: 'Pending' } });
  put(cluster, RESOURCES.pods, { metadata: { name: 'other' }, status: { phase: 'Running' } });
  put(cluster, RESOURCES.events, event('b', 'weekly-train-1-x', '2026-01-01T00:00:02Z', { count: 3 }));
  put(cluster, RESOURCES.events, event('a', 'weekly-train-1', '2026-01-01T00:00:01Z'));
  put(cluster, RESOURCES.events, event('c', 'weekly-train-10-x', '2026-01-01T00:00:03Z'));
  return cluster;
}

test('what a cluster shows of a run: its own pods and events, and what it runs on', async () => {
  const { objects, events, missing } = await surveyRun(world().client(), 'weekly', [ATTEMPT], never);
  expect(missing).toEqual([]);
  expect(objects.map(({ name }) => name)).toEqual(['Server', 'Node/n1', 'ResourceQuota/q', 'Pod/weekly-train-1-x']);
  expect(objects[1]?.state).toMatchObject({
    kubelet: 'v1.36.0',
    allocatable: { 'nvidia.com/gpu': '4' },
    troubled: [{ type: 'MemoryPressure' }],
  });
  expect(events.map(({ object, count }) => [object, count])).toEqual([
    ['Pod/weekly-train-1', 1],
    ['Pod/weekly-train-1-x', 3],
  ]);
});

test('what may not be read is said, and the rest is shown', async () => {
  const cluster = world();
  cluster.failNext('list', 'nodes', 'forbidden');
  cluster.failNext('list', 'events', 'forbidden');
  const { objects, events, missing } = await surveyRun(cluster.client(), 'weekly', [ATTEMPT], never);
  expect(missing.toSorted()).toEqual(['events: you may not read them', 'nodes: you may not read them']);
  expect(events).toEqual([]);
  expect(objects.map(({ name }) => name)).toEqual(['Server', 'ResourceQuota/q', 'Pod/weekly-train-1-x']);
});
