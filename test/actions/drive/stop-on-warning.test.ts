import { expect, test } from 'vitest';
import { cancelRun } from '../../../src/actions/cancel-run.ts';
import { driveRun } from '../../../src/actions/drive/drive-run.ts';
import { prepareResume } from '../../../src/actions/resume-run.ts';
import type { RunEvent } from '../../../src/domain/event.ts';
import type { AttemptSpec } from '../../../src/ports/target.ts';
import { type FakeStage, FakeWorld, play, shape, succeeded } from '../../fakes/story.ts';

const never = new AbortController().signal;
const SOUND = "{'loss': 2.1, 'epoch': 0.1}";
const NAN = "{'loss': nan, 'epoch': 0.2}";
const VERDICT = {
  kind: 'failed',
  class: 'user',
  reason: 'stopped-on-warning',
  message: `stopped, as stopOn says: the loss is no number at epoch 0.2: ${NAN}; lower the learning rate, and look at the rows of the last steps`,
};

/** A world whose stage `one` prints `texts` as soon as it runs, and runs until it is told to end. */
function world(stage: Partial<FakeStage>, texts: readonly string[] = [SOUND, NAN]): FakeWorld {
  const made: FakeWorld = new FakeWorld([{ name: 'one', ...stage }], (spec: AttemptSpec) => {
    made.target.print(`${spec.run}-one-${spec.attempt}`, texts);
    return undefined;
  });
  return made;
}

function outcomesOf(events: readonly RunEvent[]): readonly unknown[] {
  return events.flatMap((event) => (event.type === 'attempt-ended' ? [event.outcome] : []));
}

test('an attempt whose log tells of what its stage stops on is ended, and the sentence is its outcome', async () => {
  const here = world({ stopOn: ['nan'] });
  await here.start('weekly-1');
  const events = await play(driveRun(here.deps(), { name: 'weekly-1' }, never));
  expect(shape(events)).toContain('attempt-warned one/1');
  expect(outcomesOf(events)).toEqual([VERDICT]);
  expect(shape(events).at(-1)).toBe('run-ended Failed 3');
  expect(here.target.created).toEqual(['weekly-1-one-1']);
});

test('another attempt follows where the stage retries what its program did', async () => {
  const here = world({ stopOn: ['nan'], retry: { infra: 0, user: 1 } });
  await here.start('weekly-1');
  const events = await play(driveRun(here.deps(), { name: 'weekly-1' }, never));
  expect(outcomesOf(events)).toEqual([VERDICT, VERDICT]);
});

test('a warning that it does not stop on is told, and nothing else', async () => {
  const here = world({ stopOn: ['stall'] });
  await here.start('weekly-1');
  const events: RunEvent[] = [];
  for await (const event of driveRun(here.deps(), { name: 'weekly-1' }, never)) {
    events.push(event);
    if (event.type === 'attempt-warned') here.target.finish('weekly-1-one-1', succeeded());
  }
  expect(shape(events)).toContain('attempt-warned one/1');
  expect(shape(events).at(-1)).toBe('run-ended Succeeded 0');
});

test('what a stage says in JSON is not put into the sentence', async () => {
  const here = world({ stopOn: ['nan'] }, ['ilab-progress: {"step":10,"metrics":{"loss":NaN}}']);
  await here.start('weekly-1');
  const [outcome] = outcomesOf(await play(driveRun(here.deps(), { name: 'weekly-1' }, never)));
  expect(outcome).toMatchObject({
    message: expect.stringMatching(/^stopped, as stopOn says: the loss is no number at step 10; /),
  });
});

test("the attempt's own end wins over the verdict", async () => {
  const here = world({ stopOn: ['nan'] });
  // It ends well between the warning and the signal.
  const { terminate } = here.target;
  here.target.terminate = async (ref) => {
    here.target.finish('weekly-1-one-1', succeeded());
    await terminate.call(here.target, ref);
  };
  await here.start('weekly-1');
  const events = await play(driveRun(here.deps(), { name: 'weekly-1' }, never));
  expect(outcomesOf(events)).toEqual([succeeded()]);
});

test('a driver that comes after the attempt was stopped reads the same verdict from its log', async () => {
  const here = world({ stopOn: ['nan'] });
  await here.start('weekly-1');
  const dies = new AbortController();
  // The first driver asks it to end and is gone before it sees the end.
  const { terminate } = here.target;
  here.target.terminate = async (ref) => {
    dies.abort();
    await terminate.call(here.target, ref);
  };
  await play(driveRun(here.deps(), { name: 'weekly-1' }, dies.signal));
  expect(here.stored('weekly-1')?.stages[0]?.attempts[0]?.outcome).toBeUndefined();

  await prepareResume(here.deps(), 'weekly-1');
  const events = await play(driveRun(here.deps(), { name: 'weekly-1' }, never));
  expect(outcomesOf(events)).toEqual([VERDICT]);
  expect(here.target.created).toEqual(['weekly-1-one-1']);
});

test('a stall that nothing was printed after is read from the time at which the attempt ended', async () => {
  const steps = [1, 2, 3, 4, 5].map((step) => `ilab-progress: {"step":${step},"metrics":{"loss":1}}`);
  const here = world({ stopOn: ['stall'] }, []);
  await here.start('weekly-1');
  here.target.print('weekly-1-one-1', steps, '2025-12-31T23:00:00.000Z');
  here.target.script = () => ({ kind: 'cancelled', message: 'ended by SIGTERM' });
  const events = await play(driveRun(here.deps(), { name: 'weekly-1' }, never));
  expect(outcomesOf(events)).toMatchObject([
    {
      reason: 'stopped-on-warning',
      message: expect.stringContaining('no step has ended for 10 min after step 5; one took 1 s so far'),
    },
  ]);
});

test('a run that is cancelled is cancelled, whatever its log says', async () => {
  const here = world({ stopOn: ['nan'] }, [SOUND]);
  await here.start('weekly-1');
  const events: RunEvent[] = [];
  for await (const event of driveRun(here.deps(), { name: 'weekly-1' }, never)) {
    events.push(event);
    if (event.type !== 'attempt-progress') continue;
    const { terminate } = here.target;
    here.target.terminate = async (ref) => {
      here.target.print('weekly-1-one-1', [NAN]);
      await terminate.call(here.target, ref);
    };
    void play(cancelRun(here.deps('grace'), { name: 'weekly-1' }, never));
  }
  expect(outcomesOf(events)).toMatchObject([{ kind: 'cancelled' }]);
});
