import { describe, expect, test } from 'vitest';
import { cancelRun, wishToCancel } from '../../../src/actions/cancel-run.ts';
import { driveRun } from '../../../src/actions/drive/drive-run.ts';
import { prepareResume } from '../../../src/actions/resume-run.ts';
import { startRun } from '../../../src/actions/start-run.ts';
import type { RunEvent } from '../../../src/domain/event.ts';
import { stagePhase } from '../../../src/domain/run/run-phase.ts';
import { rowOf } from '../../../src/domain/run/run-row.ts';
import { type FakeStage, FakeWorld, failed, play, shape, succeeded } from '../../fakes/story.ts';
import { until } from '../../fakes/until.ts';

const CHAIN: readonly FakeStage[] = [
  { name: 'one' },
  { name: 'two', needs: ['one'] },
  { name: 'three', needs: ['two'] },
];
const never = new AbortController().signal;

function drive(world: FakeWorld, name: string, signal: AbortSignal = never): Promise<readonly RunEvent[]> {
  return play(driveRun(world.deps(), { name }, signal));
}

describe('a run that goes well', () => {
  test('each stage is submitted once, in order, and every change is told once', async () => {
    const world = new FakeWorld(CHAIN, () => succeeded());
    await world.start('weekly-1');

    const events = await drive(world, 'weekly-1');

    expect(world.target.created).toEqual(['weekly-1-one-1', 'weekly-1-two-1', 'weekly-1-three-1']);
    expect(shape(events)).toEqual([
      'run-started',
      ...['one', 'two', 'three'].flatMap((stage) => [
        `attempt-intended ${stage}/1`,
        `attempt-bound ${stage}/1`,
        `attempt-started ${stage}/1`,
        `attempt-ended ${stage}/1`,
      ]),
      'run-ended Succeeded 0',
    ]);
  });

  test('what nobody asked for is told first, and counts for nothing in a list', async () => {
    const world = new FakeWorld(CHAIN, () => undefined);
    const first = world.pipeline.pipeline.stages[0]?.name ?? '';
    await world.start('weekly-1', world.document({ selected: [first] }));
    const interrupt = new AbortController();
    const driving = drive(world, 'weekly-1', interrupt.signal);
    await until(() => world.target.created.length === 1);
    const record = world.stored('weekly-1');
    interrupt.abort();
    await driving;
    expect(record?.stages.map(stagePhase)).toEqual(['Running', ...CHAIN.slice(1).map(() => 'Skipped')]);
    expect(record && rowOf(record)).toMatchObject({ stages: 1, done: 0 });
  });

  test('what was asked for is announced, when it is not all', async () => {
    const world = new FakeWorld(CHAIN, () => succeeded());
    await world.start('weekly-1', world.document({ selected: ['one'] }));
    expect((await drive(world, 'weekly-1'))[0]).toMatchObject({
      type: 'run-started',
      stages: ['one', 'two', 'three'],
      selected: ['one'],
    });
    await world.start('weekly-2');
    expect((await drive(world, 'weekly-2'))[0]).not.toHaveProperty('selected');
  });

  test('a second run with the same plan takes every result over', async () => {
    const world = new FakeWorld(CHAIN, () => succeeded());
    await world.start('weekly-1');
    await drive(world, 'weekly-1');
    await world.start('weekly-2');

    const events = await drive(world, 'weekly-2');

    expect(shape(events)).toEqual([
      'run-started',
      'stage-reused one',
      'stage-reused two',
      'stage-reused three',
      'run-ended Succeeded 0',
    ]);
    expect(world.target.created).toHaveLength(3);
  });

  test('a stage that makes something new makes the next ones run, one that makes the same does not', async () => {
    const world = new FakeWorld(CHAIN, () => succeeded('a'));
    await world.start('first');
    await drive(world, 'first');
    world.target.script = (spec) => succeeded(spec.stage === 'one' ? 'b' : 'a');
    await world.start('second', world.document({ fresh: ['one'] }));
    await drive(world, 'second');

    expect(world.target.created.slice(3)).toEqual(['second-one-1', 'second-two-1']);
  });

  test('an output that somebody changed is not taken over, and it is said', async () => {
    const world = new FakeWorld(CHAIN, () => succeeded());
    await world.start('weekly-1');
    await drive(world, 'weekly-1');
    world.spoilt.set('two@weekly-1', 'it has 3 bytes instead of 1');
    await world.start('weekly-2');

    const events = await drive(world, 'weekly-2');

    expect(world.target.created.slice(3)).toEqual(['weekly-2-two-1']);
    expect(events.find((event) => event.type === 'notice')).toMatchObject({
      message: expect.stringContaining('out of two@weekly-1 changed after the run'),
    });
  });
});

