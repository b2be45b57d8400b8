import { describe, expect, test } from 'vitest';
import { RESOURCES, textAt } from '../../../src/adapters/kubernetes/api/kube-api.ts';
import type { JsonObject } from '../../../src/domain/json.ts';
import { describeKubeApi } from '../../contract/kube-api-contract.ts';
import { MemoryCluster } from './memory-cluster.ts';
import { runJobs } from './run-jobs.ts';
import type { PodScript } from './run-pod.ts';

const { configMaps, jobs, pods, namespaces } = RESOURCES;

describeKubeApi('a cluster in memory', async () => {
  const cluster = new MemoryCluster();
  return { api: cluster.client(), open: () => cluster.client(), remove: async () => undefined };
});

describe('faults that a test plans', () => {
  test('hit the next request of their kind', async () => {
    const cluster = new MemoryCluster();
    const api = cluster.client();
    cluster.failNext('create', 'configmaps', 'server');
    await expect(api.create(configMaps, configMap('a'))).rejects.toMatchObject({ kind: 'server', status: 500 });
    await expect(api.create(configMaps, configMap('a'))).resolves.toBeDefined();
  });

  test.each([
    ['ambiguous-stored', true],
    ['ambiguous-lost', false],
  ] as const)('%s: nobody knows, and it is %s that it was done', async (fault, stored) => {
    const cluster = new MemoryCluster();
    const api = cluster.client();
    cluster.failNext('create', 'configmaps', fault);
    await expect(api.create(configMaps, configMap('a'))).rejects.toMatchObject({ kind: 'ambiguous' });
    expect((await api.get(configMaps, 'a')) !== undefined).toBe(stored);
  });

  test('a client that was killed in a request asks nothing more; the others go on', async () => {
    const cluster = new MemoryCluster();
    const api = cluster.client();
    cluster.hook = (moment, request) => {
      if (moment === 'after' && request.verb === 'create') api.kill();
    };
    await expect(api.create(configMaps, configMap('a'))).rejects.toThrow('killed');
    await expect(api.get(configMaps, 'a')).rejects.toThrow('killed');
    expect(await cluster.client().get(configMaps, 'a')).toBeDefined();
  });

  test('an API server that is away tells nothing; watchers list again when it is back', async () => {
    const cluster = new MemoryCluster();
    const api = cluster.client();
    const stop = new AbortController();
    const kinds: string[] = [];
    for await (const event of api.watch(configMaps, {}, stop.signal)) {
      kinds.push(event.kind);
      if (kinds.length === 1) {
        cluster.reachable = false;
        await expect(api.get(configMaps, 'a')).rejects.toMatchObject({ kind: 'unreachable' });
        cluster.reachable = true;
      }
      if (kinds.length === 2) stop.abort();
    }
    expect(kinds).toEqual(['listed', 'listed']);
  });

  test('a right that was taken away is refused, and said so', async () => {
    const cluster = new MemoryCluster();
    const api = cluster.client({ user: 'bob' });
    cluster.deny('create', 'configmaps', 'bob');
    await expect(api.create(configMaps, configMap('a'))).rejects.toMatchObject({ kind: 'forbidden', status: 403 });
    expect(await api.mayI('create', configMaps)).toBe(false);
    expect(await cluster.client().mayI('create', configMaps)).toBe(true);
  });
});

describe('the clock of the server', () => {
  test('stamps writes, and is moved by the test', async () => {
    const cluster = new MemoryCluster({ now: () => Date.parse('2026-01-01T00:00:00.500Z') });
    const api = cluster.client();
    expect(api.serverNow()).toBeUndefined();
    cluster.advance(60);
    const made = await api.create(configMaps, configMap('a'));
    expect(textAt(made, 'metadata', 'managedFields', 0, 'time')).toBe('2026-01-01T00:01:00Z');
    expect(api.serverNow()).toBe(Date.parse('2026-01-01T00:01:00Z'));
  });
});

