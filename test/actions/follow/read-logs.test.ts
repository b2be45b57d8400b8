import { expect, test } from 'vitest';
import { driveRun } from '../../../src/actions/drive/drive-run.ts';
import { readLogs } from '../../../src/actions/follow/read-logs.ts';
import { resolveRunName } from '../../../src/actions/read-run.ts';
import { FakeWorld, failed, play, succeeded } from '../../fakes/story.ts';

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

test('what is not there is named with where to look: a run that has ended is not waited for', async () => {
  const stages = [{ name: 'one' }, { name: 'two', needs: ['one'] }];
  const world = new FakeWorld(stages, () => failed());
  const read = (stage: string, attempt?: number) => {
    const which = attempt === undefined ? {} : { attempt };
    return play(readLogs(world.deps(), { name: 'weekly-1', stage, follow: false, ...which }, never) as never);
  };
  await world.start('weekly-1');
  await expect(read('two')).rejects.toMatchObject({ hint: 'wait for it: `ilab-backend logs weekly-1 two -f`' });
  await play(driveRun(world.deps(), { name: 'weekly-1' }, never));
  await expect(read('two')).rejects.toMatchObject({ hint: 'the run has ended: `ilab-backend status weekly-1`' });
  await expect(read('one', 9)).rejects.toMatchObject({
    message: 'stage one of weekly-1 has no attempt 9',
    hint: 'see those it has: `ilab-backend status weekly-1`',
  });
});

test('a misspelt @latest is no name', async () => {
  const world = new FakeWorld([{ name: 'one' }], () => succeeded());
  await expect(resolveRunName(world.deps(), '@latst')).rejects.toMatchObject({ hint: 'did you mean @latest?' });
});
