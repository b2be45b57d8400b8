import { describe, expect, test } from 'vitest';
import { RESOURCES, textAt } from '../../../../src/adapters/kubernetes/api/kube-api.ts';
import { ClientDied } from '../../../fakes/memory-cluster/memory-kube-api.ts';
import { recordOf } from '../../../fakes/records.ts';
import { type Machine, StoreWorld } from './world.ts';

/*
 * A program dies before or after each request that it sends; another machine goes on. Whatever the moment, it finds the run
 * as it was before or as it is after, never something between, and can do the same itself.
 */

const { configMaps, leases } = RESOURCES;
const SOURCES = 'the sources of the run';

/** What a program that dies was about to do, and what another finds and does afterwards. */
interface Deed {
  readonly what: string;
  prepare(world: StoreWorld, dying: Machine): Promise<void>;
  work(world: StoreWorld, dying: Machine): Promise<unknown>;
  /** What may be seen afterwards, by anybody. */
  check(world: StoreWorld, other: Machine): Promise<void>;
  /** The same by another machine: it must work. */
  again(world: StoreWorld, other: Machine): Promise<void>;
}

const record = recordOf('weekly-1');
const create = (machine: Machine, id: string) => machine.store.create({ ...record, id }, SOURCES);

const DEEDS: readonly Deed[] = [
  {
    what: 'create',
    prepare: async () => undefined,
    work: (_world, dying) => create(dying, 'of-the-dead'),
    check: async (_world, other) => {
      const found = await other.store.read('weekly-1');
      if (found === undefined) return expectNoRun(other);
      expect(found.record.id).toBe('of-the-dead');
      expect(await other.store.readSources('weekly-1')).toBe(SOURCES);
    },
    again: async (world, other) => {
      const done = (await other.store.read('weekly-1')) !== undefined;
      const made = await through(world, create(other, 'of-the-living'));
      expect(made === undefined).toBe(done);
      expect((await other.store.read('weekly-1'))?.record.id).toBe(done ? 'of-the-dead' : 'of-the-living');
      expect(await other.store.readSources('weekly-1')).toBe(SOURCES);
    },
  },
  {
    what: 'update',
    prepare: async (_world, dying) => {
      await create(dying, 'id');
    },
    work: async (_world, dying) => {
      const stored = await dying.store.read('weekly-1');
      return dying.store.update({ ...record, id: 'id', epoch: 2 }, stored?.version ?? '');
    },
    check: async (_world, other) => {
      expect([1, 2]).toContain((await other.store.read('weekly-1'))?.record.epoch);
    },
    again: async (_world, other) => {
      const stored = await other.store.read('weekly-1');
      expect(await other.store.update({ ...record, id: 'id', epoch: 3 }, stored?.version ?? '')).toBeDefined();
      expect((await other.store.read('weekly-1'))?.record.epoch).toBe(3);
    },
  },
  {
    what: 'lock',
    prepare: async (_world, dying) => {
      await create(dying, 'id');
    },
    work: (_world, dying) => dying.store.lock('weekly-1'),
    check: async (world, other) => {
      // Held or not: after its time anybody may have it.
      const held = await other.store.isLocked('weekly-1');
      expect(held).toBe(world.cluster.objects(leases).length === 1);
    },
    again: async (world, other) => expectLockable(world, other),
  },
  {
    what: 'a lock that another one left',
    prepare: async (world, dying) => {
      await create(dying, 'id');
      const before = world.machine();
      await before.store.lock('weekly-1');
      before.api.kill();
      await world.clock.advance(36);
    },
    work: (_world, dying) => dying.store.lock('weekly-1'),
    check: async () => undefined,
    again: async (world, other) => expectLockable(world, other),
  },
  {
    what: 'release',
    prepare: async (_world, dying) => {
      await create(dying, 'id');
    },
    work: async (_world, dying) => (await dying.store.lock('weekly-1'))?.release(),
    check: async () => undefined,
    again: async (world, other) => expectLockable(world, other),
  },
  {
    what: 'remove',
    prepare: async (_world, dying) => {
      await create(dying, 'id');
      await (await dying.store.lock('weekly-1'))?.release();
    },
    work: (_world, dying) => dying.store.remove('weekly-1'),
    check: async (_world, other) => {
      const found = await other.store.read('weekly-1');
      if (found === undefined) return expectNoRun(other);
      expect(await other.store.readSources('weekly-1')).toBe(SOURCES);
    },
    again: async (world, other) => {
      await other.store.remove('weekly-1');
      expect(world.cluster.objects(configMaps)).toEqual([]);
      expect(world.cluster.objects(leases)).toEqual([]);
      expect(await create(other, 'next')).toBeDefined();
      expect(await other.store.readSources('weekly-1')).toBe(SOURCES);
    },
  },
];

