import { afterEach, describe, expect, test } from 'vitest';
import { at } from '../../../../src/adapters/kubernetes/api/kube-api.ts';
import { isJsonObject, type JsonObject } from '../../../../src/domain/json.ts';
import { observe, specOf, submit, World } from './world.ts';

let world: World;
afterEach(() => world.close());

describe('whatever becomes of a POST, there is one object and its uid is known', () => {
  test.each([
    { what: 'the answer is lost', fault: 'ambiguous-stored' },
    { what: 'the request is lost', fault: 'ambiguous-lost' },
    { what: 'the server is away', fault: 'unreachable' },
    { what: 'the server cannot', fault: 'server' },
  ] as const)('$what', async ({ fault }) => {
    world = new World();
    world.cluster.failNext('create', 'configmaps', fault);
    world.cluster.failNext('create', 'jobs', fault);
    const { uid } = await submit(world.machine());
    expect(world.jobs().map(({ metadata }) => metadata.uid)).toEqual([uid]);
    expect(world.configMaps()).toHaveLength(1);
  });

  test('a program that died after it', async () => {
    world = new World();
    const first = world.machine();
    world.cluster.hook = (moment, { verb, plural }) => {
      if (moment === 'after' && verb === 'create' && plural === 'jobs') throw new Error('died');
    };
    await expect(first.target.submit(specOf())).rejects.toThrow('died');
    world.cluster.hook = () => undefined;
    expect(await submit(world.machine())).toMatchObject({ kind: 'exists', uid: world.jobs()[0]?.metadata.uid });
    expect(world.jobs()).toHaveLength(1);
  });
});

describe('a Job that the cluster deletes once it has ended', () => {
  const shortLived = (more: JsonObject = {}) => {
    const spec = specOf();
    const objects = spec.objects.map((object) =>
      object['kind'] === 'Job'
        ? { ...object, spec: { ...objectAt(object), ttlSecondsAfterFinished: 0, ...more } }
        : object,
    );
    return { ...spec, objects };
  };
  const objectAt = (object: JsonObject): JsonObject => (isJsonObject(object['spec']) ? object['spec'] : {});
  const suspended = (): unknown => at(world.jobs()[0], 'spec', 'suspend');
  const annotations = (): string => JSON.stringify(at(world.jobs()[0], 'metadata', 'annotations'));

  test('does not begin before its uid is recorded: that is when it is observed', async () => {
    world = new World();
    const { spec, uid } = await submit(world.machine(), shortLived());
    expect(suspended()).toBe(true);
    // Whoever finds it knows it by its key, whatever became of the first driver.
    expect(await submit(world.machine(), shortLived())).toMatchObject({ kind: 'exists', uid });
    expect(suspended()).toBe(true);
    world.cluster.failNext('update', 'jobs', 'conflict');
    expect((await observe(world.machine(), spec, uid)).at(-1)).toMatchObject({ outcome: { kind: 'succeeded' } });
    expect(suspended()).toBe(false);
    expect(annotations()).not.toContain('held');
  });

  test('and that a queue holds is left to the queue', async () => {
    world = new World();
    await submit(world.machine(), shortLived({ suspend: true }));
    expect(annotations()).not.toContain('held');
  });

  test('alone is held back', async () => {
    world = new World();
    await submit(world.machine());
    expect(suspended()).toBeUndefined();
  });
});

test('whether pods may be tried is asked once, however many stages there are', async () => {
  world = new World();
  const { target } = world.machine();
  const spec = specOf();
  for (let stage = 0; stage < 3; stage += 1) await target.check({ ...spec, images: [] });
  const asked = (verb: string) => world.cluster.requests.filter((request) => request.verb === verb);
  expect(asked('review')).toHaveLength(1);
  expect(asked('create').filter(({ plural, dryRun }) => plural === 'pods' && dryRun)).toHaveLength(3);
});

test('what is mounted is there before what mounts it', async () => {
  world = new World();
  await submit(world.machine());
  const created = world.cluster.requests.filter(({ verb }) => verb === 'create').map(({ plural }) => plural);
  expect(created).toEqual(['configmaps', 'jobs']);
});

test('an object of other work is left alone, and said', async () => {
  world = new World();
  const here = world.machine();
  await submit(here, specOf('theirs'));
  const before = world.jobs();
  await expect(here.target.submit(specOf('ours'))).rejects.toMatchObject({ code: 'name-taken', exitCode: 8 });
  expect(world.jobs()[0]?.metadata.uid).toBe(before[0]?.metadata.uid);
});

test('a quota that is used up now is an outcome, and the Job is not made', async () => {
  world = new World();
  const message =
    'configmaps "weekly-train-1" is forbidden: exceeded quota: team, requested: configmaps=1, used: configmaps=5, limited: configmaps=5';
  world.cluster.failNext('create', 'configmaps', 'quota', message);
  const refused = await world.machine().target.submit(specOf());
  expect(refused).toMatchObject({ kind: 'refused', outcome: { kind: 'failed', class: 'infra' } });
  expect(world.jobs()).toEqual([]);
});

test('a right that is missing names verb, resource and namespace', async () => {
  world = new World();
  world.cluster.deny('create', 'jobs');
  await expect(world.machine().target.submit(specOf())).rejects.toMatchObject({
    code: 'cannot-start',
    message: expect.stringMatching(/create.*jobs.*namespace lab/),
  });
});

describe('a dry run', () => {
  test('creates nothing, and tries each pod template as a pod', async () => {
    world = new World();
    expect(await world.machine().target.check(specOf())).toEqual({ notEnforced: [], unproven: [] });
    const tried = world.cluster.requests.filter(({ dryRun }) => dryRun).map(({ plural }) => plural);
    expect(tried.toSorted()).toEqual(['configmaps', 'jobs', 'pods']);
    expect(world.jobs()).toEqual([]);
  });

  test('says what it could not try', async () => {
    world = new World();
    world.cluster.deny('create', 'pods');
    const { unproven } = await world.machine().target.check(specOf());
    expect(unproven).toEqual([expect.stringContaining('Job/weekly-train-1')]);
  });

  test('names the stage and what to install for a kind that is not served, and tries nothing', async () => {
    world = new World();
    const spec = specOf();
    const objects = spec.objects.map((object) =>
      object['kind'] === 'Job' ? { ...object, apiVersion: 'trainer.kubeflow.org/v1alpha1', kind: 'TrainJob' } : object,
    );
    await expect(world.machine().target.check({ ...spec, objects: objects.slice(1) })).rejects.toMatchObject({
      code: 'cannot-start',
      message: 'stage train: the cluster does not know trainer.kubeflow.org/v1alpha1 TrainJob',
      hint: 'have Kubeflow Trainer installed, or choose another variant in the profile',
    });
    expect(world.cluster.requests.filter(({ verb }) => verb === 'create')).toEqual([]);
  });

  test('refuses what admission would refuse the pods, though the Job would be taken', async () => {
    world = new World();
    const message =
      'pods "weekly-train-1-0" is forbidden: violates PodSecurity "restricted:latest": runAsNonRoot != true (pod or container "main" must set securityContext.runAsNonRoot=true)';
    world.cluster.failNext('create', 'pods', 'denied', message);
    await expect(world.machine().target.check(specOf())).rejects.toMatchObject({
      code: 'cannot-start',
      message: expect.stringContaining('runAsNonRoot'),
    });
  });
});
