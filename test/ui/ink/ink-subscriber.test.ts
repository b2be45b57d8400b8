import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { RunEvent } from '../../../src/domain/event.ts';
import { createInkSubscriber, type InkOptions } from '../../../src/ui/ink/ink-subscriber.tsx';
import { FakeTerminal } from '../fake-terminal.ts';
import { poisoned } from '../hostile.ts';
import { at, STORIES } from '../stories.ts';

const PLAIN = { color: false, unicode: true };

function open(terminal: FakeTerminal, options: Partial<InkOptions> = {}) {
  const stream = terminal as unknown as NodeJS.WriteStream;
  return createInkSubscriber({ stream, display: PLAIN, now: () => new Date(at(60)), ...options });
}

/** What stands in the scrollback when a story is over. */
async function left(
  events: readonly RunEvent[],
  terminal: FakeTerminal,
  options: Partial<InkOptions> = {},
): Promise<string> {
  const ink = open(terminal, options);
  const [first, ...rest] = events as readonly [RunEvent, ...RunEvent[]];
  ink.event(first);
  // A frame must stand there already: what comes next has to replace it.
  await vi.waitFor(() => expect(terminal.raw).not.toBe(''));
  for (const event of rest) ink.event(event);
  await ink.close();
  return terminal.screen;
}

describe('what a terminal of 80x24 holds when a run', () => {
  test('went well: the table once, and what must not be missed above it', async () => {
    expect(await left(STORIES.good, new FakeTerminal(80, 24))).toMatchInlineSnapshot(`
      "train: warning: no step for 9 s; the steps before took 1 s
        fix: look at its log
      warning: the disk is 91 % full

      weekly-47  instructlab on local                                           1m 22s

        STAGE    PHASE      ATTEMPT  ELAPSED  DETAIL
      ✓ datagen  Succeeded  1        2.8s     leaves=9, examples=120
      ✓ train    Succeeded  1        1m 12s   loss=1.01
      – eval     Skipped                      not among the stages asked for
      ✓ publish  Succeeded  1        0.8s

      weekly-47 is done
      time: 1m 16s in stages, 0.9s our own
      next: ilab-backend artifacts weekly-47
      "
    `);
  });

  test('was driven before: one line says how it stood', async () => {
    const resumed = STORIES.good.map((event) => (event.type === 'run-started' ? { ...event, time: at(80.35) } : event));
    const text = await left(resumed, new FakeTerminal(80, 24));
    expect(text).toMatch(/^weekly-47: resumed \(instructlab, local\): datagen, train done earlier\n/);
    expect(text.match(/resumed/g)).toHaveLength(1);
  });

  test('failed twice: each failure with the end of its log', async () => {
    const tail = async ({ attempt }: { attempt: number }) => [`step ${attempt}`, '10%\r20%', 'Traceback: no memory'];
    expect(await left(STORIES.failed, new FakeTerminal(80, 24), { tail })).toMatchInlineSnapshot(`
      "train: failed after 12s: the main container ended with exit code 1 (class user)
        | step 1
        | 20%
        | Traceback: no memory
        its log: ilab-backend logs weekly-47 train --attempt 1
      train (attempt 2): follows in 2s: the main container ended with exit code 1
      train (attempt 2): log lines between 2026-01-01T00:00:18.000Z and
      2026-01-01T00:00:19.000Z may be missing
      train (attempt 2): failed after 12s: the main container ended with exit code 1
      (class user)
        | step 2
        | 20%
        | Traceback: no memory
        its log: ilab-backend logs weekly-47 train --attempt 2

      weekly-47  instructlab on local                                              27s

        STAGE    PHASE      ATTEMPT  ELAPSED  DETAIL
      ✓ datagen  Reused                       from weekly-46/datagen
      ✗ train    Failed     2        12s      the main container ended with exit code…
      ○ eval     Pending
      ○ publish  Pending

      train failed: the main container ended with exit code 1
      next: ilab-backend logs weekly-47 train
      "
    `);
  });

  test('was left by its driver', async () => {
    expect(await left(STORIES.interrupted, new FakeTerminal(80, 24))).toMatchInlineSnapshot(`
      "weekly-47  instructlab on local                                            1m 1s

        STAGE    PHASE      ATTEMPT  ELAPSED  DETAIL
      ✓ datagen  Reused                       from weekly-46/datagen
      ● train    Running    1        1m 0s    █████░░░░░░░ 40% epoch 2 of 3 (loss=1.2…
      ○ eval     Pending
      ○ publish  Pending

      train goes on; eval starts when you type \`ilab-backend resume weekly-47\`, or
      \`ilab-backend resume weekly-47 --detach\` to let it go on by itself
      next: ilab-backend resume weekly-47
      "
    `);
  });
});

test('failures of a past that was known before this driver began are in the table only', async () => {
  const [first, ...rest] = STORIES.failed;
  const resumed = [{ ...(first as RunEvent), time: at(3600) }, ...rest.slice(0, -1)];
  const screen = await left(resumed, new FakeTerminal(80, 24), { tail: async () => ['old news'] });
  expect(screen).toMatch(/^weekly-47/);
  expect(screen).not.toContain('old news');
  expect(screen).toContain('✗ train    Failed     2');
});

