import { beforeEach, describe, expect, test } from 'vitest';
import { type BuildWishes, buildImages } from '../../../src/actions/images/build-images.ts';
import type { ChosenImage } from '../../../src/actions/images/choose-images.ts';
import { listImages } from '../../../src/actions/images/list-images.ts';
import { systemClock } from '../../../src/adapters/clock/system-clock.ts';
import type { ImageEvent } from '../../../src/domain/image/image-event.ts';
import { FakeImageEngine, FakeImageLoader, FakeImageRecords, fakeImageSources } from '../../fakes/fake-image-engine.ts';

const TRAIN: ChosenImage = { image: 'stages/train/mlx', stages: ['train'] };
const EVAL: ChosenImage = { image: 'stages/eval/mlx', stages: ['eval'] };
const PROGRAM: ChosenImage = { image: 'program', stages: [] };
const PYTHON = 'docker.io/library/python:3.12-slim';
const never = new AbortController().signal;

let builder: FakeImageEngine;
let loader: FakeImageLoader;
let records: FakeImageRecords;
let versions: Map<string, string>;
beforeEach(() => {
  builder = new FakeImageEngine();
  loader = new FakeImageLoader();
  records = new FakeImageRecords();
  versions = new Map([
    ['stages/train/mlx', 'a1'],
    ['stages/eval/mlx', 'b1'],
    ['program', 'c1'],
  ]);
});

const bases = { 'stages/train/mlx': PYTHON, 'stages/eval/mlx': PYTHON, program: 'docker.io/library/node:24-slim' };

async function build(
  images: readonly ChosenImage[],
  wishes: Partial<BuildWishes> & { readonly load?: boolean } = {},
): Promise<readonly ImageEvent[]> {
  const { load, ...rest } = wishes;
  const clock = { ...systemClock, now: () => new Date('2026-01-01T00:00:00Z') };
  const sources = fakeImageSources(versions, bases, {
    'stages/train/mlx': ['LOCK'],
    'stages/eval/mlx': ['LOCK', 'MORE'],
  });
  const deps = { sources, records, builder, clock, ...(load === true ? { loader } : {}) };
  const events: ImageEvent[] = [];
  for await (const event of buildImages(deps, images, { bases: [], args: [], ...rest }, never)) events.push(event);
  return events;
}

function states(events: readonly ImageEvent[]): Record<string, string> {
  return Object.fromEntries(
    events.flatMap((event) => (event.kind === 'done' ? [[event.image, event.result.state]] : [])),
  );
}

describe('what is built', () => {
  test('is what is not there, once', async () => {
    expect(states(await build([TRAIN, EVAL]))).toEqual({ 'stages/train/mlx': 'built', 'stages/eval/mlx': 'built' });
    expect(states(await build([TRAIN, EVAL]))).toEqual({ 'stages/train/mlx': 'present', 'stages/eval/mlx': 'present' });
    expect(builder.builds).toHaveLength(2);
  });

  test.each([
    ['its files changed', (): unknown => versions.set('stages/train/mlx', 'a2'), {}],
    ['the engine lost it', (): unknown => builder.store.clear(), {}],
    ['another base is wanted', (): unknown => undefined, { bases: [{ to: 'mirror/python:3.12' }] }],
    ['it is given something', (): unknown => undefined, { args: [{ name: 'LOCK', value: 'small.lock' }] }],
  ] as const)('is built again when %s', async (_, change, wishes) => {
    await build([TRAIN]);
    change();
    expect(states(await build([TRAIN], wishes))).toEqual({ 'stages/train/mlx': 'built' });
  });

  test('keeps what was done before one of them failed', async () => {
    builder.fail = 'build ilab-backend/eval-mlx';
    await expect(build([TRAIN, EVAL])).rejects.toThrow('no luck');
    builder.fail = undefined;
    expect(states(await build([TRAIN, EVAL]))).toEqual({ 'stages/train/mlx': 'present', 'stages/eval/mlx': 'built' });
  });

  test('is told line by line, before it is done', async () => {
    expect((await build([TRAIN])).map((event) => event.kind)).toEqual(['started', 'output', 'done']);
  });
});

