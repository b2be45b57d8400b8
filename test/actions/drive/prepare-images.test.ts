import { expect, test } from 'vitest';
import { driveRun } from '../../../src/actions/drive/drive-run.ts';
import { FakeWorld, play, succeeded } from '../../fakes/story.ts';

const never = new AbortController().signal;
const CHAIN = [{ name: 'one' }, { name: 'two', needs: ['one'] }];

test('each image is made ready in the name of the stage that wants it, before the first stage starts', async () => {
  const world = new FakeWorld(CHAIN, () => succeeded());
  await world.start('weekly-1');
  const deps = world.deps();
  deps.target.prepare = async (images, say) => {
    for (const { reference } of images) say(`makes ${reference}`);
  };
  const events = await play(driveRun(deps, { name: 'weekly-1' }, never));
  expect(events.flatMap((event) => (event.type === 'stage-preparing' ? [[event.stage, event.message]] : []))).toEqual([
    ['one', 'makes stages/one/fake'],
    ['two', 'makes stages/two/fake'],
  ]);
});

test('whoever leaves meanwhile is told how to go on, and nothing was submitted', async () => {
  const world = new FakeWorld(CHAIN, () => succeeded());
  await world.start('weekly-1');
  const deps = world.deps();
  const leaving = new AbortController();
  deps.target.prepare = async (_images, _say, signal) => {
    leaving.abort(new Error('interrupted'));
    signal.throwIfAborted();
  };
  const events = await play(driveRun(deps, { name: 'weekly-1' }, leaving.signal));
  expect(events.at(-1)).toMatchObject({
    type: 'run-ended',
    phase: 'Interrupted',
    exitCode: 130,
    next: 'ilab-backend resume weekly-1',
  });
  expect(await play(driveRun(world.deps(), { name: 'weekly-1' }, never))).toContainEqual(
    expect.objectContaining({ type: 'run-ended', phase: 'Succeeded' }),
  );
});

test('a fault of its own is no leaving, whatever was pressed', async () => {
  const world = new FakeWorld(CHAIN, () => succeeded());
  await world.start('weekly-1');
  const deps = world.deps();
  const leaving = new AbortController();
  deps.target.prepare = async () => {
    leaving.abort(new Error('interrupted'));
    throw new Error('no wheel fits');
  };
  await expect(play(driveRun(deps, { name: 'weekly-1' }, leaving.signal))).rejects.toThrow('no wheel fits');
});
