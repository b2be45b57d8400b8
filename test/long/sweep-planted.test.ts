import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { Fault } from '../sweep/faults.ts';
import { buildFaulty, type PlantedFault } from '../sweep/faulty-build.ts';
import { whyNoStrace } from '../sweep/strace.ts';
import { sweep, violationsOf } from '../sweep/sweep.ts';

/** INTENT is written after the start instead of before it: the very mistake that the protocol exists against. */
const INTENT_AFTER_START: PlantedFault = {
  module: 'src/actions/drive/drive-attempt.ts',
  edits: [
    { before: 'await save({}); // INTENT is durable before anything leaves', after: '' },
    {
      before: 'const bound = await deps.target.submit(spec);',
      after: 'const bound = await deps.target.submit(spec); await save({});',
    },
  ],
};

const dist = mkdtempSync(join(tmpdir(), 'ilab-planted-'));
afterAll(() => rmSync(dist, { recursive: true }));

/** The program dies at the calls right behind the birth of an attempt. */
function behindTheStart(faults: readonly Fault[]): readonly Fault[] {
  const kills = faults.filter(({ role, effect }) => role === 'program' && effect === 'KILL');
  const born = kills.findIndex(({ shape }) => shape.startsWith('link ') && shape.includes('/greet/1/spec.json'));
  return kills.slice(born + 1, born + 5);
}

test('a program that writes INTENT after the start is found out', async ({ skip }) => {
  const reason = whyNoStrace();
  if (reason !== undefined) skip(reason);
  await buildFaulty(dist, INTENT_AFTER_START);
  const found = await sweep({ dist, choose: behindTheStart, onlyFirst: true });
  expect(violationsOf(found).join('\n')).toContain('greet/1 was created before its INTENT was recorded');
});

test('the program as it is passes at the same places', async ({ skip }) => {
  const reason = whyNoStrace();
  if (reason !== undefined) skip(reason);
  const found = await sweep({ choose: behindTheStart });
  expect(found.rounds).toHaveLength(4);
  expect(violationsOf(found)).toEqual([]);
});
