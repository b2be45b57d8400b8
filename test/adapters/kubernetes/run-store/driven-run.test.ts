import { describe, expect, test } from 'vitest';
import type { Deps } from '../../../../src/actions/deps.ts';
import { driveRun } from '../../../../src/actions/drive/drive-run.ts';
import { prepareResume } from '../../../../src/actions/resume-run.ts';
import { startRun } from '../../../../src/actions/start-run.ts';
import { RESOURCES } from '../../../../src/adapters/kubernetes/api/kube-api.ts';
import type { RunEvent } from '../../../../src/domain/event.ts';
import { ClientDied } from '../../../fakes/memory-cluster/memory-kube-api.ts';
import { FakeWorld, play, shape, succeeded } from '../../../fakes/story.ts';
import { until } from '../../../fakes/until.ts';
import { type Machine, StoreWorld } from './world.ts';

/*
 * A run whose record is in a cluster, driven by programs on several machines: the driver dies at every request it sends, and
 * another machine, which has nothing but the cluster, goes on.
 */

const never = new AbortController().signal;

function setUp() {
  const stages = new FakeWorld([{ name: 'one' }, { name: 'two', needs: ['one'] }], () => succeeded());
  const world = new StoreWorld();
  const deps = ({ store, host }: Machine): Deps => ({
    ...stages.deps(),
    store,
    who: { user: 'ada', host, pid: 1 },
  });
  const run = async (machine: Machine): Promise<readonly RunEvent[]> => {
    const plan = { name: 'weekly-1', pipeline: stages.pipeline, document: stages.document() };
    await startRun(deps(machine), plan);
    return play(driveRun(deps(machine), { name: 'weekly-1' }, never));
  };
  return { stages, world, deps, run };
}

test('a run from another machine is followed there, and both see the same end', async () => {
  const { stages, world, deps, run } = setUp();
  const [here, elsewhere] = [world.machine(), world.machine()];
  stages.target.script = () => undefined;
  const driven = run(here);
  await until(() => stages.target.created.length === 1);
  const followed = play(driveRun(deps(elsewhere), { name: 'weekly-1' }, never));
  stages.target.script = () => succeeded();
  stages.target.finish('weekly-1-one-1', succeeded());
  expect(shape(await driven).at(-1)).toBe('run-ended Succeeded 0');
  expect(shape(await followed).at(-1)).toBe('run-ended Succeeded 0');
  expect(stages.target.created).toEqual(['weekly-1-one-1', 'weekly-1-two-1']);
});

test('an API server that is away for a while is no failure of the run', async () => {
  const { stages, world, run } = setUp();
  let writes = 0;
  world.cluster.hook = (moment, { verb }) => {
    if (moment !== 'before' || verb !== 'update') return;
    writes += 1;
    if (writes % 3 === 0)
      world.cluster.failNext('update', 'configmaps', writes % 2 ? 'ambiguous-stored' : 'unreachable');
  };
  expect(shape(await run(world.machine())).at(-1)).toBe('run-ended Succeeded 0');
  expect(stages.target.created).toEqual(['weekly-1-one-1', 'weekly-1-two-1']);
});

describe('kill -9 of the driver', () => {
  test.each(['before', 'after'] as const)(
    '%s each of its requests: another machine ends the run well',
    async (moment) => {
      const requests = await countRequests();
      expect(requests).toBeGreaterThan(15);
      for (let count = 1; count <= requests; count += 1) {
        const { stages, world, deps, run } = setUp();
        const dying = world.machine();
        world.killAt(dying, count, moment);
        await run(dying).then(
          () => undefined, // it died in giving its lock back
          (error: unknown) => expect(error).toBeInstanceOf(ClientDied),
        );

        const other = world.machine();
        await world.clock.advance(36);
        if ((await other.store.read('weekly-1')) !== undefined) await prepareResume(deps(other), 'weekly-1');
        const events = await run(other);

        expect(shape(events).at(-1), `${moment} request ${count}`).toBe('run-ended Succeeded 0');
        expect(stages.target.created).toEqual(['weekly-1-one-1', 'weekly-1-two-1']);
        expect(await other.store.isLocked('weekly-1')).toBe(false);
      }
    },
  );
});

test('each arrow of a run is one write of its record', async () => {
  const { world, run } = setUp();
  await run(world.machine());
  const anchor = world.cluster.requests.filter(({ verb, name }) => verb === 'update' && name === 'weekly-1-run');
  const writes = anchor.filter(({ plural }) => plural === RESOURCES.configMaps.plural).length;
  // Planned, a driver begins and ends; two stages of decision, INTENT, BOUND, started, outcome, CLEANED.
  expect(writes).toBe(3 + 2 * 6);
  // What a driver wrote itself it does not read again.
  const reads = world.cluster.requests.filter(({ verb }) => verb === 'get' || verb === 'list');
  expect(reads.length).toBeLessThan(10);
});

async function countRequests(): Promise<number> {
  const { world, run } = setUp();
  await run(world.machine());
  return world.cluster.requests.length;
}
