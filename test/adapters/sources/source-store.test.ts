import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createSourceStore } from '../../../src/adapters/sources/source-store.ts';
import { UserError } from '../../../src/domain/errors.ts';
import type { PinnedSource, SourceRequest, SourceStore } from '../../../src/ports/source-store.ts';
import { gitIn } from './repository.ts';

const never = new AbortController().signal;
let root: string;
let taxonomy: string;
let store: SourceStore;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ilab-sources-'));
  taxonomy = join(root, 'taxonomy');
  write('a/qna.yaml', 'one');
  write('b/qna.yaml', 'two');
  const hub = () =>
    Promise.resolve({ resolveRevision: async (repo: string, revision: string) => `${repo}:${revision}:sha` });
  const objects = () =>
    Promise.resolve({ digest: () => Promise.resolve(`sha256:${'c'.repeat(64)}`), fetch: () => Promise.resolve() });
  store = createSourceStore({ workspace: join(root, 'workspace'), cwd: root, hub, objects });
});
afterEach(() => rmSync(root, { recursive: true }));

function write(file: string, text: string): void {
  mkdirSync(dirname(join(taxonomy, file)), { recursive: true });
  writeFileSync(join(taxonomy, file), text);
}

function git(...args: readonly string[]): string {
  return gitIn(taxonomy, ...args);
}

function request(change: Partial<SourceRequest> = {}): SourceRequest {
  return { input: 'taxonomy', location: taxonomy, builtin: ['tiny'], ...change };
}

type Folder = Extract<PinnedSource, { kind: 'folder' }>;
async function pinFolder(change: Partial<SourceRequest> = {}): Promise<Folder> {
  return (await store.pin(request(change), never)) as Folder;
}

function placed(source: Folder, file: string): string {
  return readFileSync(join(root, 'workspace', source.subPath, file), 'utf8');
}

describe('a folder', () => {
  test('is placed under its digest; what is edited later does not reach it', async () => {
    const source = await pinFolder();
    await store.place(source, request(), { pod: {}, signal: never });
    write('a/qna.yaml', 'edited');
    await store.place(source, request(), { pod: {}, signal: never });
    expect(placed(source, 'a/qna.yaml')).toBe('one');
    expect((await pinFolder()).digest).not.toBe(source.digest);
  });

  test('that changed between plan and run is refused, and nothing is left half-written', async () => {
    const source = await pinFolder();
    write('a/qna.yaml', 'edited');
    await expect(store.place(source, request(), { pod: {}, signal: never })).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining('changed since'),
    });
    expect(existsSync(join(root, 'workspace', source.subPath))).toBe(false);
  });

  test('with a link is refused, wherever the link leads', async () => {
    symlinkSync('/etc/passwd', join(taxonomy, 'a/notes'));
    await expect(pinFolder()).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining('"a/notes"'),
    });
  });

  test.each([
    ['that is not there', 'nowhere', 'there is no folder'],
    ['that is a file', 'taxonomy/a/qna.yaml', 'is no folder'],
  ])('%s is named', async (_what, path, message) => {
    await expect(pinFolder({ location: join(root, path) })).rejects.toThrow(message);
  });

  test('whose files go away while it is read is refused', async () => {
    // It is asked before each file is read, the last time before the last one.
    let asked = 0;
    const { signal } = new AbortController();
    signal.throwIfAborted = () => {
      asked += 1;
    };
    await store.pin(request(), signal);
    signal.throwIfAborted = () => {
      asked -= 1;
      if (asked === 0) rmSync(taxonomy, { recursive: true });
    };
    await expect(store.pin(request(), signal)).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringMatching(/^taxonomy: \S+\/qna\.yaml went away while \S+\/taxonomy was read$/),
    });
  });

  test('that is empty is an error, not an empty input', async () => {
    mkdirSync(join(root, 'empty'));
    await expect(pinFolder({ location: join(root, 'empty') })).rejects.toThrow('is empty');
  });
});

