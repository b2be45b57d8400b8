import { beforeEach, describe, expect, test } from 'vitest';
import { type KubeApi, type KubeObject, RESOURCES, textAt } from '../../../../src/adapters/kubernetes/api/kube-api.ts';
import { ClusterRunStore } from '../../../../src/adapters/kubernetes/run-store/cluster-run-store.ts';
import type { JsonObject } from '../../../../src/domain/json.ts';
import { recordOf } from '../../../fakes/records.ts';
import { type Machine, StoreWorld } from './world.ts';

const { leases } = RESOURCES;
const never = new AbortController().signal;

let world: StoreWorld;
let here: Machine;
let elsewhere: Machine;

beforeEach(async () => {
  world = new StoreWorld();
  here = world.machine();
  elsewhere = world.machine();
  await here.store.create(recordOf('weekly-1'), 'x');
});

async function locked(machine: Machine, driver?: string) {
  const lock = await machine.store.lock('weekly-1', driver);
  if (lock === undefined) throw new Error('another driver lives');
  return lock;
}

function lease(): KubeObject | undefined {
  return world.cluster.objects(leases)[0];
}

describe('a Lease', () => {
  test('says who drives, reads well, and goes with the run', async () => {
    await locked(here, 'driver-1');
    expect(lease()).toMatchObject({
      metadata: {
        name: 'weekly-1-run',
        labels: { 'app.kubernetes.io/managed-by': 'ilab-backend', 'ilab-backend.dev/run': 'weekly-1' },
        ownerReferences: [{ kind: 'ConfigMap', name: 'weekly-1-run' }],
      },
      spec: { holderIdentity: 'driver-1@host-1/1', leaseDurationSeconds: 30, leaseTransitions: 0 },
    });
  });

  test('is renewed as long as its driver lives, whatever its machine thinks what time it is', async () => {
    const lock = await locked(here);
    const before = world.cluster.requests.length;
    await world.clock.advance(300);
    expect(world.cluster.requests.slice(before).map(({ verb }) => verb)).toEqual(Array(30).fill('update'));
    expect(lock.lost.aborted).toBe(false);
    expect(await elsewhere.store.lock('weekly-1')).toBeUndefined();
    await lock.release();
  });

  test('runs out 35 s after the last sign of its driver, not before', async () => {
    await locked(here);
    here.api.kill();
    await world.clock.advance(34);
    expect(await elsewhere.store.isLocked('weekly-1')).toBe(true);
    expect(await elsewhere.store.lock('weekly-1')).toBeUndefined();
    await world.clock.advance(2);
    expect(await elsewhere.store.isLocked('weekly-1')).toBe(false);
    const lock = await locked(elsewhere);
    expect(lease()).toMatchObject({
      spec: { holderIdentity: expect.stringContaining('@host-2/2'), leaseTransitions: 1 },
    });
    await lock.release();
  });

  test('of a process that is known to be dead is free at once, on its machine only', async () => {
    const sibling = world.machine({ host: here.host });
    await locked(here);
    here.api.kill();
    world.dead.add(here.mark);
    expect(await elsewhere.store.isLocked('weekly-1')).toBe(true);
    expect(await sibling.store.isLocked('weekly-1')).toBe(false);
    await (await locked(sibling)).release();
  });

  test('of a living driver is not taken over; the refusal says when it gave its last sign', async () => {
    const lock = await locked(here, 'driver-1');
    await world.clock.advance(7);
    await expect(elsewhere.store.takeOver('weekly-1')).rejects.toMatchObject({
      code: 'name-taken',
      exitCode: 8,
      message: 'run weekly-1 has a driver: driver-1@host-1/1 alive, last sign 7 s ago',
    });
    await lock.release();
    await (await elsewhere.store.takeOver('weekly-1')).release();
  });

  test('that somebody else wrote to stays with its driver', async () => {
    const lock = await locked(here);
    const now = lease();
    if (now === undefined) throw new Error('there is no Lease');
    const annotations = { ...(now.metadata['annotations'] as JsonObject), note: 'hello' };
    await elsewhere.api.replace(leases, { ...now, metadata: { ...now.metadata, annotations } });
    await world.clock.advance(60);
    expect(lock.lost.aborted).toBe(false);
    expect(textAt(lease(), 'metadata', 'annotations', 'note')).toBe('hello');
    await lock.release();
    expect(textAt(lease(), 'spec', 'holderIdentity')).toBeUndefined();
  });
});

