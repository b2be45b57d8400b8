import { describe, expect, test } from 'vitest';
import { driveRun } from '../../../src/actions/drive/drive-run.ts';
import { followRun } from '../../../src/actions/follow/follow-run.ts';
import { seeAttempts } from '../../../src/actions/follow/see-attempts.ts';
import { pruneRuns } from '../../../src/actions/prune-runs.ts';
import { removeRun } from '../../../src/actions/remove-run.ts';
import { UserError } from '../../../src/domain/errors.ts';
import type { RunRecord } from '../../../src/domain/run/run-record.ts';
import type { Sight } from '../../../src/domain/run/sight.ts';
import type { UnreadableRun } from '../../../src/ports/run-store.ts';
import type { Observation } from '../../../src/ports/target.ts';
import { attemptOf } from '../../fakes/records.ts';
import { FakeWorld, failed, play, succeeded } from '../../fakes/story.ts';

/* A driver that went, and a stage that goes on: whoever reads the run is told how it stands, not how it stood. */

const never = new AbortController().signal;
const OBJECT = 'weekly-1-one-1';

/** A run of two stages whose driver left while the first one ran. */
async function leave(): Promise<FakeWorld> {
  const world = new FakeWorld([{ name: 'one' }, { name: 'two', needs: ['one'] }], () => undefined);
  await world.start('weekly-1');
  const interrupt = new AbortController();
  const driving = play(driveRun(world.deps(), { name: 'weekly-1' }, interrupt.signal));
  while (recordOf(world).stages[0]?.attempts[0]?.at.started === undefined) await new Promise(setImmediate);
  interrupt.abort();
  await driving;
  return world;
}

function recordOf(world: FakeWorld): RunRecord {
  const record = world.stored('weekly-1');
  if (record === undefined) throw new Error('it is gone');
  return record;
}

async function lastWords(world: FakeWorld): Promise<unknown> {
  return (await play(followRun(world.deps(), { name: 'weekly-1' }, never))).at(-1);
}

describe('following a run that nobody drives', () => {
  test('while its stage runs: that goes on', async () => {
    expect(await lastWords(await leave())).toMatchObject({
      exitCode: 130,
      message:
        'nobody drives weekly-1, so there is nothing to wait for: one goes on; two starts when you type `ilab-backend resume weekly-1`, or `ilab-backend resume weekly-1 --detach` to let it go on by itself',
    });
  });

  test('after its stage has ended: that has ended', async () => {
    const world = await leave();
    world.target.finish(OBJECT, succeeded());
    expect(await lastWords(world)).toMatchObject({
      phase: 'Interrupted',
      exitCode: 130,
      message:
        'nobody drives weekly-1, so there is nothing to wait for: one has ended (succeeded) and nobody has recorded it yet; two starts when you type `ilab-backend resume weekly-1`',
    });
  });

  test('whose driver died before it had submitted anything: that', async () => {
    const world = await leave();
    world.target.objects.clear();
    const { record, version } = (await world.store.read('weekly-1')) ?? { record: recordOf(world), version: '' };
    const stages = record.stages.map((stage, index) => (index === 0 ? { ...stage, attempts: [attemptOf()] } : stage));
    expect(await seeAttempts(world.deps(), { ...record, stages }, false)).toEqual(
      new Map([['one', { kind: 'not-submitted' }]]),
    );
    expect(version).not.toBe('');
  });
});

describe('while a driver lives', () => {
  const at = '2026-01-01T00:00:00.000Z';
  test.each<{ seen: Observation; told: Sight | undefined }>([
    { seen: { kind: 'waiting', reason: 'it is suspended' }, told: { kind: 'waiting', reason: 'it is suspended' } },
    { seen: { kind: 'troubled', reason: 'NotReady' }, told: { kind: 'troubled', reason: 'NotReady' } },
    { seen: { kind: 'waiting', reason: '' }, told: undefined },
    { seen: { kind: 'started', at }, told: undefined },
    { seen: { kind: 'ended', at, outcome: succeeded() }, told: undefined },
    { seen: { kind: 'gone' }, told: undefined },
  ])('only what holds an attempt up is told, which nobody records: $seen.kind', async ({ seen, told }) => {
    const world = await leave();
    world.target.peek = async () => seen;
    const sights = await seeAttempts(world.deps(), recordOf(world), true);
    expect(sights).toEqual(new Map(told === undefined ? [] : [['one', told]]));
  });
});

test('a target that does not answer hides nothing', async () => {
  const world = await leave();
  world.target.peek = async () => Promise.reject(new UserError('unreachable', 'nobody answers'));
  expect(await seeAttempts(world.deps(), recordOf(world), false)).toEqual(
    new Map([['one', { kind: 'unknown', reason: 'nobody answers' }]]),
  );
  await expect(removeRun(world.deps(), 'weekly-1', never)).rejects.toMatchObject({
    exitCode: 8,
    message: expect.stringContaining('may still run: nobody answers'),
  });
});

describe('removing a run that nobody drives', () => {
  test('is refused while its stage runs', async () => {
    const world = await leave();
    await expect(removeRun(world.deps(), 'weekly-1', never)).rejects.toMatchObject({
      exitCode: 8,
      message: expect.stringContaining('stage one of weekly-1 still runs'),
    });
  });

  test.each([succeeded(), failed()])('is done when it has ended, recorded or not: $kind', async (outcome) => {
    const world = await leave();
    world.target.finish(OBJECT, outcome);
    await removeRun(world.deps(), 'weekly-1', never);
    expect(world.stored('weekly-1')).toBeUndefined();
    expect(world.target.objects.size).toBe(0);
  });

  test.each([
    ['state-newer', false],
    ['state-broken', false],
    ['not-found', true],
  ] as const)('beside a run that cannot be read (%s)', async (code, isFree) => {
    const world = await leave();
    world.target.finish(OBJECT, succeeded());
    const list = world.store.list.bind(world.store);
    world.store.list = async (onUnreadable?: (run: UnreadableRun) => void) => {
      onUnreadable?.({ name: 'other', fault: new UserError(code, 'it cannot be read') });
      return list();
    };
    const removed = removeRun(world.deps(), 'weekly-1', never);
    await (isFree ? removed : expect(removed).rejects.toMatchObject({ code }));
    expect(world.stored('weekly-1') === undefined).toBe(isFree);
  });

  test('is done by prune too, of the old', async () => {
    const world = await leave();
    const prune = async () => {
      const freed: unknown[] = [];
      for await (const each of pruneRuns(world.deps(), { olderThan: 0, dryRun: false }, never)) freed.push(each);
      return freed;
    };
    expect(await prune()).toEqual([]);
    world.target.finish(OBJECT, succeeded());
    expect(await prune()).toMatchObject([{ kind: 'run', name: 'weekly-1' }]);
  });
});
