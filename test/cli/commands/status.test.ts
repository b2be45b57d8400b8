import { expect, test } from 'vitest';
import { driveRun } from '../../../src/actions/drive/drive-run.ts';
import { runProgram } from '../../../src/cli/program.ts';
import type { AttemptSpec } from '../../../src/ports/target.ts';
import { FakeWorld, failed, play, succeeded } from '../../fakes/story.ts';
import { Terminal } from '../terminal.ts';

/* What the logs of a run's attempts warned of stands in its status, as it does on the screen of whoever watches. */

const never = new AbortController().signal;
const NAN = "{'loss': nan, 'epoch': 0.2}";

async function status(world: FakeWorld, ...flags: readonly string[]): Promise<string> {
  const terminal = new Terminal();
  await runProgram(['status', 'weekly', ...flags], [], terminal.context({ openDeps: async () => world.deps() }));
  return terminal.stdout.text;
}

/** A run that is over: its first attempt of `train` said that its loss is no number and failed, the second is well. */
async function warned(): Promise<FakeWorld> {
  const world: FakeWorld = new FakeWorld(
    [
      { name: 'train', retry: { infra: 0, user: 1 } },
      { name: 'eval', needs: ['train'] },
    ],
    ({ run, stage, attempt }: AttemptSpec) => {
      if (stage !== 'train' || attempt > 1) return succeeded();
      world.target.print(`${run}-train-1`, [NAN]);
      return failed();
    },
  );
  await world.start('weekly');
  await play(driveRun(world.deps(), { name: 'weekly' }, never));
  return world;
}

/** A run whose stage goes on while nobody drives it. */
async function goingOn(): Promise<FakeWorld> {
  const world: FakeWorld = new FakeWorld([{ name: 'train' }], () => undefined);
  await world.start('weekly');
  const leave = new AbortController();
  for await (const event of driveRun(world.deps(), { name: 'weekly' }, leave.signal)) {
    if (event.type === 'attempt-started') leave.abort();
  }
  return world;
}

test('the sentence, the line and what to change stand below the stages', async () => {
  const text = await status(await warned());
  expect(text.replace(/warned \d+\w+ ago/, 'warned AGE ago')).toContain(
    [
      '\n\ntrain, attempt 1, warned AGE ago: the loss is no number at epoch 0.2',
      `  | ${NAN}`,
      '  fix: lower the learning rate, and look at the rows of the last steps\n\n',
    ].join('\n'),
  );
});

test('a program reads them of each attempt; none is an empty list', async () => {
  const { stages } = JSON.parse(await status(await warned(), '-o', 'json')).status;
  expect(stages[0].attempts.map(({ warnings }: { readonly warnings: unknown }) => warnings)).toEqual([
    [
      {
        kind: 'nan',
        at: '2026-01-01T00:00:00.000Z',
        message: 'the loss is no number at epoch 0.2',
        evidence: NAN,
        fix: expect.stringContaining('lower the learning rate'),
      },
    ],
    [],
  ]);
});

test('an attempt that goes on and makes no step is in a stall now', async () => {
  const world = await goingOn();
  const steps = Array.from({ length: 5 }, (_, step) => `ilab-progress: {"step":${step + 1}}`);
  world.target.print('weekly-train-1', steps, '2025-12-31T00:00:00.000Z');
  expect(await status(world)).toContain('no step has ended for 10 min after step 5');
});

test('a stage that goes on tells how far it is and how long the rest takes at its pace', async () => {
  const world = await goingOn();
  const said = [0.1, 0.4].map(
    (fraction) => `ilab-progress: {"message":"epoch 1","fraction":${fraction},"etaSeconds":75}`,
  );
  world.target.print('weekly-train-1', said);
  expect(await status(world)).toMatch(/^train +Running +1 +\S+ +40% epoch 1, about 1m 1\ds left$/m);
  const { stages } = JSON.parse(await status(world, '-o', 'json')).status;
  expect(stages[0].attempts[0].progress).toMatchObject({ message: 'epoch 1', fraction: 0.4, etaSeconds: 75 });
  world.target.finish('weekly-train-1', succeeded());
  await play(driveRun(world.deps(), { name: 'weekly' }, never));
  expect(await status(world)).not.toContain('left');
  const after = JSON.parse(await status(world, '-o', 'json')).status;
  expect(after.stages[0].attempts[0]).not.toHaveProperty('progress');
});

test('a log that cannot be read hides nothing else', async () => {
  const world = await warned();
  world.target.logs = async function* () {
    yield [];
    throw new Error('the node does not answer');
  };
  const { stages } = JSON.parse(await status(world, '-o', 'json')).status;
  expect(stages[0].phase).toBe('Succeeded');
  expect(stages[0].attempts[0]).not.toHaveProperty('warnings');
  expect(await status(world)).toContain('weekly is done');
});

test('a run that was seen on a cluster last is found there, and a new one is told to go there', async () => {
  const [here, there] = [new FakeWorld([], () => undefined), new FakeWorld([{ name: 'train' }], () => failed())];
  await there.start('weekly');
  await play(driveRun(there.deps(), { name: 'weekly' }, never));
  const terminal = new Terminal();
  const context = terminal.context({
    openDeps: async ({ cluster }) => (cluster === undefined ? here : there).deps(),
    placeOfRun: async () => ({ context: 'prod', namespace: 'team' }),
  });
  expect(await runProgram(['status', 'weekly'], [], context)).toBe(0);
  expect(terminal.stdout.text).toMatch(/: ilab-backend run --set NAME=VALUE --context prod -n team$/m);
  expect(terminal.stdout.text).toMatch(/: ilab-backend resume weekly$/m);
});

test('silence is counted by the clock of the place, where that is known', async () => {
  const interrupt = new AbortController();
  const world: FakeWorld = new FakeWorld([{ name: 'train' }], () => {
    world.target.print(
      'weekly-train-1',
      [1, 2, 3, 4, 5].map((step) => `{'loss': 5.0, 'epoch': 0.${step}}`),
    );
    interrupt.abort();
    return undefined;
  });
  await world.start('weekly');
  await play(driveRun(world.deps(), { name: 'weekly' }, interrupt.signal));
  // By this machine's clock a second has passed.
  expect(await status(world)).not.toContain('warned');
  const there = {
    ...world.deps(),
    target: Object.assign(world.target, { now: () => new Date('2026-01-01T03:00:00Z') }),
  };
  const terminal = new Terminal();
  await runProgram(['status', 'weekly'], [], terminal.context({ openDeps: async () => there }));
  expect(terminal.stdout.text).toContain('Started:   2026-01-01T00:00:00Z (179m ago)');
  expect(terminal.stdout.text).toMatch(/train, attempt 1, warned \d+m ago: no step/);
});