describe('the garbage collector', () => {
  test('takes what is created for an owner that is gone', async () => {
    const api = new MemoryCluster().client();
    const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: 'gone' }];
    await api.create(configMaps, { ...configMap('a'), metadata: { name: 'a', ownerReferences } });
    expect(await api.get(configMaps, 'a')).toBeUndefined();
  });

  test('a namespace goes with all that is in it', async () => {
    const cluster = new MemoryCluster();
    const api = cluster.client();
    await api.create(configMaps, configMap('a'));
    const found = await api.get(namespaces, 'lab');
    await api.delete(namespaces, 'lab', { uid: found?.metadata.uid ?? '' });
    expect(cluster.objects(configMaps)).toEqual([]);
    await expect(api.create(configMaps, configMap('a'))).rejects.toMatchObject({ kind: 'not-found' });
  });
});

describe('Jobs that a script runs', () => {
  async function run(script: PodScript): Promise<{ pod: string[]; job: string[]; cluster: MemoryCluster }> {
    const cluster = new MemoryCluster();
    const seen: { pod: string[]; job: string[] } = { pod: [], job: [] };
    cluster.table.listen(({ kind, resource, object }) => {
      const told = resource.plural === 'pods' ? textAt(object, 'status', 'phase') : conditionsOf(object);
      const list = resource.plural === 'pods' ? seen.pod : resource.plural === 'jobs' ? seen.job : [];
      if (kind === 'changed' && told !== undefined && told !== list.at(-1)) list.push(told);
    });
    const running = runJobs(cluster, () => script);
    await cluster.client().create(jobs, job('work'));
    await running.idle();
    running.stop();
    return { ...seen, cluster };
  }

  test('succeed by way of SuccessCriteriaMet, with log and termination message', async () => {
    const { pod, job: conditions, cluster } = await run({ log: 'one\ntwo', message: '{"version":1}' });
    expect(pod).toEqual(['Pending', 'Running', 'Succeeded']);
    expect(conditions).toEqual(['', 'SuccessCriteriaMet', 'SuccessCriteriaMet,Complete']);
    const [found] = cluster.objects(pods);
    const state = ['status', 'containerStatuses', 0, 'state', 'terminated'] as const;
    expect(textAt(found, ...state, 'message')).toBe('{"version":1}');
    const stop = new AbortController().signal;
    const log = await cluster.client().log(found?.metadata.name ?? '', { container: 'main', follow: true }, stop);
    let text = '';
    for await (const bytes of log.body) text += Buffer.from(bytes).toString();
    expect(text).toMatch(/^\S+\.\d{9}Z one\n\S+\.\d{9}Z two$/);
  });

  test('fail by way of FailureTarget, with the exit code', async () => {
    const { pod, job: conditions } = await run({ exitCode: 64 });
    expect(pod).toEqual(['Pending', 'Running', 'Failed']);
    expect(conditions).toEqual(['', 'FailureTarget', 'FailureTarget,Failed']);
  });

  test('end with their pods when they are deleted, also one that would never end', async () => {
    const cluster = new MemoryCluster();
    const api = cluster.client();
    const running = runJobs(cluster, () => ({ until: new Promise(() => undefined) }));
    const made = await api.create(jobs, job('work'));
    const stop = new AbortController();
    for await (const event of api.watch(pods, { labels: 'job-name=work' }, stop.signal)) {
      if (event.kind === 'changed' && textAt(event.object, 'status', 'phase') === 'Running') {
        await api.delete(jobs, 'work', { uid: made.metadata.uid });
      }
      if (event.kind === 'deleted') stop.abort();
    }
    await running.idle();
    expect(cluster.objects(pods)).toEqual([]);
    running.stop();
  });
});

function conditionsOf(object: JsonObject): string {
  const status = object['status'] as { conditions?: { type: string }[] } | undefined;
  return (status?.conditions ?? []).map(({ type }) => type).join();
}

function configMap(name: string): JsonObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } };
}

function job(name: string): JsonObject {
  const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'none' }] } };
  return { apiVersion: 'batch/v1', kind: 'Job', metadata: { name }, spec: { backoffLimit: 0, template } };
}
