import { describe, expect, test } from 'vitest';
import type { RunDocument } from '../../src/actions/plan/run-document.ts';
import { pruneRuns } from '../../src/actions/prune-runs.ts';
import { removeRun } from '../../src/actions/remove-run.ts';
import type { PlacedFolder } from '../../src/ports/source-store.ts';
import { attemptOf, recordOf, withStage } from '../fakes/records.ts';
import { FakeWorld, succeeded } from '../fakes/story.ts';

const never = new AbortController().signal;
const DAY = 86_400;
const OLD = '2025-06-01T00:00:00.000Z';
const YOUNG = '2025-12-31T00:00:00.000Z'; // the clock of the story begins with 2026

interface Past {
  readonly name: string;
  readonly at?: string;
  /** Runs whose results it took over. */
  readonly reuses?: readonly string[];
  /** Runs that it reads by `--input NAME=STAGE@RUN`. */
  readonly reads?: readonly string[];
  readonly folders?: readonly string[];
  readonly isWorking?: boolean;
}

async function worldOf(pasts: readonly Past[], placed: readonly PlacedFolder[] = []) {
  const world = new FakeWorld([{ name: 'one' }], () => succeeded());
  for (const past of pasts) await world.store.create(recordFor(past), JSON.stringify(documentFor(past)));
  if (pasts.some(({ isWorking }) => isWorking)) world.target.peek = async () => ({ kind: 'started', at: YOUNG });
  const discarded: string[] = [];
  const freed: string[] = [];
  const deps = world.deps();
  return {
    world,
    discarded,
    freed,
    deps: {
      ...deps,
      artifacts: {
        ...deps.artifacts,
        discard: async (refs: readonly { readonly run: string }[]) =>
          void discarded.push(...refs.map(({ run }) => run)),
      },
      sources: {
        ...deps.sources,
        placed: async () => placed,
        free: async (
          folders: readonly PlacedFolder[],
          isNamed: (digests: readonly string[]) => Promise<ReadonlySet<string>>,
        ) => {
          const named = await isNamed(folders.map(({ digest }) => digest));
          const free = folders.filter(({ digest }) => !named.has(digest));
          freed.push(...free.map(({ digest }) => digest));
          return free;
        },
      },
    },
  };
}

function recordFor({ name, at = OLD, reuses = [], isWorking = false }: Past) {
  const result = succeeded();
  const outcome = isWorking ? {} : { outcome: result };
  const stages = ['one', ...reuses.map((_, index) => `reused-${index}`)];
  let record = { ...recordOf(name, stages), createdAt: at };
  record = { ...record, ...withStage(record, 'one', { attempts: [attemptOf({ ...outcome, at: { intent: at } })] }) };
  for (const [index, run] of reuses.entries()) {
    if (result.kind !== 'succeeded') throw new Error('it did');
    const from = { run, stage: 'one', attempt: 1 };
    const decision = { kind: 'reuse', from, result: result.result, at } as const;
    record = { ...record, ...withStage(record, `reused-${index}`, { decision }) };
  }
  return record;
}

function documentFor({ reads = [], folders = [] }: Past): RunDocument {
  const inputs = Object.fromEntries(
    reads.map((run, index) => [`one.in${index}`, { stage: 'one', run, output: 'out' }]),
  );
  return {
    version: 1,
    sources: JSON.stringify({ pod: { workspaceClaim: 'data' } }),
    pins: folders.map((digest) => ({
      stage: 'one',
      input: 'taxonomy',
      request: { input: 'taxonomy', location: '/t', builtin: [] },
      source: { kind: 'folder', path: '/t', digest, subPath: 'x', companions: [] },
    })),
    selection: { selected: ['one'], reuse: {}, fresh: [], inputs },
    images: {},
  };
}

async function prune(deps: Awaited<ReturnType<typeof worldOf>>['deps'], dryRun = false): Promise<readonly string[]> {
  const told: string[] = [];
  for await (const pruned of pruneRuns(deps, { olderThan: 30 * DAY, dryRun }, never)) {
    told.push(pruned.kind === 'run' ? pruned.name : pruned.digest);
  }
  return told;
}

