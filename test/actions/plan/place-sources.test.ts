import { expect, test } from 'vitest';
import type { Deps } from '../../../src/actions/deps.ts';
import { placeSources } from '../../../src/actions/plan/place-sources.ts';
import type { Pin } from '../../../src/actions/plan/run-document.ts';
import type { StageRecord } from '../../../src/domain/run/run-record.ts';
import { type FakeStage, FakeWorld } from '../../fakes/story.ts';

const STAGES: readonly FakeStage[] = [{ name: 'one' }];
const at = '2026-01-01T00:00:00Z';
const attempt = { attempt: 1, epoch: 1, key: 'k', bindings: { inputs: {} }, at: { intent: at } } as const;

const ROWS: Readonly<Record<string, readonly [Partial<StageRecord>, boolean]>> = {
  'that nobody looked at yet': [{}, true],
  'that shall run': [{ decision: { kind: 'run', at } }, true],
  'whose object may not be there': [{ attempts: [{ ...attempt, state: 'intent' }] }, true],
  'whose object was made': [{ attempts: [{ ...attempt, state: 'bound', uid: 'u' }] }, false],
  'that is skipped': [{ decision: { kind: 'skip', reason: 'so', at } }, false],
};

function pinOf(source: Pin['source']): Pin {
  return { stage: 'one', input: 'data', request: { input: 'data', location: 'x', builtin: [] }, source };
}

const FOLDER = { kind: 'folder', path: '/data', digest: 'd', subPath: 's', companions: [] } as const;
const GIT = { kind: 'git', url: 'https://git.test/x', commit: 'c' } as const;

/** What is placed for a run whose stage has these pins. */
async function placed(
  pins: readonly Pin[],
  stage: Partial<StageRecord>,
  selected = ['one'],
): Promise<readonly string[]> {
  const world = new FakeWorld(STAGES, () => undefined);
  await world.start('weekly-1', { ...world.document({ selected }), pins: [...pins] });
  const stored = await world.store.read('weekly-1');
  if (stored === undefined) throw new Error('it was not recorded');
  const stages = stored.record.stages.map((was) => ({ ...was, ...stage }));
  await world.store.update({ ...stored.record, stages }, stored.version);
  const seen: string[] = [];
  const deps: Deps = {
    ...world.deps(),
    sources: { ...world.deps().sources, place: async ({ kind }) => void seen.push(kind) },
  };
  await placeSources(deps, 'weekly-1', new AbortController().signal);
  return seen;
}

test.each(Object.keys(ROWS))('the folder of a stage %s', async (row) => {
  const [stage, isPlaced] = ROWS[row] as (typeof ROWS)[string];
  expect(await placed([pinOf(FOLDER)], stage)).toEqual(isPlaced ? ['folder'] : []);
});

test('what whoever drives can fetch is left to them, and what was not asked for to nobody', async () => {
  expect(await placed([pinOf(GIT)], {})).toEqual([]);
  expect(await placed([pinOf(FOLDER)], {}, [])).toEqual([]);
});
