import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { RunEvent } from '../../src/domain/event.ts';
import { PHASE_EXIT_CODE } from '../../src/domain/run/run-phase.ts';
import { EVENT_SCHEMAS, eventSchema } from './event-schema.ts';
import { STORIES } from './stories.ts';

const doc = readFileSync(new URL('../../docs/events.md', import.meta.url), 'utf8');

/** Heading -> the JSON example below it. */
const examples = [...doc.matchAll(/^### `([^`]+)`$([\s\S]*?)(?=^##|(?![\s\S]))/gm)].map(([, type = '', body = '']) => ({
  type,
  example: /```json\n(.+?)\n```/s.exec(body)?.[1],
}));

describe('docs/events.md', () => {
  test('describes each member of the union once, and nothing else', () => {
    expect(examples.map(({ type }) => type).sort()).toEqual(Object.keys(EVENT_SCHEMAS).sort());
  });

  test.each(examples)('the example of $type is a valid event of that type', ({ type, example }) => {
    const event: unknown = JSON.parse(example ?? 'null');
    expect(event).toMatchObject({ type });
    expect(eventSchema.safeParse(event).error).toBeUndefined();
  });

  test('names each phase with its exit code', () => {
    const rows = [...doc.matchAll(/^\| `([A-Z]\w+)` \| .+ \| (\d+) \|$/gm)].map(([, phase, code]) => [
      phase,
      Number(code),
    ]);
    expect(Object.fromEntries(rows)).toEqual(PHASE_EXIT_CODE);
  });

  test('has the JSON Schema of a line beside it, which leaves room for new fields', async () => {
    const schema = z.toJSONSchema(eventSchema, {
      override: ({ jsonSchema }) => {
        // Readers must accept what later versions add; only our own tests are strict.
        if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
      },
    });
    const text = `${JSON.stringify({ title: 'An event of ilab-backend (docs/events.md)', ...schema }, undefined, 2)}\n`;
    await expect(text).toMatchFileSnapshot('../../docs/events.schema.json');
  });
});

describe('the stories that other tests are told', () => {
  test.each(Object.entries(STORIES))('%s is made of valid events', (_name, story) => {
    for (const event of story) expect(eventSchema.safeParse(event).error).toBeUndefined();
  });

  test('hold every member of the union', () => {
    const told = new Set(Object.values(STORIES).flatMap((story) => story.map((event: RunEvent) => event.type)));
    expect([...told].sort()).toEqual(Object.keys(EVENT_SCHEMAS).sort());
  });
});
