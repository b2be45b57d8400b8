import { expect, test } from 'vitest';
import type { Progress } from '../../src/domain/attempt/progress.ts';
import type { RunEvent } from '../../src/domain/event.ts';
import { EMPTY_VIEW, reduceView } from '../../src/ui/run-view.ts';
import { runSecondsLeft, stageLeft } from '../../src/ui/time-left.ts';
import { at, STORIES } from './stories.ts';

const start = STORIES.good.findIndex((event) => event.type === 'attempt-started' && event.stage === 'train');
const trains = STORIES.good.slice(0, start + 1); // since 8.3 s
const run = trains[0]?.run;

/** What is left 28.3 s after midnight, of what progress said 18.3 s after midnight. */
function left(progress: Progress | undefined, expected: Record<string, number>, story: readonly RunEvent[] = trains) {
  const told = { type: 'attempt-progress', time: at(18.3), run, stage: 'train', attempt: 1, progress } as RunEvent;
  const view = [...story, ...(progress === undefined ? [] : [told])].reduce(reduceView, EMPTY_VIEW);
  const found = runSecondsLeft(view, new Date(at(28.3)), expected);
  return found === undefined ? undefined : `${found.isLeast ? '>= ' : ''}${Math.round(found.seconds)}`;
}

const REST = { eval: 100, publish: 10 };

test.each<[string, Progress | undefined, Record<string, number>, string | undefined]>([
  ['its own words', { etaSeconds: 50, fraction: 0.5 }, REST, '150'],
  ['its pace', { fraction: 0.25 }, REST, '130'],
  ['how long it took before', undefined, { ...REST, train: 60 }, '150'],
  ['nothing but the rest', undefined, REST, '>= 110'],
  ['longer than it ever took', undefined, { ...REST, train: 15 }, '>= 110'],
  ['a fraction too small to tell', { fraction: 0.01 }, {}, undefined],
  ['names of the runtime', undefined, { __proto__: 1 } as Record<string, number>, undefined],
])('by %s', (_by, progress, expected, seconds) => {
  expect(left(progress, expected)).toBe(seconds);
});

test('only what was asked for counts, and nothing once a stage failed', () => {
  const [first, ...rest] = trains as unknown as readonly [RunEvent, ...RunEvent[]];
  const selected = { ...first, selected: ['datagen', 'train'] } as unknown as RunEvent;
  expect(left({ etaSeconds: 50 }, REST, [selected, ...rest])).toBe('40');
  expect(left(undefined, REST, STORIES.failed.slice(0, -1))).toBeUndefined();
});

test('of a stage it is said whether it tells by its own pace or earlier runs do', () => {
  const told = { type: 'attempt-progress', time: at(18.3), run, stage: 'train', attempt: 1 };
  const view = [...trains, { ...told, progress: { fraction: 0.5 } } as RunEvent].reduce(reduceView, EMPTY_VIEW);
  const lefts = view.stages.map((stage) => stageLeft(stage, new Date(at(28.3)), REST));
  expect(lefts.map((one) => one?.isByEarlierRuns)).toEqual([false, false, true, true]);
});
