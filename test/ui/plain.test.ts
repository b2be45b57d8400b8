import { describe, expect, test } from 'vitest';
import type { RunEvent } from '../../src/domain/event.ts';
import { createPlainSubscriber, type PlainOptions } from '../../src/ui/plain.ts';
import { CONTROLS, poisoned, withoutStyles } from './hostile.ts';
import { at, STORIES } from './stories.ts';
import { LeavingReader, Reader } from './streams.ts';

const PIPE = { isTTY: false, columns: 80, color: false, unicode: true };

async function told(events: readonly RunEvent[], options: Partial<PlainOptions> = {}): Promise<string> {
  const stream = new Reader();
  const plain = createPlainSubscriber({ stream, display: PIPE, ...options });
  for (const event of events) plain.event(event);
  await plain.close();
  return stream.text;
}

/** The story as whoever joins so many seconds after midnight is told it. */
function resumedAt(story: readonly RunEvent[], seconds: number): readonly RunEvent[] {
  return story.map((event) => (event.type === 'run-started' ? { ...event, time: at(seconds) } : event));
}

describe('what people read of a run that', () => {
  test('goes well', async () => {
    expect(await told(STORIES.good)).toMatchInlineSnapshot(`
      "weekly-47: started (instructlab, local): datagen, train, eval, publish
        to end it: ilab-backend cancel weekly-47
      datagen: installing the environment of stages/datagen/seed
      datagen: submitted as weekly-47-datagen-1
      datagen: started
        its log: ilab-backend logs weekly-47 datagen -f
      datagen: succeeded in 2.8s: leaves=9, examples=120
        what it made: ilab-backend artifacts weekly-47 datagen
      train: submitted as weekly-47-train-1
      train: started
        its log: ilab-backend logs weekly-47 train -f
      train: 25% epoch 2 of 3 (loss=1.235)
      train: 63% epoch 2 of 3 (loss=1.235)
      train: warning: no step for 9 s; the steps before took 1 s
        fix: look at its log
      train: succeeded in 1m 12s: loss=1.01
        what it made: ilab-backend artifacts weekly-47 train
      eval: skipped: not among the stages asked for
      publish: submitted as weekly-47-publish-1
      publish: started
        its log: ilab-backend logs weekly-47 publish -f
      publish: succeeded in 0.8s
        what it made: ilab-backend artifacts weekly-47 publish
      warning: the disk is 91 % full
      weekly-47 is done
        time: 1m 16s in stages, 0.9s our own
        next: ilab-backend artifacts weekly-47
      "
    `);
  });

  test('fails, is tried again and fails', async () => {
    const tail = async ({ attempt }: { attempt: number }) => [
      `step ${attempt}`,
      '10%\r20%',
      'Traceback: \u001b[31mno memory\u001b[0m',
    ];
    expect(await told(STORIES.failed, { tail })).toMatchInlineSnapshot(`
      "weekly-47: started (instructlab, local): datagen, train, eval, publish
        to end it: ilab-backend cancel weekly-47
      datagen: reused from weekly-46/datagen: leaves=9
      train: submitted as weekly-47-train-1
      train: started
        its log: ilab-backend logs weekly-47 train -f
      train: failed after 12s: the main container ended with exit code 1 (class user)
        | step 1
        | 20%
        | Traceback: \\x1b[31mno memory\\x1b[0m
        its log: ilab-backend logs weekly-47 train --attempt 1
      train (attempt 2): follows in 2s: the main container ended with exit code 1
      train (attempt 2): submitted as weekly-47-train-2
      train (attempt 2): started
        its log: ilab-backend logs weekly-47 train -f
      train (attempt 2): log lines between 2026-01-01T00:00:18.000Z and 2026-01-01T00:00:19.000Z may be missing
      train (attempt 2): failed after 12s: the main container ended with exit code 1 (class user)
        | step 2
        | 20%
        | Traceback: \\x1b[31mno memory\\x1b[0m
        its log: ilab-backend logs weekly-47 train --attempt 2
      train failed: the main container ended with exit code 1
        next: ilab-backend logs weekly-47 train
      "
    `);
  });

  test('is refused by a gate', async () => {
    expect(await told(STORIES.refused)).toMatchInlineSnapshot(`
      "weekly-47: started (instructlab, local): datagen, train, eval, publish
        to end it: ilab-backend cancel weekly-47
      datagen: reused from weekly-46/datagen: leaves=9
      publish: refused by gate tuned-beats-base: results.eval.metrics.tuned_loss < results.eval.metrics.base_loss is false
        its figures: ilab-backend status weekly-47
      gate tuned-beats-base refused publish: the tuned model is no better
        next: ilab-backend status weekly-47
      "
    `);
  });

  test('asks a person', async () => {
    expect(await told(STORIES.approved)).toMatchInlineSnapshot(`
      "weekly-47: started (instructlab, local): datagen, train, eval, publish
        to end it: ilab-backend cancel weekly-47
      datagen: reused from weekly-46/datagen: leaves=9
      publish: waits for approval
        see what there is: ilab-backend artifacts weekly-47
        then: ilab-backend approve weekly-47, or decline weekly-47
      publish: approved by grace on desk: scores look right
      publish: submitted as weekly-47-publish-1
      publish: started
        its log: ilab-backend logs weekly-47 publish -f
      publish: succeeded in 4s
      weekly-47 is done
      "
    `);
  });

  test('is cancelled', async () => {
    expect(await told(STORIES.cancelled)).toMatchInlineSnapshot(`
      "weekly-47: started (instructlab, local): datagen, train, eval, publish
        to end it: ilab-backend cancel weekly-47
      datagen: submitted as weekly-47-datagen-1
      datagen: started
        its log: ilab-backend logs weekly-47 datagen -f
      weekly-47: cancelling, as ada asked; the running stage gets its grace period
        to go on with it later: ilab-backend resume weekly-47
      datagen: cancelled after 5s: ended by SIGTERM
      weekly-47 was cancelled
        next: ilab-backend resume weekly-47
      "
    `);
  });

  test('is left by its driver', async () => {
    expect(await told(STORIES.interrupted)).toMatchInlineSnapshot(`
      "weekly-47: started (instructlab, local): datagen, train, eval, publish
        to end it: ilab-backend cancel weekly-47
      datagen: reused from weekly-46/datagen: leaves=9
      train: submitted as weekly-47-train-1
      train: started
        its log: ilab-backend logs weekly-47 train -f
      train: 40% epoch 2 of 3 (loss=1.235)
      train goes on; eval starts when you type \`ilab-backend resume weekly-47\`, or \`ilab-backend resume weekly-47 --detach\` to let it go on by itself
        next: ilab-backend resume weekly-47
      "
    `);
  });

  test('waits and is lost, watched from elsewhere', async () => {
    expect(await told(STORIES.waiting)).toMatchInlineSnapshot(`
      "weekly-47: followed (instructlab, local): datagen, train, eval, publish
        to end it: ilab-backend cancel weekly-47
      datagen: reused from weekly-46/datagen: leaves=9
      train: submitted as weekly-47-train-1
      train: waits: no node has 4 free GPUs
        fix: ask for fewer: --set train.gpus=2
      train: lost: it vanished before its outcome was seen
        its log: ilab-backend logs weekly-47 train --attempt 1
      train was lost: it vanished before its outcome was seen
        next: ilab-backend logs weekly-47 train
      "
    `);
  });

  test('takes everything over from earlier runs', async () => {
    expect(await told(STORIES.reused)).toMatchInlineSnapshot(`
      "weekly-47: started (instructlab, local): datagen, train, eval, publish
        to end it: ilab-backend cancel weekly-47
      datagen: reused from weekly-46/datagen attempt 2
      train: reused from weekly-46/train attempt 2
      eval: reused from weekly-46/eval attempt 2
      publish: reused from weekly-46/publish attempt 2
      weekly-47 is done
        next: ilab-backend artifacts weekly-47
      "
    `);
  });

  test.each(['good', 'failed'] as const)('has ended (%s): it cannot be ended any more', async (story) => {
    const late = STORIES[story].map((event): RunEvent => {
      if (event.type === 'run-started') return { ...event, time: at(3600), driving: false };
      return event.type === 'run-ended' ? { ...event, time: at(3600) } : event;
    });
    const text = await told(late);
    expect(text).toMatch(/^weekly-47: has ended \(instructlab, local\): datagen.* done earlier/);
    expect(text).not.toContain('to end it');
  });

  test('was driven before: its past is one line', async () => {
    expect(await told(resumedAt(STORIES.good, 80.35))).toMatchInlineSnapshot(`
      "weekly-47: resumed (instructlab, local): datagen, train done earlier
        to end it: ilab-backend cancel weekly-47
      eval: skipped: not among the stages asked for
      publish: submitted as weekly-47-publish-1
      publish: started
        its log: ilab-backend logs weekly-47 publish -f
      publish: succeeded in 0.8s
        what it made: ilab-backend artifacts weekly-47 publish
      warning: the disk is 91 % full
      weekly-47 is done
        time: 1m 16s in stages, 0.9s our own
        next: ilab-backend artifacts weekly-47
      "
    `);
    expect(await told(resumedAt(STORIES.failed, 14))).toMatchInlineSnapshot(`
      "weekly-47: resumed (instructlab, local): datagen done earlier
        to end it: ilab-backend cancel weekly-47
      train (attempt 2): submitted as weekly-47-train-2
      train (attempt 2): started
        its log: ilab-backend logs weekly-47 train -f
      train (attempt 2): log lines between 2026-01-01T00:00:18.000Z and 2026-01-01T00:00:19.000Z may be missing
      train (attempt 2): failed after 12s: the main container ended with exit code 1 (class user)
        its log: ilab-backend logs weekly-47 train --attempt 2
      train failed: the main container ended with exit code 1
        next: ilab-backend logs weekly-47 train
      "
    `);
    expect(await told(resumedAt(STORIES.interrupted, 10))).toMatchInlineSnapshot(`
      "weekly-47: resumed (instructlab, local): datagen done earlier; train started
        to end it: ilab-backend cancel weekly-47
      train: 40% epoch 2 of 3 (loss=1.235)
      train goes on; eval starts when you type \`ilab-backend resume weekly-47\`, or \`ilab-backend resume weekly-47 --detach\` to let it go on by itself
        next: ilab-backend resume weekly-47
      "
    `);
    expect(await told(resumedAt(STORIES.cancelled, 5))).toMatchInlineSnapshot(`
      "weekly-47: to be cancelled (instructlab, local): datagen started
      weekly-47: cancelling, as ada asked; the running stage gets its grace period
        to go on with it later: ilab-backend resume weekly-47
      datagen: cancelled after 5s: ended by SIGTERM
      weekly-47 was cancelled
        next: ilab-backend resume weekly-47
      "
    `);
  });

  test('is watched from the middle on', async () => {
    expect(await told(resumedAt(STORIES.waiting, 35))).toMatchInlineSnapshot(`
      "weekly-47: followed (instructlab, local): datagen done earlier; train was submitted
        to end it: ilab-backend cancel weekly-47
      train: lost: it vanished before its outcome was seen
        its log: ilab-backend logs weekly-47 train --attempt 1
      train was lost: it vanished before its outcome was seen
        next: ilab-backend logs weekly-47 train
      "
    `);
  });

  test('is joined while nothing happens: that is told at once', async () => {
    const stream = new Reader();
    const plain = createPlainSubscriber({ stream, display: PIPE });
    for (const event of resumedAt(STORIES.good, 79).filter(({ time }) => time <= at(79))) plain.event(event);
    await new Promise(setImmediate);
    expect(stream.text).toMatch(/resumed \(instructlab, local\): datagen done earlier; train started\n {2}to end it/);
    await plain.close();
  });

  test('is joined to be cancelled: it is not said to go on', async () => {
    const [start, ...rest] = STORIES.cancelled as readonly [RunEvent, ...RunEvent[]];
    const text = await told([{ ...start, time: at(4.1) }, ...rest]);
    expect(text).toMatch(
      /^weekly-47: to be cancelled \(instructlab, local\): datagen started\nweekly-47: cancelling, as /,
    );
  });

  test('runs some of its stages only', async () => {
    const [first, ...rest] = STORIES.good;
    const selected = [{ ...(first as RunEvent), selected: ['datagen'] } as unknown as RunEvent, ...rest];
    expect(await told(selected)).toMatch(/^weekly-47: started \(instructlab, local\): datagen\n/);
  });

  test('is only waited for: its end alone', async () => {
    expect(await told(STORIES.interrupted.slice(-1))).toMatchInlineSnapshot(`
      "train goes on; eval starts when you type \`ilab-backend resume weekly-47\`, or \`ilab-backend resume weekly-47 --detach\` to let it go on by itself
        next: ilab-backend resume weekly-47
      "
    `);
  });
});

