import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { at, listAt, RESOURCES, type Resource, textAt } from '../../../../src/adapters/kubernetes/api/kube-api.ts';
import { observeAttempt } from '../../../../src/adapters/kubernetes/target/observe-attempt.ts';
import { RunObjects } from '../../../../src/adapters/kubernetes/target/run-objects.ts';
import type { Observation } from '../../../../src/ports/target.ts';
import { doneJob, endedPod, job, pod, runs } from '../verdict/objects.ts';
import { observe, RESULT, read, specOf, submit, World } from './world.ts';

let world: World;
afterEach(() => world.close());
const never = new AbortController().signal;
const SUSPENDED = {
  suspend: true,
  template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'x' }] } },
};
const TERMINATING =
  'configmaps "x" is forbidden: unable to create new content in namespace lab because it is being terminated';
const last = (seen: readonly Observation[]): Observation | undefined => seen.at(-1);

test('an attempt is told from its start to its result', async () => {
  world = new World({ message: RESULT, log: 'one\ntwo\n' });
  const here = world.machine();
  const { spec, uid } = await submit(here);
  const seen = (await observe(here, spec, uid)).filter(({ kind }) => kind !== 'waiting');
  expect(seen.map(({ kind }) => kind)).toEqual(['started', 'ended']);
  expect(last(seen)).toMatchObject({ outcome: { kind: 'succeeded', result: { metrics: { lines: 2 } } } });
  expect((await read(here, spec)).map(({ text }) => text)).toEqual(['one', 'two']);
});

test('another machine needs nothing but the cluster', async () => {
  world = new World({ message: RESULT, log: 'one\n' });
  const { spec, uid } = await submit(world.machine());
  const other = world.machine();
  expect(last(await observe(other, spec, uid))).toMatchObject({ kind: 'ended', outcome: { kind: 'succeeded' } });
  expect((await read(world.machine(), spec)).map(({ text }) => text)).toEqual(['one']);
});

test('a relist tells nothing twice', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  world = new World({ message: RESULT, until: promise });
  const here = world.machine();
  const { spec, uid } = await submit(here);
  const kinds: string[] = [];
  for await (const { kind } of here.target.observe(spec, uid, never)) {
    kinds.push(kind);
    if (kind !== 'started') continue;
    world.cluster.relist();
    world.cluster.relist();
    resolve();
  }
  expect(kinds.filter((kind) => kind !== 'waiting')).toEqual(['started', 'ended']);
});

test('a server that is away ends nothing', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  world = new World({ message: RESULT, until: promise });
  const here = world.machine();
  const { spec, uid } = await submit(here);
  const kinds: string[] = [];
  for await (const { kind } of here.target.observe(spec, uid, never)) {
    kinds.push(kind);
    if (kind !== 'started') continue;
    world.cluster.reachable = false;
    resolve();
    await delay(50);
    world.cluster.reachable = true;
  }
  expect(kinds.filter((kind) => kind !== 'waiting')).toEqual(['started', 'ended']);
});

test('nobody is told to ask for a right that they have, not even in the first sentence', async () => {
  const told = Promise.withResolvers<void>();
  const message = '0/1 nodes are available: 1 Insufficient cpu. preemption: No preemption victims found.';
  world = new World({ unschedulable: { message, until: told.promise } });
  const { spec, uid } = await submit(world.machine());
  const waits = (): boolean =>
    listAt(world.cluster.objects(RESOURCES.pods, 'lab')[0], 'status', 'conditions').length > 0;
  await expect.poll(waits).toBe(true);
  const words: string[] = [];
  for await (const seen of world.machine().target.observe(spec, uid, never)) {
    if (seen.kind !== 'waiting') continue;
    words.push(`${seen.reason} ${seen.fix}`);
    if (/node/.test(seen.reason)) told.resolve();
  }
  expect(words.join()).toMatch(/no node can ever take it/);
  expect(words.join()).not.toMatch(/the right to list nodes/);
});

test('what waits again, or is in trouble for a while, is told to go on', async () => {
  world = new World();
  const { api } = world.machine();
  const running = { phase: 'Running', state: runs };
  const CUT_OFF = [
    { type: 'ContainersReady', status: 'True' },
    { type: 'Ready', status: 'False' },
  ];
  const views = [
    { job: job(), pods: [pod(running)] },
    { job: job(), pods: [pod({ ...running, conditions: CUT_OFF })] },
    { job: job(), pods: [pod(running)] },
    {
      job: job([], { suspend: true }),
      pods: [pod({ ...running, meta: { deletionTimestamp: '2026-11-30T06:29:00Z' } })],
    },
    { job: job([], { suspend: true }), pods: [] },
    { job: job(), pods: [pod({ ...running, uid: 'other' })] },
    { job: job(), pods: [pod({ ...running, uid: 'other' })] },
    { job: doneJob(), pods: [endedPod(0, { message: RESULT }, { uid: 'other' })] },
  ].map((one) => ({ isListed: true, workloads: [one.job], pods: one.pods }));
  let at = -1;
  const objects = {
    use: () => () => undefined,
    view: () => {
      at = Math.min(at + 1, views.length - 1);
      return views[at] ?? { isListed: false, workloads: [], pods: [] };
    },
    changed: Promise.resolve(),
  };
  const observed = {
    api,
    objects,
    workload: RESOURCES.jobs,
    name: 'weekly-47-train-1',
    uid: 'job-uid',
    monotonic: () => 0,
  };
  const rest = { pause: async () => undefined, logsComplete: async () => undefined, isPlaceEnding: async () => false };
  const seen = await Array.fromAsync(observeAttempt({ ...observed, ...rest }, never));
  expect(seen.map(({ kind }) => kind)).toEqual(['started', 'troubled', 'started', 'waiting', 'started', 'ended']);
  expect(seen[3]).toMatchObject({ reason: 'weekly-47-train-1 is suspended' });
});