describe('a run that does not go well', () => {
  test('a failed stage ends the run with 3; resume gives it a second attempt and keeps the rest', async () => {
    const world = new FakeWorld(CHAIN, (spec) => (spec.stage === 'two' && spec.attempt === 1 ? failed() : succeeded()));
    await world.start('weekly-1');
    expect(shape(await drive(world, 'weekly-1')).at(-1)).toBe('run-ended Failed 3');

    expect(await prepareResume(world.deps(), 'weekly-1')).toBe('retried');
    expect(shape(await drive(world, 'weekly-1')).at(-1)).toBe('run-ended Succeeded 0');
    expect(world.target.created).toEqual(['weekly-1-one-1', 'weekly-1-two-1', 'weekly-1-two-2', 'weekly-1-three-1']);
  });

  test.each([
    { class: 'infra', attempts: 3 },
    { class: 'user', attempts: 2 },
    { class: 'config', attempts: 1 },
  ] as const)('the budget for $class allows $attempts attempts', async ({ class: kind, attempts }) => {
    const stage: FakeStage = { name: 'one', retry: { infra: 2, user: 1 } };
    const world = new FakeWorld([stage], () => failed({ class: kind }));
    await world.start('weekly-1');
    await drive(world, 'weekly-1');
    expect(world.target.created).toHaveLength(attempts);
  });

  test('a refused gate submits nothing and ends with 4; it is asked again by resume', async () => {
    let open = false;
    const gated: FakeStage = { name: 'two', needs: ['one'], gate: () => (open ? undefined : '0.4 is below 0.5') };
    const world = new FakeWorld([{ name: 'one' }, gated], () => succeeded());
    await world.start('weekly-1');
    expect(shape(await drive(world, 'weekly-1')).at(-1)).toBe('run-ended Refused 4');
    expect(world.target.created).toEqual(['weekly-1-one-1']);

    open = true;
    await prepareResume(world.deps(), 'weekly-1');
    expect(shape(await drive(world, 'weekly-1')).at(-1)).toBe('run-ended Succeeded 0');
  });

  test('an object that vanished is lost, ends with 9, and is never created again inside the attempt', async () => {
    const world = new FakeWorld(CHAIN, () => undefined);
    await world.start('weekly-1');
    const interrupt = new AbortController();
    const first = drive(world, 'weekly-1', interrupt.signal);
    await until(() => world.target.created.length === 1);
    interrupt.abort();
    await first;
    world.target.objects.clear();

    expect(shape(await drive(world, 'weekly-1')).at(-1)).toBe('run-ended Lost 9');
    expect(world.target.created).toEqual(['weekly-1-one-1']);
    world.target.script = () => succeeded();
    await prepareResume(world.deps(), 'weekly-1');
    expect(shape(await drive(world, 'weekly-1')).at(-1)).toBe('run-ended Succeeded 0');
    expect(world.target.created).toContain('weekly-1-one-2');
  });
});

