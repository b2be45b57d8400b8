import { hostname } from 'node:os';
import { afterAll, expect, test } from 'vitest';
import { type KubeApi, RESOURCES } from '../../src/adapters/kubernetes/api/kube-api.ts';
import { ClusterRunStore } from '../../src/adapters/kubernetes/run-store/cluster-run-store.ts';
import { type HolderProcess, thisProcess } from '../../src/adapters/kubernetes/run-store/holder.ts';
import { lastWrite } from '../../src/adapters/kubernetes/run-store/last-write.ts';
import { leaseName } from '../../src/adapters/kubernetes/run-store/names.ts';
import { describeRunStore } from '../contract/run-store-contract.ts';
import { recordOf } from '../fakes/records.ts';
import { clusterOfFile } from './support/cluster.ts';
import { openHere } from './support/open-here.ts';

/*
 * The record of a run in a real cluster: two clients stand for two machines.
 */

const cluster = clusterOfFile();
const made: string[] = [];

const open = (namespace: string): Promise<KubeApi> => openHere(cluster().kubeconfig, namespace);

afterAll(async () => {
  if (made.length === 0) return;
  const admin = await open('default');
  for (const name of made) {
    const found = await admin.get(RESOURCES.namespaces, name);
    if (found !== undefined) await admin.delete(RESOURCES.namespaces, name, { uid: found.metadata.uid });
  }
});

async function twoMachines(): Promise<readonly [KubeApi, KubeApi]> {
  const name = `store-${crypto.randomUUID().slice(0, 8)}`;
  made.push(name);
  const admin = await open('default');
  await admin.create(RESOURCES.namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  return Promise.all([open(name), open(name)]);
}

const here = thisProcess(hostname(), process.pid);
const elsewhere: HolderProcess = { host: 'elsewhere', pid: 1, mark: 'elsewhere', isDead: () => false };

describeRunStore('on a real cluster', async () => {
  const [first, second] = await twoMachines();
  const store = new ClusterRunStore(first, { holder: here });
  return {
    store,
    open: () => new ClusterRunStore(second, { holder: elsewhere }),
    remove: async () => undefined,
  };
});

test('a driver shows it lives by every write: the server stamps each with its own clock', async () => {
  const [api] = await twoMachines();
  const store = new ClusterRunStore(api, { holder: here });
  await store.create(recordOf('weekly-1'), 'x');
  const lock = await store.lock('weekly-1');
  const times = new Set<number | undefined>();
  const stop = new AbortController();
  for await (const event of api.watch(RESOURCES.leases, {}, stop.signal)) {
    const lease = event.kind === 'listed' ? event.items[0] : event.kind === 'changed' ? event.object : undefined;
    if (lease?.metadata.name !== leaseName('weekly-1')) continue;
    times.add(lastWrite(lease));
    if (times.size === 3) stop.abort();
  }
  expect(times.has(undefined)).toBe(false);
  expect(lock?.lost.aborted).toBe(false);
  await lock?.release();
});

test('a driver that fell silent is followed by another once its Lease has run out, not before', async () => {
  const [first, second] = await twoMachines();
  const store = new ClusterRunStore(first, { holder: here });
  const other = new ClusterRunStore(second, { holder: elsewhere });
  await store.create(recordOf('weekly-1'), 'x');
  // What a driver leaves that was killed: its Lease, and nobody who renews it.
  const dying: HolderProcess = { ...elsewhere, host: 'gone', mark: 'gone' };
  const gone = silentAfterFirstWrite(first);
  await new ClusterRunStore(gone, { holder: dying }).lock('weekly-1');
  const taken = Date.now();

  expect(await other.lock('weekly-1')).toBeUndefined();
  await expect(other.takeOver('weekly-1')).rejects.toMatchObject({ code: 'name-taken', exitCode: 8 });
  expect(await other.untilUndriven('weekly-1', new AbortController().signal)).toBe(true);
  expect(Date.now() - taken).toBeGreaterThan(30_000);
  const lock = await other.lock('weekly-1');
  expect(lock).toBeDefined();
  await lock?.release();
});

/** A client that can take a Lease and never renew it. */
function silentAfterFirstWrite(api: KubeApi): KubeApi {
  const replace: KubeApi['replace'] = (_resource, _object, signal) =>
    new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
  return new Proxy(api, { get: (target, key) => (key === 'replace' ? replace : Reflect.get(target, key)) });
}