describe('a git work tree', () => {
  beforeEach(() => {
    git('init', '-q', '-b', 'main');
    write('.gitignore', '*.tmp\n');
    git('add', '.');
    git('commit', '-q', '-m', 'first');
  });

  test('gives its files and new ones, not what is ignored, and tells its commit', async () => {
    write('scratch.tmp', 'x');
    write('c/qna.yaml', 'new');
    const source = await pinFolder();
    await store.place(source, request(), { pod: {}, signal: never });
    expect(placed(source, 'c/qna.yaml')).toBe('new');
    expect(existsSync(join(root, 'workspace', source.subPath, 'scratch.tmp'))).toBe(false);
    expect(existsSync(join(root, 'workspace', source.subPath, '.git'))).toBe(false);
    expect(JSON.parse(placed(source, '../content.source.json'))).toEqual({
      kind: 'folder',
      commit: git('rev-parse', 'HEAD'),
      dirty: true,
    });
  });

  test('tells what changed since a base: committed, edited and new files, against where the branches parted', async () => {
    git('checkout', '-q', '-b', 'contribution');
    write('b/qna.yaml', 'edited and committed');
    git('commit', '-q', '-a', '-m', 'second');
    write('a/qna.yaml', 'edited');
    write('d/qna.yaml', 'new');
    git('checkout', '-q', '--detach');
    const source = await pinFolder({ changedSince: 'main' });
    await store.place(source, request({ changedSince: 'main' }), { pod: {}, signal: never });
    expect(JSON.parse(placed(source, '../content.source.json'))).toMatchObject({
      base: git('rev-parse', 'main'),
      changed: ['a/qna.yaml', 'b/qna.yaml', 'd/qna.yaml'],
    });
    expect((await pinFolder()).digest).not.toBe(source.digest);
  });

  test.each(['nowhere', '--upload-pack=touch x', 'HEAD; rm -rf /'])(
    'a base that is no commit is refused: %s',
    async (changedSince) => {
      await expect(pinFolder({ changedSince })).rejects.toThrow('has no commit, branch or tag');
    },
  );

  test('runs no program that the repository names', async () => {
    const mark = join(root, 'ran');
    git('config', 'core.fsmonitor', `touch ${mark}`);
    await pinFolder();
    expect(existsSync(mark)).toBe(false);
  });

  test('a base for a folder without history is an error', async () => {
    rmSync(join(taxonomy, '.git'), { recursive: true });
    await expect(pinFolder({ changedSince: 'main' })).rejects.toMatchObject({
      hint: expect.stringContaining('git work tree'),
    });
  });
});

describe('other places', () => {
  test.each([
    ['tiny', { kind: 'builtin', name: 'tiny' }],
    ...[
      ['s3://bucket/data', 'c'],
      [`s3://bucket/data@sha256:${'d'.repeat(64)}`, 'd'],
    ].map(([location = '', digit = '']): [string, PinnedSource] => [
      location,
      {
        kind: 'object',
        uri: `s3://bucket/data@sha256:${digit.repeat(64)}`,
        digest: `sha256:${digit.repeat(64)}`,
        subPath: `inputs/${digit.repeat(64)}/content`,
        companions: ['.listing'],
      },
    ]),
    ['hf:org/name', { kind: 'hub', repo: 'org/name', revision: 'org/name:main:sha' }],
    ['hf:org/name@v2', { kind: 'hub', repo: 'org/name', revision: 'org/name:v2:sha' }],
    [`hf:org/name@${'a'.repeat(40)}`, { kind: 'hub', repo: 'org/name', revision: 'a'.repeat(40) }],
    [
      `https://example.org/t.git#${'b'.repeat(40)}`,
      { kind: 'git', url: 'https://example.org/t.git', commit: 'b'.repeat(40) },
    ],
  ])('%s', async (location, pinned) => {
    expect(await store.pin(request({ location }), never)).toEqual(pinned);
  });

  test.each([
    'file:///etc',
    'http://example.org/t.git',
    'ext::sh -c id',
    'git+ssh://x/y',
    'hf:',
    'hf:../x',
    'relative/path',
  ])('%s is refused', async (location) => {
    await expect(store.pin(request({ location }), never)).rejects.toBeInstanceOf(UserError);
  });
});
