import { describe, expect, test } from 'vitest';
import { type Answer, answerApproval } from '../../../src/actions/answer-approval.ts';
import { cancelRun } from '../../../src/actions/cancel-run.ts';
import { driveRun } from '../../../src/actions/drive/drive-run.ts';
import { prepareResume } from '../../../src/actions/resume-run.ts';
import type { RunEvent } from '../../../src/domain/event.ts';
import { type FakeStage, FakeWorld, play, shape, succeeded } from '../../fakes/story.ts';

/* A stage that asks a person before it starts. */

const CHAIN: readonly FakeStage[] = [{ name: 'make' }, { name: 'show', needs: ['make'], approval: true }];
const RUN = 'weekly-1';
const never = new AbortController().signal;

async function begun(stages = CHAIN): Promise<FakeWorld> {
  const world = new FakeWorld(stages, () => succeeded());
  await world.start(RUN);
  return world;
}

/** Drives until the stage asks, then leaves. */
async function asked(stages = CHAIN): Promise<{ readonly world: FakeWorld; readonly events: readonly RunEvent[] }> {
  const world = await begun(stages);
  const leave = new AbortController();
  const events: RunEvent[] = [];
  for await (const event of driveRun(world.deps(), { name: RUN }, leave.signal)) {
    events.push(event);
    if (event.type === 'approval-asked') leave.abort();
  }
  return { world, events };
}

const answer = (world: FakeWorld, verdict: Answer['verdict'], more: Partial<Answer> = {}) =>
  answerApproval(world.deps(), { run: RUN, verdict, ...more });
const drive = (world: FakeWorld) => play(driveRun(world.deps(), { name: RUN }, never));

test('it waits, starts nothing meanwhile, and goes on in the same driver once somebody agrees', async () => {
  const world = await begun();
  const events: RunEvent[] = [];
  let created: readonly string[] = [];
  let answered: unknown;
  for await (const event of driveRun(world.deps(), { name: RUN }, never)) {
    events.push(event);
    if (event.type !== 'approval-asked') continue;
    created = [...world.target.created];
    answered = await answer(world, 'approve', { reason: 'good' });
  }
  expect(created).toEqual(['weekly-1-make-1']);
  expect(answered).toEqual({ stage: 'show', driven: true, over: false, already: false });
  expect(shape(events).slice(5)).toEqual([
    'approval-asked show',
    'approval-given show',
    'attempt-intended show/1',
    'attempt-bound show/1',
    'attempt-started show/1',
    'attempt-ended show/1',
    'run-ended Succeeded 0',
  ]);
  expect(events.find((event) => event.type === 'approval-given')).toMatchObject({ reason: 'good' });
});

test('who leaves meanwhile is told what to type, and the next driver waits for the same answer', async () => {
  const { world, events } = await asked();
  expect(events.at(-1)).toMatchObject({
    type: 'run-ended',
    phase: 'Interrupted',
    exitCode: 130,
    message: 'show waits for approval; then it starts when you type `ilab-backend resume weekly-1`',
    next: 'ilab-backend approve weekly-1',
  });
  expect(await answer(world, 'approve')).toMatchObject({ driven: false });
  const rest = shape(await drive(world));
  expect(rest.at(-1)).toBe('run-ended Succeeded 0');
  expect(rest.filter((line) => line.startsWith('approval-asked'))).toHaveLength(1);
});

test('what was declined is refused, with or without a driver; resume asks again', async () => {
  const { world } = await asked();
  await answer(world, 'decline', { reason: 'too early' });
  const ended = await drive(world);
  expect(shape(ended).at(-1)).toBe('run-ended Refused 4');
  expect(ended.find((event) => event.type === 'stage-refused')).toMatchObject({
    gate: 'approval',
    reason: expect.stringMatching(/^declined by .+ on .+: too early$/),
  });
  expect(world.target.created).toEqual(['weekly-1-make-1']);

  expect(await prepareResume(world.deps(), RUN)).toBe('retried');
  const again: RunEvent[] = [];
  for await (const event of driveRun(world.deps(), { name: RUN }, never)) {
    again.push(event);
    // The first is told again as it was recorded.
    if (event.type === 'approval-asked' && again.filter(({ type }) => type === 'approval-asked').length === 2)
      await answer(world, 'approve');
  }
  expect(shape(again).at(-1)).toBe('run-ended Succeeded 0');
});

test('a run can be cancelled while it waits', async () => {
  const { world } = await asked();
  expect(shape(await play(cancelRun(world.deps(), { name: RUN }, never))).at(-1)).toBe('run-ended Cancelled 10');
  await expect(answer(world, 'approve')).rejects.toMatchObject({ code: 'name-taken' });
});

test('nobody is asked about what is reused, or about what a gate refuses', async () => {
  const { world } = await asked();
  await answer(world, 'approve');
  await drive(world);
  await world.start('weekly-2');
  const reused = await play(driveRun(world.deps(), { name: 'weekly-2' }, never));
  expect(shape(reused)).toEqual(['run-started', 'stage-reused make', 'stage-reused show', 'run-ended Succeeded 0']);

  const gated = await begun([{ name: 'make' }, { name: 'show', needs: ['make'], approval: true, gate: () => 'no' }]);
  const refused = await drive(gated);
  expect(shape(refused)).not.toContain('approval-asked show');
  expect(shape(refused).at(-1)).toBe('run-ended Refused 4');
});

describe('an answer', () => {
  test('given twice changes nothing; the other one is a conflict that says who was first', async () => {
    const { world } = await asked();
    await answer(world, 'approve');
    const before = await world.store.read(RUN);
    expect(await answer(world, 'approve')).toMatchObject({ already: true, over: false });
    expect(await world.store.read(RUN)).toEqual(before);
    await drive(world);
    expect(await answer(world, 'approve')).toMatchObject({ already: true, over: true });
    await expect(answer(world, 'decline')).rejects.toMatchObject({
      code: 'name-taken',
      message: expect.stringMatching(/^show of weekly-1 is approved by /),
    });
  });

  test('to a stage that does not ask, or is not there, is refused with where to look', async () => {
    const world = await begun();
    await expect(answer(world, 'approve')).rejects.toMatchObject({ code: 'bad-usage' });
    await expect(answer(world, 'approve', { stage: 'show' })).rejects.toThrow(
      'show of weekly-1 does not ask for approval (Pending)',
    );
    await expect(answer(world, 'decline', { stage: 'shwo' })).rejects.toThrow('weekly-1 has no stage shwo');
  });

  test('must name the stage where two ask', async () => {
    const { world } = await asked([...CHAIN, { name: 'tell', needs: ['make'], approval: true }]);
    const names = (await world.deps().store.read(RUN))?.record.stages.filter(({ approval }) => approval !== undefined);
    expect(names).toHaveLength(2);
    await expect(answer(world, 'approve')).rejects.toThrow('more than one stage of weekly-1 asks: show, tell');
    expect(await answer(world, 'approve', { stage: 'tell' })).toMatchObject({ stage: 'tell' });
  });
});
