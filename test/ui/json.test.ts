import { describe, expect, test } from 'vitest';
import { driveRun } from '../../src/actions/drive/drive-run.ts';
import { followRun } from '../../src/actions/follow/follow-run.ts';
import type { RunEvent } from '../../src/domain/event.ts';
import { createJsonSubscriber } from '../../src/ui/json.ts';
import { FakeWorld, failed, play, succeeded } from '../fakes/story.ts';
import { eventSchema } from './event-schema.ts';
import { CONTROLS, poisoned } from './hostile.ts';
import { at, STORIES } from './stories.ts';
import { LeavingReader, Reader, SlowReader } from './streams.ts';

const never = new AbortController().signal;

async function written(events: readonly RunEvent[]): Promise<string> {
  const stream = new Reader();
  const json = createJsonSubscriber({ stream });
  for (const event of events) json.event(event);
  await json.close();
  return stream.text;
}

function parsed(text: string): readonly unknown[] {
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as unknown);
}

test.each(Object.entries(STORIES))(
  'the story %s is one event a line, the version on the first',
  async (_name, story) => {
    const lines = parsed(await written(story));
    const [first, ...rest] = story;
    expect(lines).toEqual([{ version: 1, ...first }, ...rest]);
  },
);

describe('what a run really emits is what docs/events.md says', () => {
  const stages = [
    { name: 'one', params: { lines: 2 }, retry: { infra: 1, user: 0 } },
    { name: 'two', needs: ['one'], when: () => false },
    { name: 'three', needs: ['one'] },
    { name: 'four', needs: ['three'], gate: () => '0.4 is below 0.5' },
  ];

  async function validated(events: AsyncIterable<RunEvent>): Promise<ReadonlySet<string>> {
    const lines = parsed(await written(await play(events)));
    for (const line of lines) expect(eventSchema.safeParse(line).error).toBeUndefined();
    return new Set(lines.map((line) => (line as RunEvent).type));
  }

  test('driven, followed, taken over and cancelled', async () => {
    const script = (spec: { stage: string; attempt: number }) =>
      spec.stage === 'one' && spec.attempt === 1
        ? failed({ class: 'infra', exitCode: 75 })
        : succeeded('a', { loss: 1.5 });
    const world = new FakeWorld(stages, script);
    await world.start('weekly-1');
    const types = new Set([
      ...(await validated(driveRun(world.deps(), { name: 'weekly-1' }, never))),
      ...(await validated(followRun(world.deps(), { name: 'weekly-1' }, never))),
    ]);
    await world.start('weekly-2');
    for (const type of await validated(driveRun(world.deps(), { name: 'weekly-2' }, never))) types.add(type);

    const expected = [
      'run-started',
      'attempt-retried',
      'attempt-ended',
      'stage-skipped',
      'stage-refused',
      'stage-reused',
      'run-ended',
    ];
    expect(types).toEqual(expect.toSatisfy((seen: Set<string>) => expected.every((type) => seen.has(type))));
  });
});

describe('a slow reader', () => {
  const [start, ...rest] = STORIES.good as readonly [RunEvent, ...RunEvent[]];
  const [sample] = STORIES.good.filter((event) => event.type === 'attempt-progress') as [RunEvent];
  const burst = Array.from({ length: 10_000 }, (_, index): RunEvent => ({ ...sample, time: at(index) }));

  test('finds every state and only the newest progress', async () => {
    const stream = new SlowReader();
    const json = createJsonSubscriber({ stream });
    for (const event of [start, ...burst, ...rest.filter((event) => event.type !== 'attempt-progress')])
      json.event(event);
    const closed = json.close();
    stream.wake();
    await closed;

    const lines = parsed(stream.text) as readonly RunEvent[];
    const progress = lines.filter((event) => event.type === 'attempt-progress');
    expect(progress.map((event) => event.time)).toEqual([at(9999)]);
    expect(lines.filter((event) => event.type !== 'attempt-progress')).toHaveLength(rest.length + 1 - 3);
    expect(lines.at(-1)?.type).toBe('run-ended');
  });

  test('is waited for by close, and by nothing else', async () => {
    const stream = new SlowReader();
    const json = createJsonSubscriber({ stream });
    for (const event of STORIES.good) json.event(event);
    let closed = false;
    const closing = json.close().then(() => {
      closed = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(closed).toBe(false);
    stream.wake();
    await closing;
    // Of the three figures of progress only the newest was still worth reading.
    expect(parsed(stream.text)).toHaveLength(STORIES.good.length - 2);
  });
});

test.each([0, 1, 5])('a reader that leaves after %i lines stops nothing', async (lines) => {
  const stream = new LeavingReader(lines);
  const json = createJsonSubscriber({ stream });
  for (const event of STORIES.good) json.event(event);
  await json.close();
  expect(parsed(stream.text)).toHaveLength(lines);
});

test('hostile texts come through as data, with nothing in them that a terminal obeys', async () => {
  for (const story of Object.values(STORIES)) {
    const events = poisoned(story, new Set(['type', 'time']));
    const text = await written(events);
    expect(text.replaceAll('\n', '')).not.toMatch(CONTROLS);
    expect(text.split('\n')).toHaveLength(events.length + 1);
    expect(parsed(text)).toEqual([{ version: 1, ...events[0] }, ...events.slice(1)]);
  }
});
