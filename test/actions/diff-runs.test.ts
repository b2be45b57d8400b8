import { expect, test } from 'vitest';
import { diffRuns } from '../../src/actions/diff-runs.ts';
import { driveRun } from '../../src/actions/drive/drive-run.ts';
import type { RunDocument } from '../../src/actions/plan/run-document.ts';
import { FakeWorld, failed, play, succeeded } from '../fakes/story.ts';

/* Two runs, value by value: what they were made from, and what they made. */

const never = new AbortController().signal;
const CHAIN = [{ name: 'train' }, { name: 'eval', needs: ['train'] }];

function documentWith(world: FakeWorld, params: object, origin: string): RunDocument {
  const sources = {
    pipeline: { name: 'fake', version: '1.0.0' },
    target: 'local',
    params,
    pod: {},
    stages: {},
    images: {},
    files: [],
    shared: [],
    overlays: [],
    origins: { 'params.epochs': { kind: 'flag', flag: origin } },
  };
  return { ...world.document(), sources: JSON.stringify(sources) };
}

async function run(world: FakeWorld, name: string, document: RunDocument): Promise<void> {
  await world.start(name, { ...document, selection: { ...document.selection, fresh: ['*'] } });
  await play(driveRun(world.deps(), { name }, never));
}

const diff = (world: FakeWorld, before: string, after: string) =>
  diffRuns({ deps: world.deps(), name: before }, { deps: world.deps(), name: after });

test('values, metrics and outputs that differ are told, in that order, and nothing else', async () => {
  let score = 0.5;
  const world = new FakeWorld(CHAIN, ({ stage }) => succeeded('a', stage === 'eval' ? { score } : {}));
  await run(world, 'first', documentWith(world, { epochs: 2, seed: 1 }, '--set epochs'));
  score = 0.75;
  await run(world, 'second', documentWith(world, { epochs: 3, seed: 1, warm: [1] }, '--set epochs'));
  expect(await diff(world, 'first', 'second')).toEqual([
    { path: 'params.epochs', before: 2, after: 3 },
    { path: 'params.warm', after: '[1]' },
    { path: 'results.eval.metrics.score', before: 0.5, after: 0.75 },
  ]);
});

test('where a value came from, and whether a result was reused, is no difference', async () => {
  const world = new FakeWorld(CHAIN, () => succeeded());
  const document = documentWith(world, { epochs: 2 }, '--set epochs');
  await run(world, 'first', document);
  const again = documentWith(world, { epochs: 2 }, '-f other.yaml');
  await world.start('second', again);
  await play(driveRun(world.deps(), { name: 'second' }, never));
  expect((await world.store.read('second'))?.record.stages[0]?.decision?.kind).toBe('reuse');
  expect(await diff(world, 'first', 'second')).toEqual([]);
});

test('a stage that did not get there is told by its state', async () => {
  const world = new FakeWorld(CHAIN, ({ stage, run: name }) =>
    stage === 'eval' && name === 'second' ? failed() : succeeded(),
  );
  await run(world, 'first', documentWith(world, {}, ''));
  await run(world, 'second', documentWith(world, {}, ''));
  const differences = await diff(world, 'first', 'second');
  expect(differences).toContainEqual({ path: 'results.eval.state', after: 'Failed' });
  expect(differences.every(({ path }) => path.startsWith('results.eval.'))).toBe(true);
  await expect(diff(world, 'first', 'third')).rejects.toMatchObject({ code: 'not-found' });
});
