import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { answerApproval } from '../../../src/actions/answer-approval.ts';
import { wishToCancel } from '../../../src/actions/cancel-run.ts';
import type { Deps } from '../../../src/actions/deps.ts';
import { driveRun } from '../../../src/actions/drive/drive-run.ts';
import { followRun } from '../../../src/actions/follow/follow-run.ts';
import { prepareResume } from '../../../src/actions/resume-run.ts';
import { WARNING_KINDS } from '../../../src/domain/attempt/progress.ts';
import { UserError } from '../../../src/domain/errors.ts';
import type { RunEvent } from '../../../src/domain/event.ts';
import {
  NOTIFICATION_KINDS,
  type NotificationKind,
  notificationOf,
  testNotification,
} from '../../../src/domain/notification.ts';
import { MemoryNotifier } from '../../fakes/memory-notifier.ts';
import { type FakeStage, FakeWorld, failed, play, shape, succeeded } from '../../fakes/story.ts';

const never = new AbortController().signal;
const ONE: readonly FakeStage[] = [{ name: 'one' }];

/** A machine whose runs are told of to `hook`. */
class ToldWorld extends FakeWorld {
  readonly hook: MemoryNotifier;

  constructor(
    stages: readonly FakeStage[],
    script: ConstructorParameters<typeof FakeWorld>[1],
    {
      hook = new MemoryNotifier(),
      on = NOTIFICATION_KINDS,
    }: { hook?: MemoryNotifier; on?: readonly NotificationKind[] } = {},
  ) {
    super(stages, script);
    this.hook = hook;
    const secret = { name: 'env', key: 'HOOK_SECRET' };
    this.pipeline = { ...this.pipeline, notify: { url: 'https://hook.example.org/x', secret, on } };
  }

  override deps(user?: string): Deps {
    return { ...super.deps(user), openNotifier: async () => ({ kind: 'ready', notifier: this.hook }) };
  }

  drive(signal = never): Promise<readonly RunEvent[]> {
    return play(driveRun(this.deps(), { name: 'weekly-1' }, signal));
  }

  get told(): readonly string[] {
    return this.hook.asked.map(({ body }) => body.type);
  }
}

