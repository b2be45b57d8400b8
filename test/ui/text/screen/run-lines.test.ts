import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RunEvent } from '../../../../src/domain/event.ts';
import { EMPTY_VIEW, type RunView, reduceView } from '../../../../src/ui/run-view.ts';
import { FIRST_SCREEN } from '../../../../src/ui/screen.ts';
import { finalLines, type OnInterrupt } from '../../../../src/ui/text/screen/run-lines.ts';
import { frameLines } from '../../../../src/ui/text/screen/screen-lines.ts';
import { textWidth } from '../../../../src/ui/text/text-width.ts';
import { CONTROLS, poisoned, withoutStyles } from '../../hostile.ts';
import { at, STORIES } from '../../stories.ts';

const TERMINAL = { columns: 80, rows: 24, color: false, unicode: true };
const NARROW = { columns: 20, rows: 24, color: false, unicode: false };

function viewOf(events: readonly RunEvent[]): RunView {
  return events.reduce(reduceView, EMPTY_VIEW);
}

/** The view after the last event that passes. */
function until(story: readonly RunEvent[], last: (event: RunEvent) => boolean): RunView {
  return viewOf(story.slice(0, story.findLastIndex(last) + 1));
}

/** Without keys, without a log. */
function bare(onInterrupt: OnInterrupt = 'detach') {
  return { screen: FIRST_SCREEN, onInterrupt, expected: {} };
}

function frame(view: RunView, second: number, look: Partial<typeof TERMINAL> = {}): string {
  return frameLines(view, new Date(at(second)), { ...TERMINAL, ...look }, bare()).join('\n');
}

const training = until(STORIES.good, (event) => event.type === 'attempt-progress');
const waiting = until(STORIES.waiting, (event) => event.type === 'attempt-waits');
const retrying = until(STORIES.failed, (event) => event.type === 'attempt-retried');

describe('the frame of a run that goes on, 80 columns', () => {
  test('while a stage reports progress', () => {
    expect(frame(training, 56)).toMatchInlineSnapshot(`
      "weekly-47  instructlab on local  at least 18s left                           56s

        STAGE    PHASE      ELAPSED  LEFT      DETAIL
      ✓ datagen  Succeeded  2.8s               leaves=9, examples=120
      ● train    Running    47s      18s       ████████░░░░ 63% epoch 2 of 3 (loss=1.…
      ○ eval     Pending
      ○ publish  Pending

        loss  1.235  ▄▄▄

      Ctrl-C leaves: train goes on; eval waits for \`ilab-backend resume weekly-47\`."
    `);
  });
  test('while a stage waits and somebody else drives', () => {
    expect(frame(waiting, 3700)).toMatchInlineSnapshot(`
      "weekly-47  instructlab on local                                            1h 2m

        STAGE    PHASE      ELAPSED  DETAIL
      ✓ datagen  Reused              from weekly-46/datagen
      ◌ train    Waiting    1h 2m    no node has 4 free GPUs
        fix: ask for fewer: --set train.gpus=2
      ○ eval     Pending
      ○ publish  Pending

      Ctrl-C ends this view; the run goes on."
    `);
  });
  test('before another attempt', () => {
    expect(frame(retrying, 14)).toMatchInlineSnapshot(`
      "weekly-47  instructlab on local                                              14s

        STAGE    PHASE      ELAPSED  DETAIL
      ✓ datagen  Reused              from weekly-46/datagen
      ◌ train    Retrying   1s       attempt 2 follows: the main container ended with…
      ○ eval     Pending
      ○ publish  Pending

      Ctrl-C leaves: train waits for \`ilab-backend resume weekly-47\`."
    `);
  });
  test('while it is cancelled', () => {
    expect(
      frame(
        until(STORIES.cancelled, (event) => event.type === 'run-cancelling'),
        5,
      ),
    ).toMatchInlineSnapshot(`
      "weekly-47  cancelling                                                         5s

        STAGE    PHASE      ELAPSED  DETAIL
      ● datagen  Running    3s
      ○ train    Pending
      ○ eval     Pending
      ○ publish  Pending

      The running stage gets its grace period; what is done is kept."
    `);
  });
  test('where Ctrl-C cancels', () => {
    const lines = frameLines(training, new Date(at(56)), TERMINAL, bare('cancel'));
    expect(lines.at(-1)).toBe('Ctrl-C cancels the run.');
  });
});

describe('20 columns without UTF-8', () => {
  test('while a stage reports progress', () => {
    expect(frame(training, 56, NARROW)).toMatchInlineSnapshot(`
      "weekly-47        56s

      + datagen  2.8s
      * train    47s
        63% epoch 2 of 3..
      . eval     Pending
      . publish  Pending

        loss  1.235  ---

      Ctrl-C leaves"
    `);
  });
  test('while a stage waits', () => {
    expect(frame(waiting, 3700, NARROW)).toMatchInlineSnapshot(`
      "weekly-47      1h 2m

      + datagen  Reused
      ~ train    1h 2m
        no node has 4 free
        GPUs
        fix: ask for
        fewer: --set
        train.gpus=2
      . eval     Pending
      . publish  Pending

      Ctrl-C ends view"
    `);
  });
});