describe.each(DEEDS)('a program dies in $what', (deed) => {
  test('at any request: what is seen is whole, and another machine goes on', async () => {
    const requests = await countRequests(deed);
    expect(requests).toBeGreaterThan(1);
    for (let count = 1; count <= requests; count += 1) {
      for (const moment of ['before', 'after'] as const) {
        const world = new StoreWorld();
        const dying = world.machine();
        await deed.prepare(world, dying);
        world.killAt(dying, count, moment);
        // Giving a lock back is a courtesy: its faults are nobody's business, so a kill there is not told.
        await deed.work(world, dying).catch((error: unknown) => expect(error).toBeInstanceOf(ClientDied));
        await expect(dying.api.get(configMaps, 'any'), `${moment} request ${count}`).rejects.toThrow(ClientDied);
        const other = world.machine();
        await deed.check(world, other);
        await deed.again(world, other);
      }
    }
  });
});

test('pieces of several megabytes: a creator that dies among them leaves no run', async () => {
  const sources = Array.from({ length: 300_000 }, (_, index) => Math.sin(index).toString(36).slice(2)).join('');
  const world = new StoreWorld();
  const dying = world.machine();
  world.cluster.hook = (moment, request) => {
    if (moment === 'after' && request.name === 'weekly-1-sources-2') dying.api.kill();
  };
  await expect(dying.store.create(record, sources)).rejects.toThrow('killed');
  const other = world.machine();
  expect(await other.store.read('weekly-1')).toBeUndefined();
  // Shorter ones: no piece of the first may be taken for one of the second.
  await through(world, other.store.create(record, SOURCES));
  expect(await other.store.readSources('weekly-1')).toBe(SOURCES);
  expect(world.cluster.objects(configMaps).map(({ metadata }) => metadata.name)).toEqual([
    'weekly-1-run',
    'weekly-1-sources-1',
  ]);
});

test('a creator that only slept is not taken for the one that took its name over', async () => {
  const world = new StoreWorld();
  const slow = world.machine();
  const quick = world.machine();
  const awake = Promise.withResolvers<void>();
  const asleep = Promise.withResolvers<void>();
  world.cluster.hook = async (moment, request) => {
    if (moment !== 'before' || request.user !== slow.host || request.name !== 'weekly-1-sources-1') return;
    asleep.resolve();
    await awake.promise;
  };
  const first = slow.store.create({ ...record, id: 'slow' }, 'sources of the slow one');
  await asleep.promise;
  await through(world, quick.store.create({ ...record, id: 'quick' }, SOURCES));
  awake.resolve();

  expect(await first).toBeUndefined();
  expect((await slow.store.read('weekly-1'))?.record.id).toBe('quick');
  expect(await slow.store.readSources('weekly-1')).toBe(SOURCES);
});

async function countRequests(deed: Deed): Promise<number> {
  const world = new StoreWorld();
  const machine = world.machine();
  await deed.prepare(world, machine);
  const before = world.cluster.requests.length;
  await deed.work(world, machine);
  return world.cluster.requests.length - before;
}

/** Waits for work that waits for time to pass. */
async function through<T>(world: StoreWorld, work: Promise<T>): Promise<T> {
  let over = false;
  const watched = work.finally(() => {
    over = true;
  });
  watched.catch(() => undefined);
  for (let seconds = 0; seconds < 120 && !over; seconds += 1) await world.clock.advance(1);
  return watched;
}

async function expectNoRun({ store }: Machine): Promise<void> {
  expect(await store.list()).toEqual([]);
  await expect(store.lock('weekly-1')).rejects.toMatchObject({ code: 'not-found' });
  for await (const seen of store.watch('weekly-1', AbortSignal.timeout(20))) throw new Error(`a run: ${seen.version}`);
}

async function expectLockable(world: StoreWorld, { store }: Machine): Promise<void> {
  const free = store.untilUndriven('weekly-1', new AbortController().signal);
  expect(await through(world, free)).toBe(true);
  const lock = await store.lock('weekly-1');
  expect(lock).toBeDefined();
  const [lease] = world.cluster.objects(leases);
  expect(textAt(lease, 'spec', 'holderIdentity')).toMatch(/@host-/);
  await lock?.release();
  expect(await store.isLocked('weekly-1')).toBe(false);
}
