import { afterEach, describe, expect, test } from 'vitest';
import { RUN_LABEL } from '../../../../src/adapters/kubernetes/api/attempt-labels.ts';
import { type KubeObject, RESOURCES } from '../../../../src/adapters/kubernetes/api/kube-api.ts';
import { podStates, podsOf, startTimesOf, statesOf } from '../../../../src/adapters/kubernetes/target/attempt-pods.ts';
import type { RunView } from '../../../../src/adapters/kubernetes/target/run-objects.ts';
import type { JsonObject } from '../../../../src/domain/json.ts';
import { observe, submit, World } from './world.ts';

let world: World;
afterEach(() => world.close());

const NOTHING: RunView = { isListed: true, workloads: [], pods: [] };

describe('the pods of an attempt', () => {
  test('are waited for while a watch has not told yet of a workload that is there', async () => {
    world = new World();
    const here = world.machine();
    const { spec, uid } = await submit(here);
    await observe(here, spec, uid);
    const now = (): RunView => ({
      isListed: true,
      workloads: world.jobs(),
      pods: world.cluster.objects(RESOURCES.pods, 'lab'),
    });
    let looks = 0;
    const objects = {
      use: () => () => undefined,
      view: () => {
        looks += 1;
        return looks < 3 ? NOTHING : now();
      },
      changed: Promise.resolve(),
    };
    const told = await Array.fromAsync(
      podStates({ api: here.api, objects }, 'weekly-train-1', new AbortController().signal),
    );
    expect(told.map((pods) => pods.length)).toEqual([0, 0, 1]);
  });

  test('tell when the first that got a node was made, got it, and ran its init containers', () => {
    const pod = (minute: number, status: JsonObject): KubeObject => ({
      ...{ apiVersion: 'v1', kind: 'Pod' },
      metadata: {
        ...{ name: `p${minute}`, uid: `p${minute}`, resourceVersion: '1' },
        creationTimestamp: `2026-01-01T00:0${minute}:00Z`,
      },
      status,
    });
    const since = (type: string, time: string) => ({ type, status: 'True', lastTransitionTime: `2026-01-01T${time}Z` });
    const running = { state: { running: { startedAt: '2026-01-01T00:03:20Z' } } };
    const done = { state: { terminated: { startedAt: '2026-01-01T00:03:10Z' } } };
    const first = pod(1, {
      conditions: [since('PodScheduled', '00:02:00'), since('Initialized', '00:04:00')],
      initContainerStatuses: [done, running],
    });
    const later = pod(0, { conditions: [since('PodScheduled', '00:03:00'), since('Initialized', '00:03:00')] });
    expect(startTimesOf([later, first])).toEqual({
      podCreated: '2026-01-01T00:01:00Z',
      placed: '2026-01-01T00:02:00Z',
      initStarted: '2026-01-01T00:03:10Z',
      initEnded: '2026-01-01T00:04:00Z',
    });
    expect(startTimesOf([later])).toEqual({ podCreated: '2026-01-01T00:00:00Z', placed: '2026-01-01T00:03:00Z' });
    expect(startTimesOf([pod(1, { conditions: [] })])).toEqual({});
  });

  test('are not those of a stage whose name begins alike', () => {
    const pod = (stage: string, attempt: string) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: `weekly-${stage}-${attempt}-abcde`,
        uid: `${stage}/${attempt}`,
        resourceVersion: '1',
        labels: { [RUN_LABEL]: 'weekly', 'ilab-backend.dev/stage': stage, 'ilab-backend.dev/attempt': attempt },
      },
    });
    const pods = [pod('train', '1'), pod('train-1', '2'), pod('train', '12')];
    expect(podsOf({ pods }, 'weekly-train-1').map(({ metadata }) => metadata.uid)).toEqual(['train/1']);
    expect(podsOf({ pods }, 'weekly-train-1-2').map(({ metadata }) => metadata.uid)).toEqual(['train-1/2']);
  });

  test('are told apart as their operators name them', () => {
    const pod = (name: string, metadata: JsonObject = {}): KubeObject => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, uid: name, resourceVersion: '1', ...metadata },
    });
    const named = (...pods: readonly KubeObject[]) => statesOf({ pods }, 'weekly-train-1').map(({ label }) => label);
    const indexed = (index: string, labels: JsonObject = {}): JsonObject => ({
      labels: { ...labels, 'batch.kubernetes.io/job-completion-index': index },
      annotations: { 'batch.kubernetes.io/job-completion-index': index },
      ownerReferences: [{ kind: 'Job' }],
    });
    const node = { 'jobset.sigs.k8s.io/replicatedjob-name': 'node' };
    expect(named(pod('weekly-train-1-abcde', { ownerReferences: [{ kind: 'Job' }] }))).toEqual([undefined]);
    expect(named(pod('weekly-train-1-0-abcde', indexed('0')), pod('weekly-train-1-1-fghij', indexed('1')))).toEqual([
      '0',
      '1',
    ]);
    expect(named(pod('weekly-train-1-node-0-1-abcde', indexed('1', node)))).toEqual(['node-1']);
    expect(named(pod('weekly-train-1-worker-0', { ownerReferences: [{ kind: 'PyTorchJob' }] }))).toEqual(['worker-0']);
  });

  test('are over when there is no such workload', async () => {
    world = new World();
    const { api } = world.machine();
    const objects = { use: () => () => undefined, view: () => NOTHING, changed: new Promise<void>(() => undefined) };
    const told = await Array.fromAsync(podStates({ api, objects }, 'weekly-train-9', new AbortController().signal));
    expect(told).toEqual([[]]);
  });
});