describe('what stays in the scrollback', () => {
  test.each([
    ['good', 'ended', '1m 21s'],
    ['interrupted', 'goes on', '1h'],
  ] as const)('of a run (%s) that %s, when somebody looks an hour later: the time it took', (name, _, took) => {
    const late = STORIES[name].map((event): RunEvent => {
      const isOfWatcher = event.type === 'run-started' || event.type === 'run-ended';
      return isOfWatcher ? { ...event, time: at(3605) } : event;
    });
    const look = new Date(at(9000));
    const frame = { screen: FIRST_SCREEN, onInterrupt: 'detach', expected: {} } as const;
    for (const [header] of [finalLines(viewOf(late), look, TERMINAL), frameLines(viewOf(late), look, TERMINAL, frame)])
      expect(header).toMatch(new RegExp(` ${took}( \\d+m)?$`));
  });

  test.each(Object.entries(STORIES))('of the story %s', (name, story) => {
    const lines = finalLines(viewOf(story), new Date(at(100)), TERMINAL);
    expect(`${lines.join('\n')}\n`).toMatchSnapshot(name);
  });

  test('on 20 columns', () => {
    expect(finalLines(viewOf(STORIES.interrupted), new Date(at(100)), NARROW).join('\n')).toMatchInlineSnapshot(`
      "weekly-47      1m 1s

      + datagen  Reused
      * train    1m 0s
        40% epoch 2 of 3..
      . eval     Pending
      . publish  Pending

      train goes on; eval
      starts when you type
      \`ilab-backend resume
      weekly-47\`, or
      \`ilab-backend resume
      weekly-47 --detach\`
      to let it go on by
      itself
      next: ilab-backend resume weekly-47"
    `);
  });
});

describe('few rows', () => {
  const stages = Array.from({ length: 40 }, (_, index) => `s${index}`);
  const [start] = STORIES.good as [RunEvent];
  const many = viewOf([
    { ...start, stages } as unknown as RunEvent,
    { type: 'attempt-started', time: at(1), run: start.run, stage: 's20', attempt: 1 } as RunEvent,
  ]);

  test('the stage that runs is shown with its neighbours, and how many are not', () => {
    expect(frame(many, 9, { rows: 12 })).toMatchInlineSnapshot(`
      "weekly-47  instructlab on local                                               9s
      ○ s16    Pending
      ○ s17    Pending
      ○ s18    Pending
      ○ s19    Pending
      ● s20    Running    8s
      ○ s21    Pending
      ○ s22    Pending
      ○ s23    Pending
        and 16 before, 16 after
      Ctrl-C leaves: s20 goes on; s0 waits for \`ilab-backend resume weekly-47\`."
    `);
  });

  test('a stage that says more than there are rows keeps its first line', () => {
    expect(frame(waiting, 60, { ...NARROW, rows: 5 })).toMatchInlineSnapshot(`
      "weekly-47      1m 0s
      ~ train    59s
        no node has 4 free
        and 1 before, 2 .."
    `);
  });

  test('a reason of any length takes a few lines at most', () => {
    const [sample] = STORIES.waiting.filter((event) => event.type === 'attempt-waits') as [RunEvent];
    const long = reduceView(waiting, { ...sample, reason: 'no node has room; '.repeat(100) } as RunEvent);
    expect(frame(long, 60).split('\n').length).toBeLessThanOrEqual(frame(training, 60).split('\n').length + 6);
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8, 10, 24, 60])(
    'a frame is lower than a terminal of %i rows, unless that has one row',
    (rows) => {
      for (const columns of [20, 80]) {
        for (const view of [training, waiting, many]) {
          const lines = frameLines(view, new Date(at(99)), { ...TERMINAL, columns, rows }, bare());
          expect(lines.length).toBeLessThanOrEqual(Math.max(1, rows - 1));
        }
      }
      expect(frame(many, 9, { rows: Math.max(4, rows) })).toContain('s20');
    },
  );
});

test('no line is wider than the terminal, whatever the stages say', () => {
  const story = fc.constantFrom(...Object.values(STORIES));
  fc.assert(
    fc.property(
      story,
      fc.nat(30),
      fc.integer({ min: 8, max: 120 }),
      fc.boolean(),
      (events, count, columns, unicode) => {
        const hostile = poisoned(
          events.slice(0, count + 1),
          new Set(['type', 'time', 'run', 'stage', 'stages', 'target', 'kind', 'class', 'phase', 'next']),
        );
        const look = { columns, rows: 24, color: true, unicode };
        for (const line of frameLines(viewOf(hostile), new Date(at(100)), look, bare())) {
          expect(textWidth(line)).toBeLessThanOrEqual(columns);
          expect(withoutStyles(line)).not.toMatch(CONTROLS);
        }
        for (const line of finalLines(viewOf(hostile), new Date(at(100)), look))
          expect(withoutStyles(line)).not.toMatch(CONTROLS);
      },
    ),
  );
});
