import { expect, test } from 'vitest';
import { driveRun } from '../../src/actions/drive/drive-run.ts';
import { publishedBefore } from '../../src/actions/plan/past-results.ts';
import type { StageName } from '../../src/domain/naming.ts';
import type { Results } from '../../src/domain/pipeline/renderable-pipeline.ts';
import { type FakeStage, FakeWorld, failed, play, succeeded } from '../fakes/story.ts';

/* What a gate may compare with: the results of the run whose stage was made public last. */

const never = new AbortController().signal;

/** A world whose stage `show` notes what it could compare with; `score` and `published` are those of each run by name. */
function worldOf(
  runs: Readonly<Record<string, { readonly score: number; readonly published?: number; readonly fails?: true }>>,
) {
  const seen: Record<string, Results> = {};
  const stages: readonly FakeStage[] = [
    { name: 'eval', reuse: 'never' },
    {
      name: 'show',
      needs: ['eval'],
      reuse: 'never',
      gate: (results, previous) => {
        seen[String(results['eval']?.metrics['score'])] = previous;
        return undefined;
      },
    },
  ];
  const world = new FakeWorld(stages, ({ run, stage }) => {
    const { score, published, fails } = runs[run] ?? { score: 0 };
    if (stage === 'eval') return succeeded('a', { score });
    return fails === true ? failed() : succeeded('b', published === undefined ? {} : { published });
  });
  const play_ = async (name: string): Promise<void> => {
    await world.start(name);
    await play(driveRun(world.deps(), { name }, never));
  };
  return { seen, play: play_ };
}

test('there is none before the first', async () => {
  const { seen, play: run } = worldOf({ first: { score: 1 } });
  await run('first');
  expect(seen['1']).toEqual({});
});

test('it is the newest that was made public, not one that failed, was kept or rehearsed', async () => {
  const { seen, play: run } = worldOf({
    first: { score: 1, published: 1 },
    failing: { score: 2, fails: true },
    rehearsed: { score: 3, published: 0 },
    second: { score: 4, published: 1 },
    third: { score: 5 },
  });
  for (const name of ['first', 'failing', 'rehearsed', 'second', 'third']) await run(name);
  const score = (of: string) => seen[of]?.['eval']?.metrics['score'];
  expect([2, 3, 4].map((of) => score(String(of)))).toEqual([1, 1, 1]);
  expect(score('5')).toBe(4);
});

test('it is looked for only where a condition reads it', () => {
  const asking = { name: 'show' as StageName, gates: [] };
  // Records that nobody may look into.
  const runs = new Proxy([], {
    get: () => {
      throw new Error('looked');
    },
  });
  const condition = (text: string) => ({ text, place: { file: 'pipeline.yaml', line: 1, column: 1 } });
  expect(publishedBefore(runs, 'p', asking)).toEqual({});
  expect(publishedBefore(runs, 'p', { ...asking, when: condition('params.previously > 1') })).toEqual({});
  const compared = condition('results.eval.metrics.a > previous.eval.metrics.a');
  for (const reading of [{ when: compared }, { approval: compared }, { gates: [{ name: 'g', condition: compared }] }]) {
    expect(() => publishedBefore(runs, 'p', { ...asking, ...reading })).toThrow('looked');
  }
});
