import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { downloadArtifacts } from '../../../src/actions/artifacts/download-artifacts.ts';
import type { Deps } from '../../../src/actions/deps.ts';
import { diskDownloadFolder } from '../../../src/adapters/files/disk-download-folder.ts';
import { WorkspaceArtifacts } from '../../../src/adapters/process/workspace-artifacts.ts';
import type { ArtifactResult } from '../../../src/domain/attempt/outcome.ts';
import { digestOfListing, formatListing } from '../../../src/domain/data/digest.ts';
import type { ArtifactStore } from '../../../src/ports/artifact-store.ts';
import { attemptOf, recordOf, withStage } from '../../fakes/records.ts';
import { FakeWorld } from '../../fakes/story.ts';

const never = new AbortController().signal;
const MODEL = { 'config.json': '{}', 'deep/weights.bin': 'w'.repeat(100_000), empty: '' };

let top: string;
let into: string;
let workspace: string;

beforeEach(() => {
  top = realpathSync(mkdtempSync(join(tmpdir(), 'ilab-download-')));
  into = join(top, 'into');
  workspace = join(top, 'workspace');
});
afterEach(() => rmSync(top, { recursive: true }));

function write(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

function listingOf(files: Readonly<Record<string, string>>): string {
  return formatListing(
    Object.entries(files).map(([path, text]) => ({
      path,
      size: Buffer.byteLength(text),
      sha256: createHash('sha256').update(text).digest('hex'),
    })),
  );
}

/** A run whose stage `train` made these artifacts in the workspace. */
async function runWith(
  artifacts: readonly ArtifactResult[],
  change: (store: ArtifactStore) => ArtifactStore = (store) => store,
): Promise<Deps> {
  const world = new FakeWorld([{ name: 'train' }], () => ({ kind: 'lost', message: '' }));
  const outcome = { kind: 'succeeded', result: { version: 1, metrics: {}, artifacts: [...artifacts] } } as const;
  const attempts = [attemptOf({ state: 'cleaned', outcome })];
  const record = withStage(recordOf('weekly', ['train']), 'train', { attempts });
  await world.store.create(record, '{}');
  return { ...world.deps(), artifacts: change(new WorkspaceArtifacts(workspace)) };
}

function folderArtifact(files: Readonly<Record<string, string>> = MODEL, listing = listingOf(files)): ArtifactResult {
  const folder = join(workspace, 'runs/weekly/train/1/model');
  write(folder, files);
  writeFileSync(`${folder}.listing`, listing);
  const size = Object.values(files).reduce((sum, text) => sum + text.length, 0);
  return { name: 'model', path: 'model', digest: digestOfListing(listing), size };
}

function take(deps: Deps, options: { readonly force?: boolean; readonly wanted?: readonly string[] } = {}) {
  const request = { run: 'weekly', wanted: options.wanted ?? [], force: options.force ?? false };
  return downloadArtifacts(deps, request, diskDownloadFolder(into), { onProgress: () => undefined, signal: never });
}

/** Everything in the folder, by path. */
function taken(): Readonly<Record<string, string>> {
  const files = readdirSync(into, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path.slice(into.length + 1), readFileSync(path, 'utf8')];
    }),
  );
}

const EXPECTED = Object.fromEntries(Object.entries(MODEL).map(([path, text]) => [`train/model/${path}`, text]));

describe('a folder', () => {
  test('is taken over whole, and a second time nothing is read', async () => {
    const reads: string[] = [];
    const artifact = folderArtifact();
    const deps = await runWith([artifact], (store) => counted(store, reads));
    expect(await take(deps)).toEqual([
      { artifact: 'train/model', path: 'train/model', files: 3, size: 100_002, kept: 0 },
    ]);
    expect(taken()).toEqual(EXPECTED);
    reads.length = 0;
    expect(await take(deps)).toMatchObject([{ kept: 3 }]);
    expect(reads).toEqual([]);
  });

  test('that is cut is gone on with where it was, in a later try too', async () => {
    const froms: number[] = [];
    const deps = await runWith([folderArtifact()], (store) => cutting(store, froms));
    await expect(take(deps)).rejects.toThrow('the connection was cut');
    expect(Object.keys(taken()).filter((path) => !path.endsWith('.part'))).not.toContain(
      'train/model/deep/weights.bin',
    );
    await take(deps);
    expect(taken()).toEqual(EXPECTED);
    expect(froms.filter((from) => from > 0)).not.toEqual([]);
  });

  test('with a damaged part of an earlier try is asked for again', async () => {
    const deps = await runWith([folderArtifact()]);
    const sha256 = createHash('sha256').update(MODEL['deep/weights.bin']).digest('hex');
    write(into, { [`train/model/deep/.${sha256.slice(0, 16)}.part`]: 'v'.repeat(500) });
    await take(deps);
    expect(taken()).toEqual(EXPECTED);
  });

  test.each([
    ['shorter', 'w'.repeat(99_999)],
    ['longer', 'w'.repeat(100_001)],
    ['other', 'v'.repeat(100_000)],
  ])('whose file became %s is not taken over, and is named', async (_, text) => {
    const artifact = folderArtifact();
    write(join(workspace, 'runs/weekly/train/1/model'), { 'deep/weights.bin': text });
    await expect(take(await runWith([artifact]))).rejects.toMatchObject({
      code: 'storage-failed',
      message: expect.stringContaining('train/model/deep/weights.bin changed after the run'),
    });
    expect(Object.keys(taken()).filter((path) => path.includes('deep'))).toEqual([]);
  });

  test.each([
    ['a path that leaves it', '../../../../evil'],
    ['an absolute path', '/evil'],
    ['a path through nothing', 'a//b'],
  ])('whose listing has %s is refused, however well its digest fits', async (_, path) => {
    const listing = `${'0'.repeat(64)}  0  ${path}\n`;
    const deps = await runWith([folderArtifact(MODEL, listing)]);
    await expect(take(deps)).rejects.toMatchObject({ message: expect.stringContaining('listing is not the recorded') });
    expect(existsSync(into)).toBe(false);
  });

  test('whose listing is another than the recorded one is refused', async () => {
    const artifact = folderArtifact();
    writeFileSync(join(workspace, 'runs/weekly/train/1/model.listing'), listingOf({ 'config.json': '{}' }));
    await expect(take(await runWith([artifact]))).rejects.toMatchObject({ code: 'storage-failed' });
  });
});