describe('what is told', () => {
  test('that a run is done, once, whoever goes on with it afterwards', async () => {
    const world = new ToldWorld(ONE, () => succeeded());
    await world.start('weekly-1');
    expect(shape(await world.drive()).at(-1)).toBe('run-ended Succeeded 0');
    expect(world.hook.asked.map(({ body }) => body)).toMatchObject([
      {
        ...{ version: 1, type: 'run.done' },
        data: {
          ...{ run: 'weekly-1', pipeline: 'fake', target: 'local', phase: 'Succeeded', exitCode: 0 },
          ...{ message: 'weekly-1 is done', next: 'ilab-backend artifacts weekly-1' },
        },
      },
    ]);
    await prepareResume(world.deps(), 'weekly-1');
    await world.drive();
    expect(world.told).toEqual(['run.done']);
  });

  test('each end of a run that is tried again is a message of its own', async () => {
    const world = new ToldWorld(ONE, ({ attempt }) => (attempt < 3 ? failed() : succeeded()));
    await world.start('weekly-1');
    for (let times = 0; times < 3; times += 1) {
      await world.drive();
      await prepareResume(world.deps(), 'weekly-1');
    }
    expect(world.told).toEqual(['run.failed', 'run.failed', 'run.done']);
    const [first, second] = world.hook.asked;
    expect(first?.id).not.toBe(second?.id);
    expect(first?.body.data).toMatchObject({ stage: 'one', exitCode: 3, message: 'one failed: exit code 1' });
    for (const { id } of world.hook.asked) expect(id).toMatch(/^[A-Za-z0-9_-]+$/);
  });

  test('a gate that refuses is a failure', async () => {
    const world = new ToldWorld([{ name: 'one', gate: () => 'too bad' }], () => succeeded());
    await world.start('weekly-1');
    await world.drive();
    expect(world.hook.asked[0]?.body).toMatchObject({
      type: 'run.failed',
      data: { phase: 'Refused', exitCode: 4, stage: 'one' },
    });
  });

  test('that a person is waited for, once, and not by whoever joins after the answer', async () => {
    const world = new ToldWorld([{ name: 'one', approval: true }], () => succeeded());
    await world.start('weekly-1');
    const left = new AbortController();
    const events = driveRun(world.deps(), { name: 'weekly-1' }, left.signal);
    for await (const event of events) if (event.type === 'approval-asked') left.abort();
    await world.drive(AbortSignal.abort());
    await answerApproval(world.deps(), { run: 'weekly-1', verdict: 'approve' });
    await world.drive();
    expect(world.told).toEqual(['run.waiting', 'run.done']);
    expect(world.hook.asked[0]?.body.data).toMatchObject({ stage: 'one', next: 'ilab-backend approve weekly-1 one' });
  });

  test('that it was cancelled', async () => {
    const world = new ToldWorld(ONE, () => undefined);
    await world.start('weekly-1');
    for await (const event of driveRun(world.deps(), { name: 'weekly-1' }, never)) {
      if (event.type === 'attempt-started') await wishToCancel(world.deps(), { name: 'weekly-1' });
    }
    expect(world.told).toEqual(['run.cancelled']);
  });

  test('that its driver ended by a fault, of which a bug’s words are not told', async () => {
    const world = new ToldWorld(ONE, () => succeeded());
    await world.start('weekly-1');
    for (const fault of [new UserError('unreachable', 'the cluster is away\nand more'), new Error('token=t0ps3cret')]) {
      world.target.prepare = () => Promise.reject(fault);
      await expect(world.drive()).rejects.toBe(fault);
    }
    expect(world.hook.asked.map(({ body }) => body)).toMatchObject([
      { type: 'run.stopped', data: { phase: 'Interrupted', exitCode: 6, message: 'the cluster is away' } },
      { type: 'run.stopped', data: { exitCode: 70, message: 'the driver ended by a bug' } },
    ]);
    expect(new Set(world.hook.asked.map(({ id }) => id)).size).toBe(2);
  });

  test('what a log warns of, once an attempt and kind', async () => {
    const world = new ToldWorld(ONE, () => succeeded());
    await world.start('weekly-1');
    const record = (await world.store.read('weekly-1'))?.record;
    if (record === undefined) throw new Error('no record');
    const warned = (kind: 'nan' | 'stall') =>
      notificationOf(
        {
          ...{ type: 'attempt-warned', time: '2026-01-01T00:00:00.000Z', run: record.name, attempt: 1 },
          stage: record.stages[0]?.name ?? ('' as never),
          warning: { kind, message: 'the loss is no number, with hf_abcdefghijklmnop', evidence: 'loss: nan' },
        },
        record,
      );
    expect(warned('stall')?.body).toMatchObject({ type: 'run.stalled', data: { stage: 'one', warning: 'stall' } });
    expect(warned('nan')?.body).toMatchObject({
      type: 'run.warned',
      data: { message: 'the loss is no number, with hf_***' },
    });
    expect(warned('nan')?.id).toBe(warned('nan')?.id);
    expect(JSON.stringify(warned('nan'))).not.toContain('loss: nan');
  });

  test('a warning that a driver reads in the log, and the next one reads again, once', async () => {
    const world: ToldWorld = new ToldWorld(ONE, (spec) => {
      world.target.print(`${spec.run}-one-1`, ["{'loss': 2.1, 'epoch': 0.1}", "{'loss': nan, 'epoch': 0.2}"]);
      return undefined;
    });
    await world.start('weekly-1');
    const left = new AbortController();
    const first: RunEvent[] = [];
    for await (const event of driveRun(world.deps(), { name: 'weekly-1' }, left.signal)) {
      first.push(event);
      if (event.type === 'attempt-warned') left.abort();
    }
    const second: RunEvent[] = [];
    for await (const event of driveRun(world.deps(), { name: 'weekly-1' }, never)) {
      second.push(event);
      if (event.type === 'attempt-warned') world.target.finish('weekly-1-one-1', succeeded());
    }
    for (const events of [first, second]) expect(shape(events)).toContain('attempt-warned one/1');
    expect(world.told).toEqual(['run.warned', 'run.done']);
    expect(world.hook.asked[0]?.body.data).toMatchObject({ stage: 'one', attempt: 1, warning: 'nan' });
  });

  test('nothing but what was asked for; a driver that only leaves says nothing', async () => {
    const world = new ToldWorld(ONE, () => succeeded(), { on: ['failed', 'waiting'] });
    await world.start('weekly-1');
    await world.drive(AbortSignal.abort());
    await world.drive();
    expect(world.told).toEqual([]);
  });

  test('a follower tells nobody', async () => {
    const world = new ToldWorld(ONE, () => succeeded());
    await world.start('weekly-1');
    await world.drive();
    world.hook.asked.length = 0;
    await play(followRun(world.deps(), { name: 'weekly-1' }, never));
    expect(world.told).toEqual([]);
  });
});