describe('a driver loses its right', () => {
  test('5 s before the Lease runs out when it cannot be renewed, and has it again when the cluster is back', async () => {
    const lock = await locked(here);
    await world.clock.advance(10);
    world.cluster.reachable = false;
    await world.clock.advance(24);
    expect(lock.lost.aborted).toBe(false);
    await world.clock.advance(2);
    expect(lock.lost.aborted).toBe(true);
    await lock.release();
    world.cluster.reachable = true;
    // The Lease still names this process: nobody but itself can know that it has let go.
    expect(await elsewhere.store.lock('weekly-1')).toBeUndefined();
    await (await locked(here)).release();
  });

  test('when it slept and another one took over; it does not give back what is not its own', async () => {
    const lock = await locked(here);
    world.clock.skip(60);
    const taken = await locked(elsewhere, 'driver-2');
    await world.clock.advance(1);
    expect(lock.lost.aborted).toBe(true);
    await lock.release();
    expect(textAt(lease(), 'spec', 'holderIdentity')).toBe('driver-2@host-2/2');
    expect(taken.lost.aborted).toBe(false);
    await taken.release();
  });

  test('at the next renewal when a person deleted the Lease, and another took it before', async () => {
    const lock = await locked(here);
    const now = lease();
    await elsewhere.api.delete(leases, 'weekly-1-run', { uid: now?.metadata.uid ?? '' });
    const taken = await locked(elsewhere);
    await world.clock.advance(10);
    expect(lock.lost.aborted).toBe(true);
    expect(taken.lost.aborted).toBe(false);
    await taken.release();
  });

  test('is spared when a renewal was stored and only its answer was lost', async () => {
    const lock = await locked(here);
    world.cluster.failNext('update', 'leases', 'ambiguous-stored');
    world.cluster.failNext('update', 'leases', 'ambiguous-lost');
    world.cluster.failNext('update', 'leases', 'server');
    await world.clock.advance(60);
    expect(lock.lost.aborted).toBe(false);
    await lock.release();
  });
});

describe('a lock whose answer was lost', () => {
  test.each(['ambiguous-stored', 'ambiguous-lost'] as const)('%s: it is held, once', async (fault) => {
    world.cluster.failNext('create', 'leases', fault);
    const lock = await locked(here);
    expect(await elsewhere.store.lock('weekly-1')).toBeUndefined();
    await lock.release();
    world.cluster.failNext('update', 'leases', fault);
    const next = await locked(elsewhere);
    expect(await here.store.lock('weekly-1')).toBeUndefined();
    await next.release();
  });
});

describe('who follows', () => {
  test('is told soon after a driver died, and while the cluster is away not at all', async () => {
    await locked(here);
    let free = false;
    const follows = elsewhere.store.untilUndriven('weekly-1', never).then((undriven) => {
      free = undriven;
    });
    here.api.kill();
    await world.clock.advance(20);
    world.cluster.reachable = false;
    await world.clock.advance(10);
    expect(free).toBe(false);
    world.cluster.reachable = true;
    await world.clock.advance(4);
    expect(free).toBe(false);
    await world.clock.advance(3);
    expect(free).toBe(true);
    await follows;
  });

  test('asks nothing while nothing happens', async () => {
    const lock = await locked(here);
    const stop = new AbortController();
    const follows = elsewhere.store.untilUndriven('weekly-1', stop.signal);
    await world.clock.advance(1);
    const before = elsewhere.api.counters.requests;
    await world.clock.advance(100);
    expect(elsewhere.api.counters.requests).toBe(before);
    stop.abort();
    expect(await follows).toBe(false);
    await lock.release();
  });
});

describe('a cluster that keeps no managedFields', () => {
  const old = (): ClusterRunStore => {
    const api = without(world.cluster.client({ user: 'old' }));
    const holder = { host: 'old', pid: 1, mark: 'old', isDead: () => false };
    return new ClusterRunStore(api, { holder, clock: world.clock });
  };

  test('a driver lives that writes while we look', async () => {
    const lock = await locked(here);
    const wants = old().lock('weekly-1');
    await world.clock.advance(20);
    expect(await wants).toBeUndefined();
    await lock.release();
  });

  test('a driver is gone that wrote nothing in the whole time of its Lease', async () => {
    await locked(here);
    here.api.kill();
    const store = old();
    const wants = store.lock('weekly-1');
    await world.clock.advance(34);
    expect(textAt(lease(), 'spec', 'holderIdentity')).toContain('@host-1/');
    await world.clock.advance(10);
    const lock = await wants;
    expect(lock).toBeDefined();
    expect(textAt(lease(), 'spec', 'holderIdentity')).toContain('@old/');
    await lock?.release();
  });
});

/** The same API without what newer servers add. */
function without(api: KubeApi): KubeApi {
  const get: KubeApi['get'] = async (...input) => {
    const found = await api.get(...input);
    if (found === undefined) return undefined;
    const { managedFields: _dropped, ...metadata } = found.metadata;
    return { ...found, metadata };
  };
  return new Proxy(api, {
    get: (target, key) => {
      const value: unknown = key === 'get' ? get : Reflect.get(target, key);
      return typeof value === 'function' && key !== 'get' ? value.bind(target) : value;
    },
  });
}
