import { expect, test } from 'vitest';
import { driveRun } from '../../src/actions/drive-run.ts';
import { readLogs } from '../../src/actions/read-logs.ts';
import { FakeWorld, play, succeeded } from '../fakes/story.ts';

const never = new AbortController().signal;

test('the log of an attempt that a stage never had is not found, also where its result was taken over', async () => {
  const world = new FakeWorld([{ name: 'one' }], () => succeeded());
  for (const name of ['weekly-1', 'weekly-2']) {
    await world.start(name);
    await play(driveRun(world.deps(), { name }, never));
  }
  const read = (attempt: number) =>
    play(readLogs(world.deps(), { name: 'weekly-2', stage: 'one', attempt, follow: false }, never) as never);
  await expect(read(7)).rejects.toMatchObject({
    code: 'not-found',
    message: 'stage one of weekly-2 has no attempts: it took over attempt 1 of one in weekly-1',
  });
  expect(await read(1)).toEqual([]);
});
