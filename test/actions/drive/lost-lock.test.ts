import { expect, test } from 'vitest';
import { driveRun } from '../../../src/actions/drive/drive-run.ts';
import type { RunEvent } from '../../../src/domain/event.ts';
import { type FakeStage, FakeWorld, play, shape, succeeded } from '../../fakes/story.ts';
import { until } from '../../fakes/until.ts';

const CHAIN: readonly FakeStage[] = [{ name: 'one' }, { name: 'two', needs: ['one'] }];
const never = new AbortController().signal;

function drive(world: FakeWorld): Promise<readonly RunEvent[]> {
  return play(driveRun(world.deps(), { name: 'weekly-1' }, never));
}

/** The right to drive goes to another machine, as when a Lease ran out while this one was asleep. */
async function loseToAnother(world: FakeWorld) {
  world.store.lose('weekly-1');
  const other = await world.store.lock('weekly-1');
  if (other === undefined) throw new Error('it was still locked');
  return other;
}

test('a driver that lost its right submits nothing more, and follows the one that has it', async () => {
  const world = new FakeWorld(CHAIN, () => undefined);
  await world.start('weekly-1');
  const first = drive(world);
  await until(() => world.target.created.length === 1);
  const other = await loseToAnother(world);
  world.target.finish('weekly-1-one-1', succeeded());
  // The other one goes on where the first stood, and ends.
  await until(() => (world.stored('weekly-1')?.drivers ?? []).some(({ endedAt }) => endedAt !== undefined));
  await other.release();

  const events = await first;

  expect(world.target.created).toEqual(['weekly-1-one-1']);
  expect(shape(events)).toEqual([
    'run-started',
    'attempt-intended one/1',
    'attempt-bound one/1',
    'attempt-started one/1',
    'notice',
    'run-ended Interrupted 130',
  ]);
});

test('between INTENT and its object the right is lost: the next driver makes the object, once', async () => {
  const world = new FakeWorld(CHAIN, () => succeeded());
  await world.start('weekly-1');
  const others: ReturnType<typeof loseToAnother>[] = [];
  world.store.hook = (moment) => {
    const attempts = world.stored('weekly-1')?.stages[0]?.attempts ?? [];
    if (moment === 'after' && attempts[0]?.state === 'intent' && others.length === 0) others.push(loseToAnother(world));
  };
  const first = drive(world);
  await until(() => others.length === 1);
  await until(() => (world.stored('weekly-1')?.drivers ?? []).some(({ endedAt }) => endedAt !== undefined));
  expect(world.target.created).toEqual([]);
  await (await others[0])?.release();
  await first;

  expect(shape(await drive(world)).at(-1)).toBe('run-ended Succeeded 0');
  expect(world.target.created).toEqual(['weekly-1-one-1', 'weekly-1-two-1']);
});

test('when nobody else drives, the driver takes its right again and goes on in the same stream', async () => {
  const world = new FakeWorld(CHAIN, () => undefined);
  await world.start('weekly-1');
  const first = drive(world);
  await until(() => world.target.created.length === 1);
  world.store.lose('weekly-1');
  await until(() => (world.stored('weekly-1')?.drivers.length ?? 0) === 2);
  world.target.script = () => succeeded();
  world.target.finish('weekly-1-one-1', succeeded());

  const events = shape(await first);

  expect(events.at(-1)).toBe('run-ended Succeeded 0');
  expect(events.filter((line) => line === 'run-started')).toHaveLength(1);
  expect(events.filter((line) => line.startsWith('attempt-bound'))).toEqual([
    'attempt-bound one/1',
    'attempt-bound two/1',
  ]);
  expect(world.target.created).toEqual(['weekly-1-one-1', 'weekly-1-two-1']);
});
