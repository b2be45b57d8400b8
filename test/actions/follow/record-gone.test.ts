import { expect, test } from 'vitest';
import { driveRun } from '../../../src/actions/drive/drive-run.ts';
import { followRun } from '../../../src/actions/follow/follow-run.ts';
import type { RunEvent } from '../../../src/domain/event.ts';
import { FakeWorld, play, shape, succeeded } from '../../fakes/story.ts';

/* Somebody removes the record of a run while programs are at it. */

const never = new AbortController().signal;
const LOST = { code: 'run-lost', exitCode: 9, message: expect.stringContaining('the record of run weekly-1 is gone') };

async function started(): Promise<{ readonly world: FakeWorld; readonly driver: Promise<readonly RunEvent[]> }> {
  const world = new FakeWorld([{ name: 'one' }, { name: 'two', needs: ['one'] }], () => undefined);
  await world.start('weekly-1');
  const driver = play(driveRun(world.deps(), { name: 'weekly-1' }, never));
  driver.catch(() => undefined);
  while (world.target.created.length === 0) await new Promise((resolve) => setImmediate(resolve));
  return { world, driver };
}

test('the driver cannot write how a stage ended: the run is lost, and nothing more is submitted', async () => {
  const { world, driver } = await started();
  await world.store.remove('weekly-1');
  world.target.finish('weekly-1-one-1', succeeded());
  await expect(driver).rejects.toMatchObject(LOST);
  expect(world.target.created).toEqual(['weekly-1-one-1']);
});

test('the right to drive goes with it', async () => {
  const { world, driver } = await started();
  await world.store.remove('weekly-1');
  world.store.lose('weekly-1');
  await expect(driver).rejects.toMatchObject(LOST);
});

test('who follows is told the same', async () => {
  const { world, driver } = await started();
  const follower = play(followRun(world.deps(), { name: 'weekly-1' }, never));
  follower.catch(() => undefined);
  while (world.stored('weekly-1')?.stages[0]?.attempts[0]?.at.started === undefined) await Promise.resolve();
  await world.store.remove('weekly-1');
  await expect(follower).rejects.toMatchObject(LOST);
  world.target.finish('weekly-1-one-1', succeeded());
  await expect(driver).rejects.toMatchObject(LOST);
});

test('an end that was written before is told as it was', async () => {
  const { world, driver } = await started();
  world.target.script = () => succeeded();
  world.store.hook = (moment) => {
    const last = world.stored('weekly-1')?.stages[1]?.attempts[0];
    if (moment === 'after' && last?.outcome !== undefined) void world.store.remove('weekly-1');
  };
  world.target.finish('weekly-1-one-1', succeeded());
  expect(shape(await driver).at(-1)).toBe('run-ended Succeeded 0');
});
