import { describe, expect, test } from 'vitest';
import type { RunEvent } from '../../src/domain/event.ts';
import { EMPTY_VIEW, type RunView, reduceView } from '../../src/ui/run-view.ts';
import { at, STORIES } from './stories.ts';

function viewOf(events: readonly RunEvent[]): RunView {
  return events.reduce(reduceView, EMPTY_VIEW);
}

/** `stage phase/attempt`, as far as it got. */
function shape(view: RunView): readonly string[] {
  return view.stages.map((stage) => `${stage.name} ${stage.phase}/${stage.attempt}`);
}

test.each([
  ['good', ['datagen Succeeded/1', 'train Succeeded/1', 'eval Skipped/0', 'publish Succeeded/1']],
  ['failed', ['datagen Reused/0', 'train Failed/2', 'eval Pending/0', 'publish Pending/0']],
  ['refused', ['datagen Reused/0', 'train Pending/0', 'eval Pending/0', 'publish Refused/0']],
  ['cancelled', ['datagen Cancelled/1', 'train Pending/0', 'eval Pending/0', 'publish Pending/0']],
  ['interrupted', ['datagen Reused/0', 'train Running/1', 'eval Pending/0', 'publish Pending/0']],
  ['waiting', ['datagen Reused/0', 'train Lost/1', 'eval Pending/0', 'publish Pending/0']],
  ['reused', ['datagen Reused/0', 'train Reused/0', 'eval Reused/0', 'publish Reused/0']],
] as const)('at the end of the story %s', (story, stages) => {
  const view = viewOf(STORIES[story]);
  expect(shape(view)).toEqual(stages);
  expect(view.ending?.message).toBeDefined();
  // Only what the driver left running still counts its seconds.
  expect(view.stages.filter((stage) => stage.since !== undefined).map((stage) => stage.name)).toEqual(
    story === 'interrupted' ? ['train'] : [],
  );
});

describe('events that come late', () => {
  const ended = STORIES.good.findIndex((event) => event.type === 'attempt-ended' && event.stage === 'train');
  const before = viewOf(STORIES.good.slice(0, ended + 1));
  const progress = STORIES.good.find((event) => event.type === 'attempt-progress') as RunEvent;

  test('progress of an attempt that has ended changes nothing', () => {
    expect(reduceView(before, { ...progress, time: at(81) }).stages).toEqual(before.stages);
  });

  test('progress of an earlier attempt changes nothing', () => {
    const second = viewOf(STORIES.failed.slice(0, -2));
    expect(second.stages[1]).toMatchObject({ attempt: 2, phase: 'Running' });
    expect(reduceView(second, progress).stages).toEqual(second.stages);
  });

  test('a past told twice is the same past', () => {
    const again = STORIES.good.slice(1, -1);
    const once = viewOf(STORIES.good.slice(0, -1));
    expect(again.reduce(reduceView, once).stages.map((stage) => stage.phase)).toEqual(
      once.stages.map((stage) => stage.phase),
    );
  });
});

test('a stage that is told of before the run has started keeps its place in the order', () => {
  const [start, preparing] = STORIES.good as readonly [RunEvent, RunEvent];
  const view = viewOf([preparing, start]);
  expect(shape(view)).toEqual(['datagen Preparing/0', 'train Pending/0', 'eval Pending/0', 'publish Pending/0']);
});

test('the time of a run counts from its earliest event, also for who joins late', () => {
  const [start, ...rest] = STORIES.good as readonly [RunEvent, ...RunEvent[]];
  expect(viewOf([{ ...start, time: at(500) }, ...rest]).began).toBe(at(0.3));
});

test('running counts from the start, waiting from the submit', () => {
  const waits = viewOf(STORIES.waiting.slice(0, 5));
  expect(waits.stages[1]).toMatchObject({ phase: 'Waiting', since: at(1) });
  const runs = viewOf(STORIES.interrupted.slice(0, -1));
  expect(runs.stages[1]).toMatchObject({ phase: 'Running', since: at(1.2) });
});

test('nothing is changed in place', () => {
  const freeze = (view: RunView): RunView =>
    Object.freeze({ ...view, stages: Object.freeze(view.stages.map((stage) => Object.freeze(stage))) });
  for (const story of Object.values(STORIES)) {
    expect(() => story.reduce((view, event) => freeze(reduceView(view, event)), freeze(EMPTY_VIEW))).not.toThrow();
  }
});
