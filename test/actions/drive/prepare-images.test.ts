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