describe('a receiver that is at fault', () => {
  test.each([
    { reply: 'silence', reason: 'no answer in time' },
    { reply: 404, reason: 'it answered 404' },
  ] as const)('($reply) changes no exit code; it is said once, before the end', async ({ reply, reason }) => {
    const hook = new MemoryNotifier([reply]);
    const world = new ToldWorld(ONE, () => succeeded(), { hook });
    await world.start('weekly-1');
    const events = await world.drive();
    expect(events.slice(-2)).toMatchObject([
      { type: 'notice', level: 'warning', message: `https://hook.example.org did not take run.done: ${reason}` },
      { type: 'run-ended', exitCode: 0 },
    ]);
    // What was not taken is told by the next driver, under the same id.
    await world.drive();
    expect(world.told).toEqual(['run.done', 'run.done']);
    expect(new Set(hook.asked.map(({ id }) => id)).size).toBe(1);
  });

  test('does not hold up the stages', async () => {
    const hook = new MemoryNotifier(['silence']);
    const world = new ToldWorld(
      [
        { name: 'one', approval: true },
        { name: 'two', needs: ['one'] },
      ],
      () => succeeded(),
      { hook },
    );
    await world.start('weekly-1');
    const events: RunEvent[] = [];
    for await (const event of driveRun(world.deps(), { name: 'weekly-1' }, never)) {
      events.push(event);
      if (event.type === 'approval-asked') await answerApproval(world.deps(), { run: 'weekly-1', verdict: 'approve' });
    }
    expect(shape(events).at(-1)).toBe('run-ended Succeeded 0');
    expect(world.told).toEqual(['run.waiting', 'run.done']);
  });

  test('a secret that is not there is said at the start', async () => {
    const world = new ToldWorld(ONE, () => succeeded());
    await world.start('weekly-1');
    const absent = { kind: 'absent', reason: 'notify.secret: the variable HOOK_SECRET is not set' } as const;
    const events = await play(
      driveRun({ ...world.deps(), openNotifier: async () => absent }, { name: 'weekly-1' }, never),
    );
    expect(events[0]).toMatchObject({ type: 'run-started' });
    expect(events[1]).toMatchObject({
      type: 'notice',
      message: 'no message about this run can be sent: notify.secret: the variable HOOK_SECRET is not set',
    });
    expect(shape(events).at(-1)).toBe('run-ended Succeeded 0');
  });
});

describe('docs/notifications.md', () => {
  const page = readFileSync('docs/notifications.md', 'utf8');
  const schema = JSON.parse(readFileSync('docs/notifications.schema.json', 'utf8')) as object;
  const judge = new Ajv2020({ strict: true, formats: { 'date-time': true } }).compile(schema);

  test('shows messages that its schema takes, one of each type', () => {
    const shown = [...page.matchAll(/^```json\n([\s\S]*?)^```$/gm)].map(
      ([, text = '']) => JSON.parse(text) as { type: string },
    );
    for (const message of shown)
      expect({ message, fits: judge(message), why: judge.errors }).toMatchObject({ fits: true });
    expect(shown.map(({ type }) => type).sort()).toEqual(
      [...NOTIFICATION_KINDS.map((kind) => `run.${kind}`), 'test'].sort(),
    );
  });

  test('has a schema that what is sent fits, and nothing else', async () => {
    const world = new ToldWorld(ONE, ({ attempt }) => (attempt === 1 ? failed() : succeeded()));
    await world.start('weekly-1');
    await world.drive();
    await prepareResume(world.deps(), 'weekly-1');
    await world.drive();
    const sent = [...world.hook.asked, testNotification('7', '2026-01-01T00:00:00.000Z')].map(({ body }) => body);
    for (const body of sent) expect({ fits: judge(body), why: judge.errors }).toEqual({ fits: true, why: null });
    expect(judge({ ...sent[0], type: 'run.other' })).toBe(false);
    expect(judge({ ...sent[0], data: { ...sent[0]?.data, env: {} } })).toBe(false);
  });

  test.each(WARNING_KINDS)('has the warning %s in its schema', (kind) => {
    expect(JSON.stringify(schema)).toContain(`"${kind}"`);
  });

  test.each(NOTIFICATION_KINDS)('names %s', (kind) => {
    expect(page).toContain(`\`${kind}\``);
  });
});
