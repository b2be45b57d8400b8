import { describe, expect, test } from 'vitest';
import type { RunEvent } from '../../src/domain/event.ts';
import { keysOf } from '../../src/ui/keys.ts';
import { EMPTY_VIEW, reduceView } from '../../src/ui/run-view.ts';
import { FIRST_SCREEN, logOf, press, type Screen, shownStage } from '../../src/ui/screen.ts';
import { STORIES } from './stories.ts';

const viewOf = (events: readonly RunEvent[]) => events.reduce(reduceView, EMPTY_VIEW);
const training = viewOf(
  STORIES.good.slice(0, STORIES.good.findIndex((event) => event.type === 'attempt-progress') + 1),
);
const DRIVES = { driving: true, onInterrupt: 'detach' } as const;
const WATCHES = { driving: false, onInterrupt: 'detach' } as const;

/** The screen after some keys, and what the last one asked for. */
function typed(keys: readonly string[], view = training, who: typeof DRIVES | typeof WATCHES = DRIVES) {
  let screen: Screen = FIRST_SCREEN;
  let act: unknown;
  for (const key of keys) {
    const pressed = press(screen, key, view, who);
    screen = pressed.screen;
    act = pressed.act;
  }
  return { screen, act, shown: shownStage(view, screen)?.name };
}

test.each([
  [[], 'train'],
  [['down'], 'eval'],
  [['j', 'tab', 'j'], 'datagen'],
  [['k'], 'datagen'],
  [['up', 'back-tab'], 'publish'],
  [['down', 'escape'], 'train'],
] as const)('after %j the stage shown is %s', (keys, shown) => {
  expect(typed(keys).shown).toBe(shown);
});

describe('what cannot be taken back is asked', () => {
  test.each([
    ['c', { kind: 'cancel' }],
    ['q', { kind: 'leave' }],
  ])('%s', (key, act) => {
    expect(typed([key])).toMatchObject({ act: undefined, screen: { question: act } });
    expect(typed([key, 'y']).act).toEqual(act);
    for (const no of ['n', 'escape', ' ', key]) {
      const { screen, act: none } = typed([key, no]);
      expect({ question: screen.question, none }).toEqual({ question: undefined, none: undefined });
    }
  });

  test('approval, of the stage that asks', () => {
    const asking = viewOf(
      STORIES.approved.slice(0, STORIES.approved.findIndex(({ type }) => type === 'approval-asked') + 1),
    );
    expect(typed(['a', 'y'], asking).act).toEqual({ kind: 'approve', stage: 'publish' });
    expect(typed(['a']).screen).toMatchObject({ message: 'no stage asks for approval' });
  });
});

test('who only watches leaves without a question, and takes nothing with it', () => {
  expect(typed(['q'], training, WATCHES).act).toEqual({ kind: 'leave' });
  expect(typed(['d'], training, WATCHES).act).toEqual({ kind: 'leave' });
  expect(typed(['d']).act).toEqual({ kind: 'detach' });
});

test('a log is there from the start of an attempt on, and is that of the run it was taken from', () => {
  expect(typed(['l']).act).toEqual({
    kind: 'open-log',
    attempt: { run: 'weekly-47', stage: 'train', attempt: 1, goesOn: true },
  });
  expect(typed(['down', 'l']).screen.message).toBe('eval has no log yet');
  const reused = viewOf(STORIES.reused.slice(0, -1));
  expect(logOf(reused, reused.stages[0])).toEqual({ run: 'weekly-46', stage: 'datagen', attempt: 2, goesOn: false });
});

test.each([
  ['jj', ['j', 'j']],
  ['\u001b[A\u001bOB', ['up', 'down']],
  ['\u001b', ['escape']],
  ['\t\u001b[Z', ['tab', 'back-tab']],
  ['\u001b[1;5Cq', ['q']],
  ['\u0000\u0007é', ['é']],
])('the keys of %j', (input, keys) => {
  expect(keysOf(input)).toEqual(keys);
});
