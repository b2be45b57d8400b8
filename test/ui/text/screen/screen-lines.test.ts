import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RunEvent } from '../../../../src/domain/event.ts';
import { EMPTY_VIEW, type RunView, reduceView } from '../../../../src/ui/run-view.ts';
import { FIRST_SCREEN, type Screen } from '../../../../src/ui/screen.ts';
import { NOTHING } from '../../../../src/ui/text/screen/pane-lines.ts';
import { type Frame, frameLines } from '../../../../src/ui/text/screen/screen-lines.ts';
import { textWidth } from '../../../../src/ui/text/text-width.ts';
import { CONTROLS, poisoned, withoutStyles } from '../../hostile.ts';
import { at, STORIES } from '../../stories.ts';

const KEYS = { driving: true, onInterrupt: 'detach' } as const;
const LOG = { lines: Array.from({ length: 30 }, (_, index) => `step ${index + 1}\tof many: \u001b[32mgood\u001b[39m`) };

const viewOf = (events: readonly RunEvent[]): RunView => events.reduce(reduceView, EMPTY_VIEW);

/** A training whose loss falls, on four GPUs, with a warning. */
const training = (() => {
  const start = STORIES.good.findIndex((event) => event.type === 'attempt-started' && event.stage === 'train');
  const story = STORIES.good
    .slice(0, start + 1)
    .map((event) => (event.type === 'attempt-intended' ? { ...event, gpus: 4 } : event));
  const of = { run: story[0]?.run, stage: 'train', attempt: 1 };
  const steps = Array.from({ length: 300 }, (_, index) => ({
    type: 'attempt-progress',
    time: at(10 + index),
    ...of,
    progress: {
      step: index + 1,
      steps: 600,
      fraction: (index + 1) / 600,
      etaSeconds: 300 - index / 2,
      metrics: {
        learning_rate: 2e-5,
        loss: 3 / (index + 3),
        tokens_per_second: 4000 + (index % 7),
        samples: { biology: index },
      },
    },
  }));
  const [warned] = STORIES.good.filter((event) => event.type === 'attempt-warned');
  return viewOf([...story, ...steps, { ...warned, ...of }] as readonly RunEvent[]);
})();

const TERMINAL = { columns: 80, rows: 24, color: false, unicode: true };

function frame(look: Partial<typeof TERMINAL>, change: Partial<Frame> = {}, view = training): string {
  const shown = {
    screen: FIRST_SCREEN,
    keys: KEYS,
    onInterrupt: 'detach',
    expected: { eval: 1200 },
    log: LOG,
  } as const;
  return frameLines(view, new Date(at(320)), { ...TERMINAL, ...look }, { ...shown, ...change }).join('\n');
}

const on = (change: Partial<Screen>): Partial<Frame> => ({ screen: { ...FIRST_SCREEN, ...change } });

describe('the screen of a run that trains', () => {
  test.each([
    ['80x24', {}],
    ['120x40', { columns: 120, rows: 40 }],
    ['40x12', { columns: 40, rows: 12 }],
    ['20x10', { columns: 20, rows: 10 }],
    ['80x24 in ASCII', { unicode: false }],
    ['80x16', { rows: 16 }],
  ])('%s', (_size, look) => {
    expect(`${frame(look)}\n`).toMatchSnapshot();
  });

  test('in colour it has the same words', () => {
    const colored = frame({ color: true });
    expect(colored).toContain('\u001b[');
    expect(withoutStyles(colored)).toBe(frame({}));
  });

  test('another stage, held, a question, help', () => {
    expect(frame({}, on({ chosen: 'datagen' }))).toContain('✓▸datagen');
    expect(frame({}, on({ paused: true }))).toContain('log of train (held');
    expect(
      frame({}, on({ question: { kind: 'cancel' } }))
        .split('\n')
        .at(-1),
    ).toBe('Cancel weekly-47? What runs gets its grace period, what is done is kept. y/n');
    expect(frame({ columns: 20, rows: 5 }, on({ question: { kind: 'cancel' } }))).toContain('Cancel it? y/n');
    expect(frame({}, on({ help: true }))).toContain('cancel the run (asks)');
    expect(frame({}, on({ help: true }))).not.toContain('loss');
  });

  test('help on a small window has the ways out first, and says that there is more', () => {
    const text = frame({ columns: 40, rows: 20 }, on({ help: true }));
    for (const key of ['d', 'c', 'q', 'Ctrl-C']) expect(text).toMatch(new RegExp(`^  ${key} `, 'm'));
    expect(text).toMatch(/\(\d+ more lines: a taller window\)/);
    expect(frame({ rows: 40 }, on({ help: true }))).not.toContain('taller');
  });

  test('a log that is followed and holds nothing but progress says so', () => {
    expect(frame({}, { log: { lines: [], note: 'reading' } })).toContain('\nonly progress so far');
    expect(frame({}, { log: { lines: [], note: NOTHING } })).toContain('\nonly progress\n');
    expect(frame({}, { log: { lines: [], note: 'it cannot be read' } })).toContain('\nit cannot be read');
  });

  test('without keys it says none', () => {
    const lines = frameLines(training, new Date(at(320)), TERMINAL, {
      screen: FIRST_SCREEN,
      onInterrupt: 'detach',
      expected: {},
      log: LOG,
    });
    expect(lines.join('\n')).not.toMatch(/\? help|▸|next:/);
    expect(lines.at(-1)).toMatch(/^Ctrl-C leaves/);
  });
});

