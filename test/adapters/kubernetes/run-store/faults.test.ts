import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { type KubeObject, RESOURCES } from '../../../../src/adapters/kubernetes/api/kube-api.ts';
import { ClusterRunStore } from '../../../../src/adapters/kubernetes/run-store/cluster-run-store.ts';
import type { JsonObject } from '../../../../src/domain/json.ts';
import type { RunRecord } from '../../../../src/domain/run/run-record.ts';
import { attemptOf, recordOf, withStage } from '../../../fakes/records.ts';
import { type Machine, StoreWorld } from './world.ts';

const { configMaps } = RESOURCES;

let world: StoreWorld;
let here: Machine;
let elsewhere: Machine;

beforeEach(() => {
  world = new StoreWorld();
  here = world.machine();
  elsewhere = world.machine();
});

async function created(run = 'weekly-1') {
  const made = await here.store.create(recordOf(run), 'the sources');
  if (made === undefined) throw new Error(`${run} was taken`);
  return made;
}

const epoch = (value: number): RunRecord => ({ ...recordOf('weekly-1'), epoch: value });

test('a namespace that is not there is told apart from one without runs; who may not look is not told so', async () => {
  expect(await here.store.whyNothing()).toBeUndefined();
  const nowhere = new ClusterRunStore(world.cluster.client({ namespace: 'nope', user: 'bob' }), {
    holder: { host: 'h', pid: 1, mark: 'm', isDead: () => false },
  });
  expect(await nowhere.list()).toEqual([]);
  expect(await nowhere.whyNothing()).toMatchObject({
    exitCode: 7,
    message: expect.stringMatching(/^there is no namespace nope on .+ \(context memory\)$/),
  });
  world.cluster.deny('get', 'namespaces', 'bob');
  expect(await nowhere.whyNothing()).toBeUndefined();
});

describe('an answer that was lost', () => {
  test.each(['ambiguous-stored', 'ambiguous-lost', 'unreachable', 'server'] as const)(
    '%s in create: one run, and it is ours',
    async (fault) => {
      for (const verb of ['create', 'update'] as const) world.cluster.failNext(verb, 'configmaps', fault);
      expect((await created()).record.name).toBe('weekly-1');
      expect(await elsewhere.store.readSources('weekly-1')).toBe('the sources');
    },
  );

  test.each(['ambiguous-stored', 'ambiguous-lost', 'unreachable', 'server'] as const)(
    '%s in update: the record is written, and the next write has its version',
    async (fault) => {
      const made = await created();
      world.cluster.failNext('update', 'configmaps', fault);
      const second = await here.store.update(epoch(2), made.version);
      expect(second?.record.epoch).toBe(2);
      expect(await here.store.update(epoch(3), second?.version ?? '')).toBeDefined();
      expect((await elsewhere.store.read('weekly-1'))?.record.epoch).toBe(3);
    },
  );

  test('of a write over which another one wrote is a conflict: merge and write again', async () => {
    const made = await created();
    world.cluster.failNext('update', 'configmaps', 'ambiguous-stored');
    let done = false;
    world.cluster.hook = async (moment, request) => {
      if (moment !== 'before' || request.verb !== 'get' || request.user !== here.host || done) return;
      done = true;
      const seen = await elsewhere.store.read('weekly-1');
      await elsewhere.store.update(epoch(9), seen?.version ?? '');
    };
    expect(await here.store.update(epoch(2), made.version)).toBeUndefined();
    expect((await here.store.read('weekly-1'))?.record.epoch).toBe(9);
  });
});

describe('what cannot be mended by trying', () => {
  test.each([
    ['forbidden', 'cannot-start'],
    ['unauthorized', 'unreachable'],
    ['quota', 'cannot-start'],
    ['too-large', 'storage-failed'],
    ['not-found', 'cannot-start'],
  ] as const)('%s is said as %s, with what was refused', async (fault, code) => {
    world.cluster.failNext('create', 'configmaps', fault, 'the words of the server');
    await expect(created()).rejects.toMatchObject({
      code,
      message: expect.stringContaining('the words of the server'),
    });
  });

  test('a cluster that is away is named, and nothing is half created', async () => {
    world.cluster.reachable = false;
    await expect(here.store.read('weekly-1')).rejects.toMatchObject({
      code: 'unreachable',
      exitCode: 6,
      message: expect.stringContaining('https://memory.test:6443'),
    });
  });

  test('a ConfigMap of the name that is not ours is left alone', async () => {
    await here.api.create(configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'weekly-1-run' } });
    await expect(created()).rejects.toMatchObject({ code: 'name-taken', exitCode: 8 });
    expect(await here.store.read('weekly-1')).toBeUndefined();
    expect(await here.store.remove('weekly-1')).toBe(false);
    expect(world.cluster.objects(configMaps)).toHaveLength(1);
  });
});

