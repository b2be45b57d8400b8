import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Limits } from '../../src/adapters/kubernetes/api/http/timing.ts';
import { type KubeApi, RESOURCES, type WatchEvent } from '../../src/adapters/kubernetes/api/kube-api.ts';
import { openCluster } from '../../src/adapters/kubernetes/api/open-cluster.ts';
import { clusterOfFile } from './support/cluster.ts';
import { FaultProxy } from './support/fault-proxy.ts';

/*
 * The transport against a real API server, with a network between them that does what networks do.
 */

const { configMaps } = RESOURCES;
const cluster = clusterOfFile();

let folder: string;
let proxy: FaultProxy;
/** Past the proxy. */
let direct: KubeApi;
let troubles: string[];
let open: (limits?: Partial<Limits>) => Promise<KubeApi>;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ilab-faults-'));
  const namespace = await cluster().namespace();
  const through = await FaultProxy.before(cluster().kubeconfig, folder);
  proxy = through.proxy;
  troubles = [];
  const common = { env: process.env, home: folder, namespace, userAgent: 'ilab-backend/test' };
  direct = await openCluster({ ...common, kubeconfig: cluster().kubeconfig });
  open = (limits = {}) =>
    openCluster({ ...common, kubeconfig: through.kubeconfig, limits, onTrouble: (message) => troubles.push(message) });
});

afterEach(async () => {
  await proxy.close();
  rmSync(folder, { recursive: true, force: true });
});

const object = (name: string, value = '1') => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data: { value },
});

const nameOf = (event: WatchEvent): string =>
  event.kind === 'changed' || event.kind === 'deleted' ? `${event.kind} ${event.object.metadata.name}` : event.kind;

/** What a watch tells until `last`; `onEvent` acts on the world. */
async function hear(api: KubeApi, last: string, onEvent: (told: string) => Promise<void>): Promise<string[]> {
  const stop = new AbortController();
  const told: string[] = [];
  for await (const event of api.watch(configMaps, { labels: '!kubernetes.io/description' }, stop.signal)) {
    const words = nameOf(event);
    told.push(words);
    await onEvent(words);
    if (words === last) stop.abort();
  }
  return told.filter((words) => !words.includes('kube-root-ca.crt'));
}

describe('a watch', () => {
  test('row 1: goes on after the server was away, without loss and without repetition', async () => {
    const api = await open();
    const told = await hear(api, 'changed after', async (words) => {
      if (words === 'listed') await direct.create(configMaps, object('first'));
      if (words === 'changed first') {
        await proxy.refuse();
        proxy.cut();
        await direct.create(configMaps, object('meanwhile'));
        void vi.waitFor(() => expect(troubles).toHaveLength(1), { timeout: 60_000 }).then(() => proxy.listen());
      }
      if (words === 'changed meanwhile') await direct.create(configMaps, object('after'));
    });
    expect(told).toEqual(['listed', 'changed first', 'changed meanwhile', 'changed after']);
    expect(troubles).toEqual([expect.stringMatching(/^the API server does not answer: .*; last contact .* ago/)]);
  });

  test('row 13: notices a black hole, and what happened in it', async () => {
    const api = await open({ watchQuiet: 2000 });
    const told = await hear(api, 'changed meanwhile', async (words) => {
      if (words === 'listed') await direct.create(configMaps, object('first'));
      if (words !== 'changed first') return;
      proxy.steer({ up: 'drop', down: 'drop' });
      await direct.create(configMaps, object('meanwhile'));
    });
    expect(told.filter((words) => words.startsWith('changed'))).toEqual(['changed first', 'changed meanwhile']);
  });

  test('row 14: cut at any place of the stream goes on without loss and without repetition', async () => {
    const api = await open();
    const names = Array.from({ length: 12 }, (_, index) => `n-${String(index).padStart(2, '0')}`);
    let at = 0;
    const next = async (): Promise<void> => {
      const name = names[at];
      at += 1;
      if (name === undefined) return;
      const made = direct.create(configMaps, object(name, 'x'.repeat(at * 37_000)));
      const seen = proxy.bytes.down;
      if (at % 3 === 0) {
        await expect.poll(() => proxy.bytes.down, { interval: 1, timeout: 10_000 }).toBeGreaterThan(seen);
        proxy.cut();
      }
      await made;
    };
    const told = await hear(api, `changed ${names.at(-1)}`, async (words) => {
      if (words === 'listed' || words.startsWith('changed n-')) await next();
    });
    expect(told.filter((words) => words.startsWith('changed'))).toEqual(names.map((name) => `changed ${name}`));
  });
});