test('a watch that has not told of the object yet is waited for', async () => {
  world = new World();
  const { api } = world.machine();
  const { spec, uid } = await submit(world.machine());
  const later = new RunObjects(api, spec.run);
  let looks = 0;
  const objects = {
    use: (kind: Resource) => later.use(kind),
    // The first two looks are those of a watch that began before the object was there.
    view: () => {
      looks += 1;
      return looks < 3 ? { isListed: true, workloads: [], pods: [] } : later.view();
    },
    get changed() {
      return looks < 3 ? Promise.resolve() : later.changed;
    },
  };
  const pause = (ms: number, signal: AbortSignal) => delay(ms, undefined, { signal }).catch(() => undefined);
  const observed = {
    api,
    objects,
    workload: RESOURCES.jobs,
    name: 'weekly-train-1',
    uid,
    monotonic: () => 0,
    pause,
    logsComplete: async () => undefined,
    isPlaceEnding: async () => false,
  };
  const seen = await Array.fromAsync(observeAttempt(observed, never));
  expect(looks).toBeGreaterThan(2);
  expect(last(seen)).toMatchObject({ kind: 'ended', outcome: { kind: 'succeeded' } });
});

describe('ending from outside', () => {
  test('gives the Job a deadline of one second and says why on it; the first reason counts', async () => {
    world = new World({ until: new Promise(() => undefined) });
    const here = world.machine();
    const { spec, uid } = await submit(here);
    await here.target.terminate(spec, uid);
    await world.machine().target.terminate(spec, uid);
    const [job] = world.jobs();
    expect(at(job, 'spec', 'activeDeadlineSeconds')).toBe(1);
    expect(textAt(job, 'metadata', 'annotations', 'ilab-backend.dev/outcome')).toContain('"cancelled"');
    world.failJob('weekly-train-1');
    expect(last(await observe(world.machine(), spec, uid))).toMatchObject({ outcome: { kind: 'cancelled' } });
  });

  test('of a Job that is suspended is over at once, and whoever lets it go on starts nothing', async () => {
    world = new World();
    const here = world.machine();
    const spec = specOf();
    const objects = spec.objects.map((object) => (object['kind'] === 'Job' ? { ...object, spec: SUSPENDED } : object));
    const { uid } = await submit(here, { ...spec, objects });
    const seen: Observation[] = [];
    for await (const observation of here.target.observe(spec, uid, never)) {
      seen.push(observation);
      if (observation.kind === 'waiting') await here.target.terminate(spec, uid);
    }
    expect(last(seen)).toMatchObject({ kind: 'ended', outcome: { kind: 'cancelled' } });
    expect(at(world.jobs()[0], 'spec', 'parallelism')).toBe(0);
  });

  test('is tried again when another wrote in between', async () => {
    world = new World({ until: new Promise(() => undefined) });
    const here = world.machine();
    const { spec, uid } = await submit(here);
    world.cluster.failNext('update', 'jobs', 'conflict');
    await here.target.terminate(spec, uid);
    expect(at(world.jobs()[0], 'spec', 'activeDeadlineSeconds')).toBe(1);
  });

  test('leaves a Job that ended, and one of another identity', async () => {
    world = new World();
    const here = world.machine();
    const { spec, uid } = await submit(here);
    await observe(here, spec, uid);
    await here.target.terminate(spec, uid);
    await here.target.terminate(spec, 'another');
    expect(at(world.jobs()[0], 'spec', 'activeDeadlineSeconds')).toBeUndefined();
  });
});