describe('interrupt, cancel, two drivers', () => {
  test('an interrupted driver leaves the stage running and says what goes on', async () => {
    const world = new FakeWorld(CHAIN, () => undefined);
    await world.start('weekly-1');
    const interrupt = new AbortController();
    const first = drive(world, 'weekly-1', interrupt.signal);
    await until(() => world.target.created.length === 1);
    interrupt.abort();

    const events = await first;

    expect(events.at(-1)).toMatchObject({
      type: 'run-ended',
      phase: 'Interrupted',
      exitCode: 130,
      message:
        'one goes on; two starts when you type `ilab-backend resume weekly-1`, or `ilab-backend resume weekly-1 --detach` to let it go on by itself',
    });
    world.target.script = () => succeeded();
    world.target.finish('weekly-1-one-1', succeeded());
    expect(await prepareResume(world.deps(), 'weekly-1')).toBe('interrupted');
    expect(shape(await drive(world, 'weekly-1')).at(-1)).toBe('run-ended Succeeded 0');
    expect(world.target.created).toHaveLength(3);
  });

  test('a second driver follows the first and sees the same end', async () => {
    const world = new FakeWorld([{ name: 'one' }], () => undefined);
    await world.start('weekly-1');
    const first = drive(world, 'weekly-1');
    await until(() => world.target.created.length === 1);
    const second = drive(world, 'weekly-1');
    world.target.finish('weekly-1-one-1', failed());

    const [driven, followed] = await Promise.all([first, second]);

    expect(shape(driven).at(-1)).toBe('run-ended Failed 3');
    expect(shape(followed).at(-1)).toBe('run-ended Failed 3');
    expect(shape(followed).filter((line) => line.startsWith('attempt-ended'))).toEqual(['attempt-ended one/1']);
    expect(world.target.created).toHaveLength(1);
  });

  test('who wants to drive and not to follow is told that another driver lives', async () => {
    const world = new FakeWorld([{ name: 'one' }], () => undefined);
    await world.start('weekly-1');
    const first = drive(world, 'weekly-1');
    await until(() => world.target.created.length === 1);
    const taking = driveRun(world.deps(), { name: 'weekly-1', takeover: true }, new AbortController().signal);
    await expect(taking.next()).rejects.toMatchObject({ code: 'name-taken', exitCode: 8 });
    world.target.finish('weekly-1-one-1', succeeded());
    expect(shape(await first).at(-1)).toBe('run-ended Succeeded 0');
  });

  test('cancel from another program ends the stage, starts no other, and ends with 10', async () => {
    const world = new FakeWorld(CHAIN, () => undefined);
    await world.start('weekly-1');
    const first = drive(world, 'weekly-1');
    await until(() => world.target.created.length === 1);
    await wishToCancel(world.deps('bob'), { name: 'weekly-1', reason: 'wrong data' });

    const events = await first;

    expect(shape(events).at(-1)).toBe('run-ended Cancelled 10');
    expect(events).toContainEqual(expect.objectContaining({ type: 'run-cancelling', by: 'bob' }));
    expect(world.target.created).toHaveLength(1);
    expect(shape(await play(cancelRun(world.deps(), { name: 'weekly-1' }, never))).at(-1)).toBe(
      'run-ended Cancelled 10',
    );
  });

  test('cancel without a driver ends what still runs', async () => {
    const world = new FakeWorld(CHAIN, () => undefined);
    await world.start('weekly-1');
    const interrupt = new AbortController();
    const first = drive(world, 'weekly-1', interrupt.signal);
    await until(() => world.target.created.length === 1);
    interrupt.abort();
    await first;

    const events = await play(cancelRun(world.deps(), { name: 'weekly-1' }, never));

    expect(shape(events).at(-1)).toBe('run-ended Cancelled 10');
  });

  test('a run that is done stays done when it is cancelled', async () => {
    const world = new FakeWorld([{ name: 'one' }], () => succeeded());
    await world.start('weekly-1');
    await drive(world, 'weekly-1');
    expect(shape(await play(cancelRun(world.deps(), { name: 'weekly-1' }, never))).at(-1)).toBe(
      'run-ended Succeeded 0',
    );
  });

  test('a run that has failed stays as it is when it is cancelled: nothing is recorded', async () => {
    const world = new FakeWorld([{ name: 'one' }], () => failed());
    await world.start('weekly-1');
    await drive(world, 'weekly-1');
    const before = (await world.store.read('weekly-1'))?.record;
    expect(shape(await play(cancelRun(world.deps(), { name: 'weekly-1' }, never))).at(-1)).toBe('run-ended Failed 3');
    expect((await world.store.read('weekly-1'))?.record).toEqual(before);
  });

  test('the timeout of a run cancels it and ends with 124', async () => {
    const world = new FakeWorld(CHAIN, () => undefined);
    await world.start('weekly-1');
    const events = await play(driveRun(world.deps(), { name: 'weekly-1', timeoutSeconds: 5 }, never));
    expect(shape(events).at(-1)).toBe('run-ended Cancelled 124');
  });

  test.each([
    ['its object', undefined, 'ilab-backend logs weekly-1 one'],
    ['the place it lives in', 'namespace lab is being deleted', undefined],
  ])('a run that loses %s', async (_what, reason, next) => {
    const world = new FakeWorld([{ name: 'one' }], () => undefined);
    world.target.observe = async function* () {
      yield { kind: 'started', at: '2026-01-01T00:00:00.000Z' };
      yield { kind: 'gone', ...(reason === undefined ? {} : { reason }) };
    };
    await world.start('weekly-1');
    const last = (await play(driveRun(world.deps(), { name: 'weekly-1' }, never))).at(-1);
    expect(last).toMatchObject({ type: 'run-ended', phase: 'Lost', exitCode: 9 });
    expect(last?.type === 'run-ended' && last.next).toBe(next);
  });

  test('a driver that takes the place of another counts on from when the run was handed over', async () => {
    const world = new FakeWorld(CHAIN, () => undefined);
    await world.start('weekly-1');
    const slept: number[] = [];
    const { clock, ...deps } = world.deps();
    const sleep: typeof clock.sleep = async (seconds, signal) => {
      slept.push(seconds);
      await clock.sleep(0, signal);
    };
    const since = new Date(clock.now().getTime() - 60_000).toISOString();
    const options = { name: 'weekly-1', timeoutSeconds: 90, since };
    const events = await play(driveRun({ ...deps, clock: { ...clock, sleep } }, options, never));
    expect(slept[0]).toBeGreaterThan(0);
    expect(slept[0]).toBeLessThanOrEqual(30);
    expect(shape(events).at(-1)).toBe('run-ended Cancelled 124');
    expect((await world.store.read('weekly-1'))?.record.cancel?.reason).toBe('--timeout of 90 s');
  });
});