describe('progress', () => {
  const bursts = Array.from({ length: 60 }, (_, second): RunEvent => {
    const [first] = STORIES.good.filter((event) => event.type === 'attempt-progress');
    return { ...(first as RunEvent), time: at(second) };
  });

  test('is one line in ten seconds elsewhere, one a second on a terminal', async () => {
    const lines = async (isTTY: boolean) =>
      (await told(bursts, { display: { ...PIPE, isTTY } })).split('\n').length - 1;
    expect(await lines(false)).toBe(6);
    expect(await lines(true)).toBe(60);
  });

  test('of two stages is counted apart', async () => {
    const other = bursts.map((event) => ({ ...event, stage: 'eval' }) as RunEvent);
    const lines = (await told(bursts.flatMap((event, index) => [event, other[index] as RunEvent]))).split('\n');
    expect(lines.filter((line) => line.startsWith('eval'))).toHaveLength(6);
  });
});

describe('the log of a failed attempt', () => {
  test('holds later lines back until it is read, and keeps their order', async () => {
    const stream = new Reader();
    const read = Promise.withResolvers<readonly string[]>();
    const plain = createPlainSubscriber({ stream, display: PIPE, tail: () => read.promise });
    for (const event of STORIES.failed) plain.event(event);
    expect(stream.text).not.toContain('follows in');

    const closed = plain.close();
    read.resolve(['out of memory']);
    await closed;

    const order = [
      'after 12s',
      '| out of memory',
      'its log:',
      'follows in',
      '(attempt 2): failed',
      '| out of memory',
      'next: ',
    ];
    let from = 0;
    for (const words of order) {
      from = stream.text.indexOf(words, from) + 1;
      expect(from, words).toBeGreaterThan(0);
    }
  });

  test('that cannot be read costs nothing but its lines', async () => {
    const tail = () => Promise.reject(new Error('gone'));
    expect(await told(STORIES.failed, { tail })).toBe(await told(STORIES.failed));
  });

  test('of an attempt that failed before this driver began is not shown', async () => {
    const [first, ...rest] = STORIES.failed;
    const resumed = [{ ...(first as RunEvent), time: at(3600) }, ...rest];
    expect(await told(resumed, { tail: async () => ['old news'] })).not.toContain('old news');
  });
});

test.each(Object.entries(STORIES))(
  'hostile texts in every field of the story %s reach no terminal',
  async (_name, story) => {
    const kept = new Set([
      'type',
      'time',
      'run',
      'stage',
      'stages',
      'target',
      'kind',
      'class',
      'reason_',
      'level',
      'phase',
    ]);
    const events = poisoned(story, kept);
    const text = await told(events, {
      display: { ...PIPE, color: true },
      tail: async () => ['\u001b[2Jx\u001b]0;t\u0007'],
    });
    expect(withoutStyles(text)).not.toMatch(CONTROLS);
    expect(text).toContain('\\x1b]0;owned\\x07');
  },
);

test('a terminal that is gone stops nothing', async () => {
  const stream = new LeavingReader(2);
  const plain = createPlainSubscriber({ stream, display: PIPE });
  for (const event of STORIES.good) plain.event(event);
  await plain.close();
  expect(stream.text.split('\n')).toHaveLength(3);
});
