import { expect, test } from 'vitest';
import { driveRun } from '../../../src/actions/drive/drive-run.ts';
import { followRun } from '../../../src/actions/follow/follow-run.ts';
import { endingOf } from '../../../src/domain/run/run-ending.ts';
import type { RunRecord } from '../../../src/domain/run/run-record.ts';
import { statusText } from '../../../src/ui/text/answers/status-text.ts';
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

test('whoever looks meanwhile is told what goes on, and nobody once the driver is gone', async () => {
  const world = new FakeWorld(CHAIN, () => succeeded());
  await world.start('weekly-1');
  const deps = world.deps();
  const said: (string | undefined)[] = [];
  const look = async (driven: boolean): Promise<void> => {
    const record = (await world.store.read('weekly-1'))?.record as RunRecord;
    const status = statusText(record, { ending: endingOf(record, driven), now: new Date(0) });
    said.push(/^one +Pending.*$/m.exec(status)?.[0].replaceAll(/ +/g, ' '));
    let joined = '';
    for await (const event of followRun(world.deps(), { name: 'weekly-1' }, never)) {
      if (event.type === 'stage-preparing') said.push(`${event.stage}: ${event.message}`);
      // What was before is told in a few words: this is of now.
      expect(event.time >= joined).toBe(true);
      joined = event.time;
      if (event.type !== 'run-started') break;
    }
  };
  deps.target.prepare = async () => {
    if (said.length > 0) return;
    await look(true);
    throw new Error('no wheel fits');
  };
  await play(driveRun(deps, { name: 'weekly-1' }, never)).catch(() => undefined);
  await look(false);
  expect(said).toEqual([
    'one Pending <none> <none> its environment is made ready',
    'one: its environment is made ready',
    'one Pending <none> <none> <none>',
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