describe('a write', () => {
  test('row 3: to a server that is away fails with nothing stored, a read waits', async () => {
    const api = await open();
    await api.get(configMaps, 'none');
    await proxy.refuse();
    proxy.cut();
    // The first may find a kept connection that is cut at this very moment.
    await expect(api.create(configMaps, object('one'))).rejects.toThrow();
    await expect(api.create(configMaps, object('one'))).rejects.toMatchObject({ kind: 'unreachable' });
    expect(await direct.get(configMaps, 'one')).toBeUndefined();
    const found = api.get(configMaps, 'none');
    await expect.poll(() => troubles.length, { timeout: 10_000 }).toBeGreaterThan(0);
    await proxy.listen();
    expect(await found).toBeUndefined();
  });

  test('row 8: whose answer is lost was stored once, and can be found', async () => {
    const api = await open();
    await api.get(configMaps, 'one');
    proxy.steer({ down: 'drop' });
    const created = api.create(configMaps, object('one')).catch((error: unknown) => error);
    await expect.poll(() => direct.get(configMaps, 'one'), { timeout: 10_000 }).toBeDefined();
    proxy.cut();
    expect(await created).toMatchObject({ kind: 'ambiguous' });
    expect((await api.get(configMaps, 'one'))?.metadata.uid).toBe((await direct.get(configMaps, 'one'))?.metadata.uid);
    await expect(api.create(configMaps, object('one'))).rejects.toMatchObject({ kind: 'exists' });
  });

  test('row 8: that is never answered is open after its deadline', async () => {
    const api = await open({ writeHeaders: 1000 });
    await api.get(configMaps, 'one');
    proxy.steer({ down: 'drop' });
    await expect(api.create(configMaps, object('one'))).rejects.toMatchObject({ kind: 'ambiguous' });
    expect(await api.get(configMaps, 'one')).toBeDefined();
  });

  test('row 9: that was cut before it arrived was not stored, and can be sent again', async () => {
    const api = await open();
    await api.get(configMaps, 'one');
    proxy.steer({ up: 'drop' });
    const seen = proxy.bytes.up;
    const created = api.create(configMaps, object('one')).catch((error: unknown) => error);
    await expect.poll(() => proxy.bytes.up, { timeout: 10_000 }).toBeGreaterThan(seen);
    proxy.cut();
    expect(await created).toMatchObject({ kind: 'ambiguous' });
    expect(await api.get(configMaps, 'one')).toBeUndefined();
    expect(await api.create(configMaps, object('one'))).toBeDefined();
  });

  test('row 10: that lands after its sender died does not take the place of the next one', async () => {
    const dying = await open();
    await dying.get(configMaps, 'one');
    proxy.steer({ up: 'hold' });
    const died = new AbortController();
    const seen = proxy.bytes.up;
    const lost = dying
      .create(configMaps, object('one', 'of the dead'), {}, died.signal)
      .catch((error: unknown) => error);
    await expect.poll(() => proxy.bytes.up, { timeout: 10_000 }).toBeGreaterThan(seen);
    died.abort(new Error('kill -9'));
    expect(await lost).toMatchObject({ message: 'kill -9' });
    const made = await (await open()).create(configMaps, object('one', 'of the living'));
    proxy.release();
    const after = await direct.list(configMaps, { fields: 'metadata.name=one' });
    expect(after.items.map(({ metadata }) => metadata.uid)).toEqual([made.metadata.uid]);
    expect(after.items[0]?.['data']).toEqual({ value: 'of the living' });
  });
});