describe('what can never start', () => {
  test("is ended, so that it does not start behind anybody's back, and has its reason as outcome", async () => {
    const message = 'Container image "x" is not present with pull policy of Never';
    world = new World({ waiting: { reason: 'ErrImageNeverPull', message } });
    const here = world.machine(60);
    const { spec, uid } = await submit(here);
    let seen: Observation | undefined;
    const ended = (async () => {
      for await (const observation of here.target.observe(spec, uid, never)) seen = observation;
    })();
    const told = (): boolean => at(world.jobs()[0], 'spec', 'activeDeadlineSeconds') === 1;
    await expect.poll(told, { timeout: 20_000 }).toBe(true);
    world.failJob('weekly-train-1');
    await ended;
    expect(seen).toMatchObject({ outcome: { kind: 'failed', class: 'config', reason: 'cannot-start' } });
  });

  test('has its time from the cluster, however often the driver changes', async () => {
    world = new World({ unschedulable: { message: '0/1 nodes are available: 1 Insufficient cpu.' } });
    const { spec, uid } = await submit(world.machine());
    const look = async (): Promise<Observation | undefined> => {
      for await (const seen of world.machine().target.observe(spec, uid, never)) return seen;
      return undefined;
    };
    for (let minutes = 0; minutes < 10; minutes += 3) {
      expect(await look()).toMatchObject({ kind: 'waiting' });
      world.cluster.advance(180);
    }
    const ended = look();
    const told = (): boolean => at(world.jobs()[0], 'spec', 'activeDeadlineSeconds') === 1;
    await expect.poll(told, { timeout: 20_000 }).toBe(true);
    world.failJob('weekly-train-1');
    expect(await ended).toMatchObject({
      outcome: { class: 'infra', message: expect.stringMatching(/^it found no room within 10 min/) },
    });
  });
});

describe('a Job that somebody deleted', () => {
  test('is gone: nobody knows how it would have ended', async () => {
    world = new World({ until: new Promise(() => undefined) });
    const here = world.machine();
    const { spec, uid } = await submit(here);
    let seen: Observation | undefined;
    for await (const observation of here.target.observe(spec, uid, never)) {
      seen = observation;
      if (observation.kind !== 'started') continue;
      await world.cluster.client().delete(RESOURCES.jobs, 'weekly-train-1', { uid });
    }
    expect(seen).toEqual({ kind: 'gone' });
  });

  test('with its namespace is gone for that reason', async () => {
    world = new World({ until: new Promise(() => undefined) });
    const here = world.machine();
    const { spec, uid } = await submit(here);
    let seen: Observation | undefined;
    for await (const observation of here.target.observe(spec, uid, never)) {
      seen = observation;
      if (observation.kind !== 'started') continue;
      world.cluster.failNext('create', 'configmaps', 'denied', TERMINATING);
      await world.cluster.client().delete(RESOURCES.jobs, 'weekly-train-1', { uid });
    }
    expect(seen).toEqual({ kind: 'gone', reason: 'namespace lab is being deleted, and all of the run with it' });
  });

  test('and made again under its name is not it', async () => {
    world = new World();
    const here = world.machine();
    const { spec, uid } = await submit(here);
    await observe(here, spec, uid);
    await here.target.remove(spec);
    await submit(here, specOf('another'));
    expect(await observe(world.machine(), spec, uid)).toEqual([{ kind: 'gone' }]);
  });
});

describe('a pod that somebody deleted', () => {
  /** Its Job fails by that. */
  async function deletePod(before: () => void = () => undefined): Promise<Observation | undefined> {
    world = new World({ until: new Promise(() => undefined) });
    const here = world.machine();
    const { spec, uid } = await submit(here);
    let seen: Observation | undefined;
    for await (const observation of here.target.observe(spec, uid, never)) {
      seen = observation;
      if (observation.kind !== 'started') continue;
      before();
      world.failJob('weekly-train-1', 'BackoffLimitExceeded');
    }
    return seen;
  }

  test('is a failure of the cluster', async () => {
    expect(await deletePod()).toMatchObject({ kind: 'ended', outcome: { class: 'infra', reason: 'disrupted' } });
  });

  test('with its namespace says nothing of how the stage ended', async () => {
    const ends = () => world.cluster.failNext('create', 'configmaps', 'denied', TERMINATING);
    expect(await deletePod(ends)).toMatchObject({ kind: 'gone', reason: expect.stringContaining('is being deleted') });
  });

  test('is judged when the server can be asked about its namespace again', async () => {
    const stumbles = () => world.cluster.failNext('create', 'configmaps', 'server');
    expect(await deletePod(stumbles)).toMatchObject({ kind: 'ended', outcome: { reason: 'disrupted' } });
  });
});

test('removing takes what is ours, and leaves what only has the name', async () => {
  world = new World();
  const here = world.machine();
  const { spec, uid } = await submit(here);
  await observe(here, spec, uid);
  const foreign = { name: 'foreign', labels: at(world.configMaps()[0], 'metadata', 'labels') ?? {} };
  await world.cluster.client().create(RESOURCES.configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: foreign });
  await here.target.remove(spec);
  await here.target.remove(spec);
  expect(world.jobs()).toEqual([]);
  expect(world.configMaps().map(({ metadata }) => metadata.name)).toEqual(['foreign']);
  expect(await read(here, spec)).toEqual([]);
});
