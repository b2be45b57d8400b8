import { expect, test } from 'vitest';
import type { Deps } from '../../../src/actions/deps.ts';
import { driveRun } from '../../../src/actions/drive/drive-run.ts';
import { followRun } from '../../../src/actions/follow/follow-run.ts';
import { FakeWorld, play, shape, succeeded } from '../../fakes/story.ts';

const never = new AbortController().signal;

/** A place where a driver is on its way as often as it is looked for; each time `meanwhile` happens first. */
function following(world: FakeWorld, times: number, meanwhile: () => Promise<unknown> = async () => undefined) {
  let asked = 0;
  const deps: Deps = {
    ...world.deps(),
    drivers: {
      ...world.deps().drivers,
      isComing: async () => {
        asked += 1;
        await meanwhile();
        return asked <= times;
      },
    },
  };
  return { events: play(followRun(deps, { name: 'weekly-1' }, never)), asked: () => asked };
}

test('whoever follows waits for a driver that is on its way', async () => {
  const world = new FakeWorld([{ name: 'one' }], () => succeeded());
  await world.start('weekly-1');
  const { events } = following(world, 1, () => play(driveRun(world.deps(), { name: 'weekly-1' }, never)));
  expect(shape(await events).at(-1)).toBe('run-ended Succeeded 0');
});

test('and no longer than it is', async () => {
  const world = new FakeWorld([{ name: 'one' }], () => succeeded());
  await world.start('weekly-1');
  const { events, asked } = following(world, 2);
  expect(shape(await events).at(-1)).toBe('run-ended Interrupted 130');
  expect(asked()).toBe(3);
});

test('nobody is waited for once the run has ended', async () => {
  const world = new FakeWorld([{ name: 'one' }], () => succeeded());
  await world.start('weekly-1');
  await play(driveRun(world.deps(), { name: 'weekly-1' }, never));
  const { events, asked } = following(world, 9);
  expect(shape(await events).at(-1)).toBe('run-ended Succeeded 0');
  expect(asked()).toBe(0);
});