describe('what is in the way', () => {
  test('a file with other contents stays, but with force', async () => {
    const deps = await runWith([folderArtifact()]);
    write(into, { 'train/model/config.json': 'mine' });
    await expect(take(deps)).rejects.toMatchObject({
      code: 'name-taken',
      message: `${into}/train/model/config.json has other contents`,
      hint: expect.stringContaining('--force'),
    });
    expect(taken()['train/model/config.json']).toBe('mine');
    await take(deps, { force: true });
    expect(taken()).toEqual(EXPECTED);
  });

  test('a link to a folder elsewhere is not followed', async () => {
    const deps = await runWith([folderArtifact()]);
    const outside = join(top, 'outside');
    mkdirSync(outside);
    mkdirSync(join(into, 'train'), { recursive: true });
    symlinkSync(outside, join(into, 'train/model'));
    await expect(take(deps, { force: true })).rejects.toMatchObject({ code: 'storage-failed' });
    expect(readdirSync(outside)).toEqual([]);
  });

  test('a link with the name of a file is replaced with force, and what it points to stays', async () => {
    const deps = await runWith([folderArtifact()]);
    const outside = join(top, 'outside.json');
    writeFileSync(outside, 'theirs');
    mkdirSync(join(into, 'train/model'), { recursive: true });
    symlinkSync(outside, join(into, 'train/model/config.json'));
    await expect(take(deps)).rejects.toMatchObject({ code: 'name-taken' });
    await take(deps, { force: true });
    expect(readFileSync(outside, 'utf8')).toBe('theirs');
    expect(taken()).toEqual(EXPECTED);
  });
});

describe('what is asked for', () => {
  test('a single file has the digest of its bytes', async () => {
    write(join(workspace, 'runs/weekly/train/1'), { 'scores.json': '[1]' });
    const sha256 = createHash('sha256').update('[1]').digest('hex');
    const scores = { name: 'scores', path: 'scores.json', digest: `sha256:${sha256}`, size: 3 };
    await take(await runWith([scores, folderArtifact()]), { wanted: ['train/scores'] });
    expect(taken()).toEqual({ 'train/scores/scores.json': '[1]' });
  });

  test('all of a plain stage lies in the outputs themselves', async () => {
    write(join(workspace, 'runs/weekly/train/1'), { 'a/b': 'x' });
    const listing = listingOf({ 'a/b': 'x' });
    writeFileSync(join(workspace, 'runs/weekly/train/1.listing'), listing);
    await take(await runWith([{ name: 'artifacts', path: '.', digest: digestOfListing(listing), size: 1 }]));
    expect(taken()).toEqual({ 'train/artifacts/a/b': 'x' });
  });

  test('what the run has not made is told with what it has', async () => {
    await expect(take(await runWith([folderArtifact()]), { wanted: ['eval'] })).rejects.toMatchObject({
      code: 'not-found',
      hint: 'artifacts: train/model',
    });
  });

  test('how far it is ends at all of it', async () => {
    const told: number[] = [];
    const request = { run: 'weekly', wanted: [], force: false };
    await downloadArtifacts(await runWith([folderArtifact()]), request, diskDownloadFolder(into), {
      onProgress: ({ received, total }) => told.push(received / total),
      signal: never,
    });
    expect(told.at(-1)).toBe(1);
    expect(Math.max(...told)).toBe(1);
  });
});

/** Notes what is read. */
function counted(store: ArtifactStore, reads: string[]): ArtifactStore {
  return withRead(store, (ref, path, from, signal) => {
    reads.push(path);
    return store.read(ref, path, from, signal);
  });
}

/** Cuts the first read of a large file after a part of it. */
function cutting(store: ArtifactStore, froms: number[]): ArtifactStore {
  let cut = false;
  return withRead(store, async function* (ref, path, from, signal) {
    froms.push(from);
    for await (const bytes of store.read(ref, path, from, signal)) {
      if (!cut && bytes.length > 10_000) {
        cut = true;
        yield bytes.subarray(0, 10_000);
        throw new Error('the connection was cut');
      }
      yield bytes;
    }
  });
}

function withRead(store: ArtifactStore, read: ArtifactStore['read']): ArtifactStore {
  return {
    folder: (ref) => store.folder(ref),
    files: (ref, artifact) => store.files(ref, artifact),
    verify: (ref, artifact, options) => store.verify(ref, artifact, options),
    listing: (ref, path, signal) => store.listing(ref, path, signal),
    read,
    discard: (refs, signal) => store.discard(refs, signal),
    release: () => store.release(),
  };
}