test('a stage that waits for approval is not forgotten while another one is looked at', () => {
  const asks = STORIES.approved.findIndex(({ type }) => type === 'approval-asked');
  const asking = viewOf(STORIES.approved.slice(0, asks + 1));
  const text = frame({}, on({ chosen: 'train' }), asking);
  expect(text).toMatch(/^a approve /m);
  expect(text).toContain('next: ilab-backend approve weekly-47 publish');
  expect(frame({}, on({ chosen: 'train' }))).not.toContain('approve');
});

test('who is asked for approval sees what the logs of all stages warned of', () => {
  const asks = STORIES.approved.findIndex(({ type }) => type === 'approval-asked');
  const story = STORIES.approved.slice(0, asks + 1);
  const [warned] = STORIES.good.filter((event) => event.type === 'attempt-warned');
  const asking = viewOf([...story, { ...warned, run: story[0]?.run, stage: 'train' } as RunEvent]);
  expect(frame({}, on({ chosen: 'publish' }), asking)).toContain('warning of train: ');
  expect(frame({}, on({ chosen: 'eval' }), asking)).not.toContain('warning');
});

test('what gives way where rows are few, in this order', () => {
  const parts = {
    sentence: 'Ctrl-C',
    next: 'next:',
    headings: 'STAGE',
    figures: 'loss',
    warnings: 'warning:',
    keys: '? help',
  };
  const heights = Object.values(parts).map(
    (part) => [5, 6, 7, 8, 9, 10, 12, 14, 16, 18, 20, 22, 24, 30].find((rows) => frame({ rows }).includes(part)) ?? 99,
  );
  expect(heights).toEqual([...heights].sort((a, b) => b - a));
  expect(heights[0]).toBeLessThan(99);
  expect(frame({ rows: 6 })).toContain('train');
  expect([19, 20].map((rows) => frame({ rows }).includes('log of train'))).toEqual([false, true]);
});

test('whatever the size and whatever the stages say, it is no wider and always lower than the terminal', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...Object.values(STORIES)),
      fc.nat(30),
      fc.integer({ min: 8, max: 120 }),
      fc.integer({ min: 2, max: 50 }),
      fc.record({ paused: fc.boolean(), help: fc.boolean(), message: fc.constant('one \u001b[2J two') }),
      fc.boolean(),
      (events, count, columns, rows, screen, unicode) => {
        const kept = new Set(['type', 'time', 'run', 'stage', 'stages', 'target', 'kind', 'class', 'phase', 'next']);
        const view = viewOf(poisoned(events.slice(0, count + 1), kept));
        const hostile = { lines: ['\u001b[2Jgone\u001b[3J', '\u001b]0;title\u0007', 'a\tb'] };
        const lines = frameLines(
          view,
          new Date(at(100)),
          { columns, rows, color: true, unicode },
          { screen, keys: KEYS, onInterrupt: 'detach', expected: {}, log: hostile },
        );
        expect(lines.length).toBeLessThanOrEqual(Math.max(1, rows - 1));
        for (const line of lines) {
          expect(textWidth(line)).toBeLessThanOrEqual(columns);
          expect(withoutStyles(line)).not.toMatch(CONTROLS);
        }
      },
    ),
  );
});

test('a narrow window is told what goes on when Ctrl-C is pressed', () => {
  const bare = { screen: FIRST_SCREEN, onInterrupt: 'detach', expected: {}, log: LOG } as const;
  const last = (columns: number) =>
    frameLines(training, new Date(at(320)), { ...TERMINAL, columns, rows: 20 }, bare).at(-1);
  expect(last(40)).toBe('Ctrl-C leaves; train goes on');
  expect(last(20)).toBe('Ctrl-C leaves');
});