describe('stored objects that somebody changed', () => {
  async function edit(name: string, change: (object: KubeObject) => JsonObject): Promise<void> {
    const found = await here.api.get(configMaps, name);
    if (found === undefined) throw new Error(`${name} is not there`);
    await here.api.delete(configMaps, name, { uid: found.metadata.uid });
    const { uid: _uid, resourceVersion: _version, ...metadata } = found.metadata;
    await here.api.create(configMaps, change({ ...found, metadata } as unknown as KubeObject));
  }
  async function damage(change: JsonObject): Promise<void> {
    await created();
    const found = await here.api.get(configMaps, 'weekly-1-run');
    if (found === undefined) throw new Error('it is not there');
    await here.api.replace(configMaps, { ...found, data: { ...(found['data'] as JsonObject), ...change } });
  }

  test.each([
    ['no JSON', { 'record.json': '{' }, 'state-broken'],
    ['another thing', { 'record.json': '{"version":1}' }, 'state-broken'],
    ['of a newer program', { 'record.json': '{"version":2}' }, 'state-newer'],
  ])('a record that is %s is named, hides no other run, and can be removed', async (_what, change, code) => {
    await damage(change);
    await created('weekly-2');
    await expect(elsewhere.store.read('weekly-1')).rejects.toMatchObject({
      code,
      message: expect.stringContaining('ConfigMap weekly-1-run'),
    });
    const unreadable: string[] = [];
    const runs = await elsewhere.store.list(({ name, fault }) => unreadable.push(`${name} ${fault.code}`));
    expect(runs.map(({ record }) => record.name)).toEqual(['weekly-2']);
    expect(unreadable).toEqual([`weekly-1 ${code}`]);
    expect(await elsewhere.store.remove('weekly-1')).toBe(true);
  });

  test('sources of which a piece is missing or changed are refused, with the piece', async () => {
    await created();
    await edit('weekly-1-sources-1', (piece) => ({ ...piece, binaryData: { part: 'AAAA' } }));
    await expect(elsewhere.store.readSources('weekly-1')).rejects.toMatchObject({
      code: 'state-broken',
      message: expect.stringContaining('weekly-1-sources-1 was changed'),
    });
    const piece = await here.api.get(configMaps, 'weekly-1-sources-1');
    await here.api.delete(configMaps, 'weekly-1-sources-1', { uid: piece?.metadata.uid ?? '' });
    await expect(elsewhere.store.readSources('weekly-1')).rejects.toMatchObject({
      message: expect.stringContaining('weekly-1-sources-1 is missing'),
    });
  });
});

describe('a run that is no run', () => {
  test('one that was never planned is told by the list, not read, and can be removed', async () => {
    world.cluster.hook = (moment, request) => {
      if (moment === 'before' && request.name === 'weekly-1-sources-1') here.api.kill();
    };
    await created().catch(() => undefined);
    const told: string[] = [];
    expect(
      await elsewhere.store.list(({ name, fault }) => told.push(`${name}: ${fault.message}; ${fault.hint}`)),
    ).toEqual([]);
    expect(told).toEqual([expect.stringMatching(/^weekly-1: .*never started.*ilab-backend rm weekly-1/)]);
    expect(await elsewhere.store.remove('weekly-1')).toBe(true);
    expect(world.cluster.objects(configMaps)).toEqual([]);
  });

  test('a watcher does not see a run before it is planned, nor while it is removed', async () => {
    const seen: string[] = [];
    const watching = (async () => {
      await created();
      for await (const { record } of elsewhere.store.watch('weekly-1', new AbortController().signal)) {
        seen.push(record.name);
        world.cluster.relist();
        await here.store.remove('weekly-1');
      }
    })();
    await watching;
    expect(seen).toEqual(['weekly-1']);
  });
});

describe('a record that grows', () => {
  const grown = (attempts: number): RunRecord => {
    const message = 'x'.repeat(1000);
    const outcome = { kind: 'lost', message } as const;
    const list = Array.from({ length: attempts }, (_, index) =>
      attemptOf({
        attempt: index + 1,
        state: 'logs-complete',
        outcome,
        key: createHash('sha512').update(String(index)).digest('base64'),
      }),
    );
    return withStage(recordOf('weekly-1'), 'one', { attempts: list });
  };

  test('is packed when people could not read it any more, and is the same', async () => {
    const made = await created();
    const second = await here.store.update(grown(1000), made.version);
    const [anchor] = world.cluster.objects(configMaps).filter(({ metadata }) => metadata.name === 'weekly-1-run');
    expect(Object.keys(anchor?.['data'] as JsonObject)).not.toContain('record.json');
    expect((await elsewhere.store.read('weekly-1'))?.record).toEqual(grown(1000));
    await here.store.update(epoch(2), second?.version ?? '');
    expect((await elsewhere.store.read('weekly-1'))?.record).toEqual(epoch(2));
    expect(await elsewhere.store.readSources('weekly-1')).toBe('the sources');
  });

  test('beyond what a ConfigMap holds is refused by name, and what was stored stays', async () => {
    const made = await created();
    await expect(here.store.update(grown(15_000), made.version)).rejects.toMatchObject({
      code: 'storage-failed',
      message: expect.stringContaining('weekly-1'),
    });
    expect((await elsewhere.store.read('weekly-1'))?.version).toBe(made.version);
  });
});