describe('run --name twice', () => {
  test('another plan under the name is refused with the difference', async () => {
    const world = new FakeWorld(CHAIN, () => succeeded());
    await world.start('weekly-1', world.document({ sources: { params: { epochs: 2 } } }));
    const request = {
      name: 'weekly-1',
      pipeline: world.pipeline,
      document: world.document({ sources: { params: { epochs: 3 } } }),
    };
    await expect(startRun(world.deps(), request)).rejects.toMatchObject({
      code: 'name-taken',
      exitCode: 8,
      message: expect.stringContaining('epochs was 2 then, and is 3 now'),
    });
  });

  test('what was asked for differently is told in words of the flags', async () => {
    const world = new FakeWorld(CHAIN, () => succeeded());
    const inputs = { 'two.one': { stage: 'one', run: 'weekly-0', output: 'out' } };
    await world.start('weekly-1', world.document({ fresh: ['*'], inputs }));
    const document = world.document({ selected: ['one'], reuse: { two: { stage: 'two', run: 'weekly-0' } } });
    const fault = await startRun(world.deps(), { name: 'weekly-1', pipeline: world.pipeline, document }).catch(
      (error: unknown) => error as Error,
    );
    expect((fault as Error).message.split('\n')).toEqual([
      'run weekly-1 exists with another plan:',
      '  the stages asked for (--only, --from, --until) changed one, two, three -> one',
      '  `--no-reuse` was given then, and is not now',
      '  `--input two.one=one@weekly-0` was given then, and is not now',
      '  `--reuse two@weekly-0` was not given then',
    ]);
  });

  test.each([
    ['finished', succeeded()],
    ['retried', failed()],
  ] as const)('the same plan continues a run that is over: %s', async (verdict, outcome) => {
    const world = new FakeWorld([{ name: 'one' }], () => outcome);
    await world.start('weekly-1');
    await drive(world, 'weekly-1');
    const again = await startRun(world.deps(), {
      name: 'weekly-1',
      pipeline: world.pipeline,
      document: world.document(),
    });
    expect(again).toEqual({ kind: 'continued', name: 'weekly-1', verdict });
  });
});