test('20 columns, 10 rows, no UTF-8', async () => {
  const terminal = new FakeTerminal(20, 10);
  expect(await left(STORIES.failed, terminal, { display: { color: false, unicode: false } })).toMatchInlineSnapshot(`
    "train: failed after
    12s: the main
    container ended with
     exit code 1 (class
    user)
      its log:
    ilab-backend logs
    weekly-47 train
    --attempt 1
    train (attempt 2):
    follows in 2s: the
    main container ended
     with exit code 1
    train (attempt 2):
    log lines between
    2026-01-01T00:00:18.
    000Z and 2026-01-01T
    00:00:19.000Z may be
     missing
    train (attempt 2):
    failed after 12s:
    the main container
    ended with exit code
     1 (class user)
      its log:
    ilab-backend logs
    weekly-47 train
    --attempt 2

    weekly-47        27s

    + datagen  Reused
    x train    12s
    . eval     Pending
    . publish  Pending

    train failed: the
    main container ended
    with exit code 1
    next: ilab-backend
    logs weekly-47 train
    "
  `);
  expect(terminal.screen).toMatch(/^[ -~\n]*$/);
});

test('frames replace each other in place, and time goes on between events', async () => {
  const terminal = new FakeTerminal(80, 24);
  let second = 10;
  const ink = open(terminal, { now: () => new Date(at(second)) });
  for (const event of STORIES.good.slice(0, 9)) ink.event(event);
  await vi.waitFor(() => expect(terminal.screen).toContain('Running    1s'));
  expect(terminal.cursorIsHidden).toBe(true);

  second = 20;
  await vi.waitFor(() => expect(terminal.screen).toContain('Running    11s'), { timeout: 5000 });
  expect(terminal.screen.match(/STAGE/g)).toHaveLength(1);
  expect(terminal.screen).toContain('Ctrl-C leaves: train goes on');

  await ink.close();
  expect(terminal.cursorIsHidden).toBe(false);
  expect(terminal.screen.match(/STAGE/g)).toHaveLength(1);
  expect(terminal.screen).not.toContain('Ctrl-C');
});

test('more stages than rows: the frame fits, the scrollback gets them all', async () => {
  const terminal = new FakeTerminal(80, 12);
  const stages = Array.from({ length: 40 }, (_, index) => `s${index}`);
  const [start] = STORIES.good as [RunEvent];
  const ink = open(terminal);
  ink.event({ ...start, stages } as unknown as RunEvent);
  await vi.waitFor(() => expect(terminal.screen).toContain('and 32 after'));
  expect(terminal.screen).not.toContain('s39');
  await ink.close();
  for (const stage of stages) expect(terminal.screen).toMatch(new RegExp(`○ ${stage} +Pending`));
});

test('colour only where it is wanted', async () => {
  const bare = new FakeTerminal(80, 24);
  await left(STORIES.failed, bare);
  expect(bare.raw).not.toMatch(/\[[0-9;]*m/);

  const colored = new FakeTerminal(80, 24);
  await left(STORIES.failed, colored, { display: { color: true, unicode: true } });
  expect(colored.raw).toContain('\u001b[31mFailed\u001b[39m');
  expect(colored.screen).toBe(bare.screen);
});

test.each(Object.entries(STORIES))(
  'hostile texts in the story %s move no cursor and clear no screen',
  async (_name, story) => {
    const kept = new Set(['type', 'time', 'run', 'stage', 'stages', 'target', 'kind', 'class', 'level', 'phase']);
    const terminal = new FakeTerminal(80, 24);
    // The terminal throws at every sequence that Ink itself does not need.
    const screen = await left(poisoned(story, kept), terminal, {
      display: { color: true, unicode: true },
      tail: async () => ['\u001b[2Jgone\u001b[3J\u001b]0;title\u0007\u001b[1A'],
    });
    expect(screen).toContain('\\x1b]0;owned');
    expect(screen).not.toContain('\u202e');
  },
);

test('without a single event nothing is drawn', async () => {
  const terminal = new FakeTerminal(80, 24);
  await open(terminal).close();
  expect(terminal.raw).toBe('');
});

test('a log that cannot be read, and a terminal that is gone, stop nothing', async () => {
  const terminal = new FakeTerminal(80, 24);
  const ink = open(terminal, { tail: () => Promise.reject(new Error('gone')) });
  terminal.on('error', () => undefined);
  for (const event of STORIES.failed) ink.event(event);
  await vi.waitFor(() => expect(terminal.screen).toContain('its log:'));
  terminal.destroy();
  await expect(ink.close()).resolves.toBeUndefined();
});

test('a terminal that was stopped is shown how the run stands when it goes on, not all that was', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const terminal = new FakeTerminal(80, 24);
  const ink = open(terminal);
  const [first, ...rest] = STORIES.good as readonly [RunEvent, ...RunEvent[]];
  ink.event(first);
  await vi.advanceTimersByTimeAsync(1000);
  expect(terminal.screen).toContain('weekly-47');
  terminal.stop();
  const queued: number[] = [];
  for (const event of rest) {
    ink.event(event);
    await vi.advanceTimersByTimeAsync(1000);
    queued.push(terminal.writableLength);
  }
  expect(new Set(queued.slice(1)).size).toBe(1);
  terminal.goOn();
  const closed = ink.close();
  await vi.advanceTimersByTimeAsync(1000);
  await closed;
  expect(terminal.screen).toContain('weekly-47 is done');
});