describe('prune', () => {
  test.each([
    ['an old run goes, a young one stays', [{ name: 'a' }, { name: 'b', at: YOUNG }], ['a']],
    ['what a young run took over stays', [{ name: 'a' }, { name: 'b', at: YOUNG, reuses: ['a'] }], []],
    ['what a young run reads stays', [{ name: 'a' }, { name: 'b', at: YOUNG, reads: ['a'] }], []],
    [
      'so does what that builds on in turn',
      [{ name: 'a' }, { name: 'b', reuses: ['a'] }, { name: 'c', at: YOUNG, reads: ['b'] }, { name: 'd' }],
      ['d'],
    ],
    [
      'of old ones that build on each other the last goes first',
      [{ name: 'a' }, { name: 'b', reuses: ['a'] }, { name: 'c', reads: ['b'] }],
      ['c', 'b', 'a'],
    ],
    ['one whose stage still runs stays', [{ name: 'a', isWorking: true }], []],
  ] as const)('%s', async (_, pasts, gone) => {
    const { world, deps, discarded } = await worldOf(pasts as readonly Past[]);
    expect(await prune(deps, true)).toEqual(gone);
    expect((await world.store.list()).length).toBe(pasts.length);
    expect(await prune(deps)).toEqual(gone);
    expect(discarded).toEqual(gone);
    const left = (await world.store.list()).map(({ record }) => record.name as string);
    expect(left.sort()).toEqual(
      pasts.map(({ name }) => name as string).filter((name) => !(gone as readonly string[]).includes(name)),
    );
  });

  test('one that is driven stays', async () => {
    const { world, deps } = await worldOf([{ name: 'a' }]);
    await world.store.lock('a');
    expect(await prune(deps)).toEqual([]);
  });

  test('folders that no run names go, when they are old too', async () => {
    const folder = (digest: string, placedAt: string): PlacedFolder => ({ digest, size: 1, placedAt, claim: 'data' });
    const placed = [
      folder('used', OLD),
      folder('left', OLD),
      folder('young', YOUNG),
      folder('freed-with-its-run', OLD),
    ];
    const pasts = [
      { name: 'a', at: YOUNG, folders: ['used'] },
      { name: 'b', folders: ['freed-with-its-run', 'used'] },
    ];
    const { deps, freed } = await worldOf(pasts, placed);
    expect(await prune(deps, true)).toEqual(['b', 'left', 'freed-with-its-run']);
    expect(freed).toEqual([]);
    expect(await prune(deps)).toEqual(['b', 'left', 'freed-with-its-run']);
    expect(freed).toEqual(['left', 'freed-with-its-run']);
  });
});

describe('rm', () => {
  test.each([
    ['took over', { reuses: ['a'] }],
    ['reads', { reads: ['a'] }],
  ])('refuses a run that another one %s', async (_, change) => {
    const { world, deps, discarded } = await worldOf([{ name: 'a' }, { name: 'b', ...change }]);
    await expect(removeRun(deps, 'a', never)).rejects.toMatchObject({
      ...{ code: 'in-use', exitCode: 8 },
      message: 'run b builds on a result of a',
    });
    expect(discarded).toEqual([]);
    expect((await world.store.list()).length).toBe(2);
    await removeRun(deps, 'b', never);
    await removeRun(deps, 'a', never);
    expect(await world.store.list()).toEqual([]);
  });

  test('names every run that builds on it, in the order in which they can be removed', async () => {
    const runs = [{ name: 'a' }, { name: 'b', reuses: ['a'] }, { name: 'c', reads: ['a'] }, { name: 'd' }];
    const { deps } = await worldOf(runs);
    const fault = await removeRun(deps, 'a', never).catch((error: unknown) => error);
    expect(fault).toMatchObject({ message: expect.stringMatching(/^runs (b, c|c, b) build on a result of a$/) });
    expect(fault).toMatchObject({ hint: expect.stringMatching(/^remove them first: `ilab-backend rm (b c|c b)`$/) });
  });
});
