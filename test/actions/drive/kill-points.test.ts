import { describe, expect, test } from 'vitest';
import { driveRun } from '../../../src/actions/drive/drive-run.ts';
import { prepareResume } from '../../../src/actions/resume-run.ts';
import { type FakeStage, FakeWorld, play, shape, succeeded } from '../../fakes/story.ts';

/*
 * The driver dies before or after each durable write, and between the creation of an object and its answer; another
 * one goes on. What must hold: every object is created once, the run ends well, every end is told.
 */
const CHAIN: readonly FakeStage[] = [
  { name: 'one' },
  { name: 'two', needs: ['one'] },
  { name: 'three', needs: ['one', 'two'] },
];
const never = new AbortController().signal;

class Died extends Error {}

async function newWorld(): Promise<FakeWorld> {
  const world = new FakeWorld(CHAIN, () => succeeded());
  await world.start('weekly-1');
  return world;
}

/** Drives until the end or the death of the driver; a dead process writes nothing more. */
async function driveUntilDeath(world: FakeWorld): Promise<void> {
  await play(driveRun(world.deps(), { name: 'weekly-1' }, never)).catch((error: unknown) => {
    if (!(error instanceof Died)) throw error;
  });
  world.store.hook = () => undefined;
  world.target.afterCreate = () => undefined;
  world.store.releaseAsDead('weekly-1');
}

async function resumeAndCheck(world: FakeWorld): Promise<void> {
  await prepareResume(world.deps(), 'weekly-1');
  const events = await play(driveRun(world.deps(), { name: 'weekly-1' }, never));
  expect(shape(events).at(-1)).toBe('run-ended Succeeded 0');
  expect([...world.target.created].sort()).toEqual(['weekly-1-one-1', 'weekly-1-three-1', 'weekly-1-two-1']);
  const record = (await world.store.read('weekly-1'))?.record;
  expect(record?.stages.map((stage) => stage.attempts.map((attempt) => attempt.outcome?.kind))).toEqual([
    ['succeeded'],
    ['succeeded'],
    ['succeeded'],
  ]);
}

async function countWrites(): Promise<number> {
  const world = await newWorld();
  let writes = 0;
  world.store.hook = (moment) => {
    if (moment === 'after') writes += 1;
  };
  await driveUntilDeath(world);
  return writes;
}

const writes = await countWrites();

test('there is a write for each arrow of the protocol', () => {
  // drivers: 2; a stage: decision, INTENT, BOUND, started, OUTCOME with LOGS_COMPLETE, CLEANED.
  expect(writes).toBe(2 + 3 * 6);
});

describe.each(['before', 'after'] as const)('dead %s a write', (moment) => {
  test.each(Array.from({ length: writes }, (_, index) => index + 1))('number %i', async (fatal) => {
    const world = await newWorld();
    let count = 0;
    world.store.hook = (now) => {
      if (now === 'before') count += 1;
      // Once dead, it stays dead: nothing that the driver still tries may reach the disk.
      if (count > fatal || (count === fatal && now === moment)) throw new Died();
    };
    await driveUntilDeath(world);
    await resumeAndCheck(world);
  });
});

test.each([1, 2, 3])('dead between the creation of object %i and its answer', async (fatal) => {
  const world = await newWorld();
  world.target.afterCreate = () => {
    if (world.target.created.length !== fatal) return;
    world.store.hook = () => {
      throw new Died();
    };
    throw new Died();
  };
  await driveUntilDeath(world);
  expect(world.target.created).toHaveLength(fatal);
  await resumeAndCheck(world);
});