describe('the base', () => {
  test.each([
    ['for all', [{ to: 'x:1' }], ['x:1', 'x:1']],
    ['for what builds on it, by its last name', [{ from: 'python', to: 'x:1' }], ['x:1', undefined]],
    ['by its whole name', [{ from: PYTHON, to: 'x:1' }], ['x:1', undefined]],
    ['the last one that fits', [{ to: 'x:1' }, { from: 'node', to: 'x:2' }], ['x:1', 'x:2']],
  ] as const)('%s', async (_, wished, wanted) => {
    await build([TRAIN, PROGRAM], { bases: wished });
    expect(builder.builds.map((request) => request.base)).toEqual(wanted);
  });

  test('that nothing builds on is a mistake, found before anything is built', async () => {
    await expect(build([TRAIN], { bases: [{ from: 'pyhton', to: 'x' }] })).rejects.toMatchObject({
      code: 'bad-usage',
      hint: `they build on ${PYTHON}`,
    });
    expect(builder.builds).toEqual([]);
  });
});

describe('what else a Containerfile is given', () => {
  const small = { name: 'LOCK', value: 'small.lock' };

  test('goes to those that ask for it, the last one of a name', async () => {
    await build([TRAIN, EVAL, PROGRAM], { args: [{ ...small, value: 'x' }, small, { name: 'MORE', value: 'y=z' }] });
    expect(builder.builds.map(({ args }) => args)).toEqual([
      { LOCK: 'small.lock' },
      { LOCK: 'small.lock', MORE: 'y=z' },
      {},
    ]);
  });

  test('is remembered: the same again builds nothing, an archive of another is not taken', async () => {
    await build([TRAIN], { args: [small], load: true });
    expect(states(await build([TRAIN], { args: [small], load: true }))).toEqual({ 'stages/train/mlx': 'present' });
    expect(states(await build([TRAIN], { load: true }))).toEqual({ 'stages/train/mlx': 'built' });
    expect(loader.loads).toHaveLength(2);
  });

  test.each([
    ['LOK', 'they ask for LOCK, MORE'],
    ['BASE', 'what to build on: --base'],
  ])('%s, that nothing asks for, is a mistake, found before anything is built', async (name, hint) => {
    const asked = build([TRAIN, EVAL], { args: [{ name, value: 'x' }] });
    await expect(asked).rejects.toMatchObject({ code: 'bad-usage', hint });
    expect(builder.builds).toEqual([]);
  });
});

describe('where it is brought', () => {
  const tag = 'ilab-backend/train-mlx:src-0000000000a1';

  test('a push names it by digest from then on, a load by its content again', async () => {
    const pushed = await build([TRAIN], { push: 'r.example/acme' });
    const byDigest = `r.example/acme/train-mlx@sha256:${'d'.repeat(64)}`;
    expect(pushed.at(-1)).toMatchObject({ result: { reference: byDigest, contentTag: tag } });
    const loaded = await build([TRAIN], { load: true });
    expect(loaded.at(-1)).toMatchObject({ result: { reference: tag, state: 'present' } });
    expect(records.read(tag)?.deliveries.map((one) => one.kind)).toEqual(['push', 'load']);
  });

  test('an archive that is there needs no engine', async () => {
    loader.held.add(tag);
    expect(states(await build([TRAIN], { load: true }))).toEqual({ 'stages/train/mlx': 'present' });
    expect([builder.builds, loader.loads]).toEqual([[], []]);
    expect(records.read(tag)).toMatchObject({ deliveries: [{ kind: 'load' }] });
  });

  test('what was built anew is loaded anew, though an archive of the name is there', async () => {
    await build([TRAIN], { load: true });
    await build([TRAIN], { load: true, bases: [{ to: 'other:1' }] });
    expect(loader.loads).toEqual([tag, tag]);
  });

  test('nothing is remembered of a push that failed', async () => {
    builder.fail = 'push';
    await expect(build([TRAIN], { push: 'r.example' })).rejects.toThrow('no luck');
    expect(records.read(tag)?.deliveries).toEqual([]);
  });
});

describe('the list', () => {
  const list = (...images: readonly ChosenImage[]) =>
    listImages({ sources: fakeImageSources(versions, bases), records }, images).map(({ image, state }) => [
      image,
      state,
    ]);

  test('tells what this machine knows of each', async () => {
    await build([TRAIN]);
    await build([EVAL], { push: 'r.example' });
    await build([PROGRAM], { load: true });
    versions.set('stages/train/other', 'd1');
    expect(
      list(
        TRAIN,
        EVAL,
        PROGRAM,
        { image: 'stages/train/other', stages: [] },
        { image: 'quay.io/a/b:1', stages: [] },
        { ...TRAIN, pinned: { reference: 'r/x:1', origin: 'ilab-backend.yaml:3:1' } },
      ),
    ).toEqual([
      ['stages/train/mlx', 'built'],
      ['stages/eval/mlx', 'pushed'],
      ['program', 'loaded'],
      ['stages/train/other', 'not-built'],
      ['quay.io/a/b:1', 'foreign'],
      ['stages/train/mlx', 'foreign'],
    ]);
  });
});
