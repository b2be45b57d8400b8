import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  type KubeApi,
  type KubeFault,
  type KubeObject,
  listAt,
  RESOURCES,
  textAt,
  type WatchEvent,
} from '../../src/adapters/kubernetes/api/kube-api.ts';
import type { JsonObject } from '../../src/domain/json.ts';

const { configMaps, leases, jobs } = RESOURCES;

/** A namespace of one's own, empty, for one test. */
export interface KubeHarness {
  readonly api: KubeApi;
  /** The same namespace as another program sees it. */
  open(): KubeApi;
  remove(): Promise<void>;
}

/** What the stores and the target rely on, whoever serves the API (src/adapters/kubernetes/api/kube-api.ts). */
export function describeKubeApi(name: string, make: () => Promise<KubeHarness>): void {
  describe(`the API of ${name}`, () => {
    let here: KubeHarness;
    let api: KubeApi;
    beforeEach(async () => {
      here = await make();
      api = here.api;
    });
    afterEach(() => here.remove());

    const faultOf = async (work: Promise<unknown>): Promise<Partial<KubeFault>> => {
      try {
        await work;
      } catch (error) {
        const { name: kind, ...rest } = error as KubeFault;
        return { name: kind, ...rest };
      }
      throw new Error('it was accepted');
    };

    describe('an object', () => {
      test('gets an identity, a version and the namespace, and keeps what nobody here knows', async () => {
        const made = await api.create(configMaps, configMap('one', { data: { a: '1' } }));
        expect(made.metadata).toMatchObject({ name: 'one', namespace: api.place.namespace });
        expect(made.metadata.uid).toMatch(/./);
        const found = await here.open().get(configMaps, 'one');
        expect(found).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap', data: { a: '1' } });
        expect(found?.metadata.resourceVersion).toBe(made.metadata.resourceVersion);
        expect(await api.get(configMaps, 'two')).toBeUndefined();
      });

      test('has a name that is given once', async () => {
        await api.create(configMaps, configMap('one'));
        expect(await faultOf(api.create(configMaps, configMap('one')))).toMatchObject({
          name: 'KubeFault',
          kind: 'exists',
          status: 409,
        });
      });

      test('is not stored by a dry run, which judges all the same', async () => {
        const preview = await api.create(configMaps, configMap('one'), { dryRun: true });
        expect(preview.metadata.name).toBe('one');
        expect(await api.get(configMaps, 'one')).toBeUndefined();
        const wrong = api.create(configMaps, configMap('Not_A_Name'), { dryRun: true });
        expect(await faultOf(wrong)).toMatchObject({ kind: 'invalid' });
      });

      test('that is deleted and made again is another one', async () => {
        const first = await api.create(configMaps, configMap('one'));
        await api.delete(configMaps, 'one', { uid: first.metadata.uid });
        const second = await api.create(configMaps, configMap('one'));
        expect(second.metadata.uid).not.toBe(first.metadata.uid);
      });
    });

    describe('a write', () => {
      test('needs the version it was read at', async () => {
        const first = await api.create(configMaps, configMap('one', { data: { a: '1' } }));
        const second = await api.replace(configMaps, { ...first, data: { a: '2' } });
        expect(second.metadata.uid).toBe(first.metadata.uid);
        expect(second.metadata.resourceVersion).not.toBe(first.metadata.resourceVersion);
        expect(await faultOf(here.open().replace(configMaps, { ...first, data: { a: '3' } }))).toMatchObject({
          kind: 'conflict',
        });
        expect((await api.get(configMaps, 'one'))?.['data']).toEqual({ a: '2' });
      });

      test('of what is gone, or of another object of the name, is refused', async () => {
        const first = await api.create(configMaps, configMap('one'));
        await api.delete(configMaps, 'one', { uid: first.metadata.uid });
        expect(['not-found', 'conflict']).toContain((await faultOf(api.replace(configMaps, first))).kind);
        await api.create(configMaps, configMap('one'));
        expect(await faultOf(api.replace(configMaps, first))).toMatchObject({ kind: 'conflict' });
      });

      test('stamps managedFields by the clock of the server, whole seconds', async () => {
        const made = await api.create(configMaps, configMap('one', { data: { a: '1' } }));
        const written = await api.replace(configMaps, { ...made, data: { a: '2' } });
        const times = listAt(written, 'metadata', 'managedFields').map((entry) => textAt(entry, 'time') ?? '');
        expect(times.length).toBeGreaterThan(0);
        for (const time of times) {
          expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
          expect(Math.abs(Date.parse(time) - (api.serverNow() ?? 0))).toBeLessThan(60_000);
        }
      });

      test('of an immutable ConfigMap is refused', async () => {
        const made = await api.create(configMaps, configMap('one', { data: { a: '1' }, immutable: true }));
        expect(await faultOf(api.replace(configMaps, { ...made, data: { a: '2' } }))).toMatchObject({
          kind: 'invalid',
        });
      });

      test.each([
        ['a ConfigMap of more than 1 MiB', configMap('one', { data: { a: 'x'.repeat(1024 * 1024 + 1) } })],
        ['a label of 64 characters', configMap('one', {}, { labels: { a: 'x'.repeat(64) } })],
        ['a key with a slash', configMap('one', { data: { 'a/b': '1' } })],
        ['a field that nobody knows', configMap('one', { datas: { a: '1' } })],
        ['another kind', { ...configMap('one'), kind: 'Secret' }],
      ])('of %s is refused', async (_what, object) => {
        expect(['invalid', 'too-large']).toContain((await faultOf(api.create(configMaps, object))).kind);
        expect(await api.get(configMaps, 'one')).toBeUndefined();
      });

      test('of 900 KiB of binary data is taken', async () => {
        const bytes = Buffer.alloc(900 * 1024, 7).toString('base64');
        await api.create(configMaps, configMap('one', { binaryData: { part: bytes } }));
        expect(textAt(await api.get(configMaps, 'one'), 'binaryData', 'part')).toBe(bytes);
      });
    });

    describe('a Lease', () => {
      test.each(['2026-01-01T00:00:00Z', '2026-01-01T00:00:00.000Z'])(
        'with the time %s is refused: six digits',
        async (renewTime) => {
          expect(await faultOf(api.create(leases, lease('one', { renewTime })))).toMatchObject({ kind: 'invalid' });
        },
      );

      test('keeps its times to the microsecond', async () => {
        const spec = { holderIdentity: 'a', leaseDurationSeconds: 30, renewTime: '2026-01-01T00:00:00.123456Z' };
        await api.create(leases, lease('one', spec));
        expect((await api.get(leases, 'one'))?.['spec']).toMatchObject(spec);
      });

      test('is held by one of two who take it at once', async () => {
        const free = await api.create(leases, lease('one', { leaseDurationSeconds: 30 }));
        const take = (client: KubeApi, holderIdentity: string): Promise<KubeObject> =>
          client.replace(leases, { ...free, spec: { ...(free['spec'] as JsonObject), holderIdentity } });
        const both = await Promise.allSettled([take(api, 'a'), take(here.open(), 'b')]);
        expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      });
    });

    describe('delete', () => {
      test('takes the object of that uid only, and says when there is none', async () => {
        const made = await api.create(configMaps, configMap('one'));
        const another = '00000000-0000-4000-8000-000000000000';
        expect(await api.delete(configMaps, 'one', { uid: another })).toBe('absent');
        expect(await api.get(configMaps, 'one')).toBeDefined();
        expect(await api.delete(configMaps, 'one', { uid: made.metadata.uid })).toBe('deleted');
        expect(await api.delete(configMaps, 'one', { uid: made.metadata.uid })).toBe('absent');
      });

      test('takes what the object owns with it', async () => {
        const owner = await api.create(configMaps, configMap('owner'));
        const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: owner.metadata.uid }];
        await api.create(configMaps, configMap('owned', {}, { ownerReferences }));
        await api.create(configMaps, configMap('free'));
        await api.delete(configMaps, 'owner', { uid: owner.metadata.uid });
        await gone(api, 'owned');
        expect(await api.get(configMaps, 'free')).toBeDefined();
      });
    });

    describe('list', () => {
      test('selects by labels and by name', async () => {
        for (const [index, name] of ['a', 'b', 'c'].entries()) {
          await api.create(
            configMaps,
            configMap(name, {}, { labels: { 'test/which': `n${index}`, 'test/all': 'yes' } }),
          );
        }
        const names = async (selector: { labels?: string; fields?: string }): Promise<string[]> =>
          (await api.list(configMaps, selector)).items.map((item) => item.metadata.name);
        expect(await names({ labels: 'test/all=yes' })).toEqual(['a', 'b', 'c']);
        expect(await names({ labels: 'test/which in (n0, n2)' })).toEqual(['a', 'c']);
        expect(await names({ labels: 'test/all,test/which!=n0' })).toEqual(['b', 'c']);
        expect(await names({ labels: 'test/none' })).toEqual([]);
        expect(await names({ fields: 'metadata.name=b' })).toEqual(['b']);
        expect((await api.list(configMaps, { labels: 'test/all' })).items[0]).toMatchObject({ kind: 'ConfigMap' });
        const kept = await api.listAs(configMaps, { labels: 'test/all' }, ({ kind, metadata }) => [
          kind,
          metadata.name,
        ]);
        expect(kept).toEqual(['a', 'b', 'c'].map((name) => ['ConfigMap', name]));
        expect(await faultOf(api.list(configMaps, { fields: 'data.a=1' }))).toMatchObject({ kind: 'invalid' });
      });
    });

    describe('watch', () => {
      test('lists first, then tells each change of what is selected', async () => {
        const made = await api.create(configMaps, configMap('one', { data: { a: '1' } }));
        await api.create(configMaps, configMap('other'));
        const stop = new AbortController();
        const seen: string[] = [];
        for await (const event of api.watch(configMaps, { fields: 'metadata.name=one' }, stop.signal)) {
          seen.push(describeEvent(event));
          if (event.kind === 'listed') await api.replace(configMaps, { ...made, data: { a: '2' } });
          if (event.kind === 'changed') await api.delete(configMaps, 'one', { uid: made.metadata.uid });
          if (event.kind === 'deleted') stop.abort();
        }
        expect(seen).toEqual(['listed one=1', 'changed one=2', 'deleted one=2']);
      });

      test('ends when nobody wants to know any more', async () => {
        const stop = new AbortController();
        for await (const event of api.watch(configMaps, { labels: 'test/none' }, stop.signal)) {
          expect(event).toEqual({ kind: 'listed', items: [] });
          stop.abort();
        }
      });
    });

    test('a Job without a place to run is stored, and refused when its pod template is wrong', async () => {
      const made = await api.create(jobs, job('work'), { dryRun: true });
      expect(made).toMatchObject({ kind: 'Job', spec: { backoffLimit: 0 } });
      expect(await faultOf(api.create(jobs, job('x'.repeat(64)), { dryRun: true }))).toMatchObject({ kind: 'invalid' });
    });

    test('tells what it serves, what the caller may, and what time it is', async () => {
      expect(await api.resourceOf('batch/v1', 'Job')).toEqual(jobs);
      expect(await api.resourceOf('example.com/v1', 'Nothing')).toBeUndefined();
      expect(await api.mayI('create', configMaps)).toBe(true);
      expect(Math.abs((api.serverNow() ?? 0) - Date.now())).toBeLessThan(24 * 3600 * 1000);
      expect(api.counters.requests).toBeGreaterThan(0);
    });
  });
}

function describeEvent(event: WatchEvent): string {
  const words = (object: KubeObject): string => `${object.metadata.name}=${textAt(object, 'data', 'a')}`;
  return `${event.kind} ${event.kind === 'listed' ? event.items.map(words).join() : words(event.object)}`;
}

async function gone(api: KubeApi, name: string): Promise<void> {
  while ((await api.get(configMaps, name)) !== undefined) await turn();
}

function configMap(name: string, fields: JsonObject = {}, metadata: JsonObject = {}): JsonObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...metadata }, ...fields };
}

function lease(name: string, spec: JsonObject): JsonObject {
  return { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name }, spec };
}

function job(name: string): JsonObject {
  const containers = [{ name: 'main', image: 'example.com/none:1', command: ['true'] }];
  const template = { spec: { restartPolicy: 'Never', containers } };
  return { apiVersion: 'batch/v1', kind: 'Job', metadata: { name }, spec: { backoffLimit: 0, template } };
}
