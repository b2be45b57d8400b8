import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Scratch } from '../../../src/adapters/sources/pulls/scratch.ts';
import { UrlOrigin } from '../../../src/adapters/sources/pulls/url-origin.ts';
import { createSourceStore } from '../../../src/adapters/sources/source-store.ts';
import type { PinnedSource, SourceRequest, SourceStore } from '../../../src/ports/source-store.ts';
import { gitIn, gitScriptIn } from './repository.ts';

const never = new AbortController().signal;
const URL = 'https://git.example.org/taxonomy';
let root: string;
let taxonomy: string;
let base: string;
let store: SourceStore;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ilab-pulls-'));
  taxonomy = join(root, 'taxonomy');
  write('skills/a/qna.yaml', 'one\ntwo\nthree\n');
  base = gitScriptIn(taxonomy, `ada init -q -b main\n${COMMIT}`, 'ada <ada@example.org>');
  const hub = () => Promise.reject(new Error('no hub is asked'));
  store = createSourceStore({
    workspace: join(root, 'workspace'),
    cwd: root,
    objects: () => Promise.reject(new Error('no object storage here')),
    hub,
  });
  // Addresses of this host lead to the repository on this disk.
  const settings = join(root, 'gitconfig');
  writeFileSync(settings, `[url "${pathToFileURL(taxonomy).href}"]\n\tinsteadOf = ${URL}\n`);
  process.env['GIT_CONFIG_GLOBAL'] = settings;
});
afterEach(() => {
  delete process.env['GIT_CONFIG_GLOBAL'];
  rmSync(root, { recursive: true });
});

function write(file: string, text: string | Uint8Array): void {
  mkdirSync(dirname(join(taxonomy, file)), { recursive: true });
  writeFileSync(join(taxonomy, file), text);
}

function git(...args: readonly string[]): string {
  return gitIn(taxonomy, ...args);
}

function commit(author: string): string {
  return gitScriptIn(taxonomy, COMMIT, `${author} <${author}@example.org>`);
}

const COMMIT = `ada add --all
ada commit -q --allow-empty --author "$1" -m x
ada rev-parse HEAD`;

/** A pull request on the first commit that changes what `change` changes. */
function pull(number: number, change: () => void, { author = 'grace', ref = 'pull' } = {}): string {
  git('checkout', '-q', '--detach', base);
  change();
  const back = 'ada update-ref "$2" HEAD\nada checkout -q -f main\nada clean -q -ffd';
  const who = `${author} <${author}@example.org>`;
  return gitScriptIn(taxonomy, `${COMMIT}\n${back}`, who, `refs/${ref}/${number}/head`);
}

function request(pulls: readonly number[], change: Partial<SourceRequest> = {}): SourceRequest {
  return { input: 'taxonomy', location: taxonomy, builtin: ['tiny'], pulls, ...change };
}

async function placed(
  asked: SourceRequest,
): Promise<{ source: Folder; text: (file: string) => string; facts: unknown }> {
  const source = (await store.pin(asked, never)) as Folder;
  await store.place(source, asked, { pod: {}, signal: never });
  const text = (file: string) => readFileSync(join(root, 'workspace', source.subPath, file), 'utf8');
  return { source, text, facts: JSON.parse(text('../content.source.json')) };
}
type Folder = Extract<PinnedSource, { kind: 'folder' }>;

describe.each([
  ['a clone on this machine', () => ({ location: taxonomy })],
  ['a repository by URL', () => ({ location: URL })],
])('the pull requests of %s', (_where, at) => {
  test('are merged in the order given, and their commits, files and authors are told', async () => {
    const first = pull(12, () => write('skills/b/qna.yaml', 'b\n'));
    const second = pull(7, () => write('skills/a/qna.yaml', 'zero\none\ntwo\nthree\n'), {
      author: 'linus',
      ref: 'merge-requests',
    });
    write('skills/c/qna.yaml', 'c\n');
    const onto = commit('ada');
    const { source, text, facts } = await placed(request([12, 7], at()));
    expect(text('skills/a/qna.yaml')).toBe('zero\none\ntwo\nthree\n');
    expect([text('skills/b/qna.yaml'), text('skills/c/qna.yaml')]).toEqual(['b\n', 'c\n']);
    const pulls = [
      { number: 12, commit: first },
      { number: 7, commit: second },
    ];
    expect(source.merged).toEqual({ onto, pulls });
    expect(facts).toEqual({
      kind: 'folder',
      commit: expect.stringMatching(/^[0-9a-f]{40}$/),
      dirty: false,
      merged: {
        onto,
        pulls: [
          { ...pulls[0], changed: ['skills/b/qna.yaml'], authors: ['grace'] },
          { ...pulls[1], changed: ['skills/a/qna.yaml'], authors: ['linus'] },
        ],
      },
    });
    // Nothing of it is left in the repository.
    expect(git('rev-parse', 'HEAD')).toBe(onto);
    expect(git('for-each-ref', '--format=%(refname)')).not.toContain('brought');
    expect(() => git('cat-file', '-e', (facts as { commit: string }).commit)).toThrow();
  });

  test('are placed as they were pinned, whatever was pushed since', async () => {
    pull(1, () => write('skills/b/qna.yaml', 'b\n'));
    const asked = request([1], at());
    const source = (await store.pin(asked, never)) as Folder;
    pull(1, () => write('skills/b/qna.yaml', 'pushed later\n'));
    write('skills/c/qna.yaml', 'merged later\n');
    commit('ada');
    await store.place(source, asked, { pod: {}, signal: never });
    const content = join(root, 'workspace', source.subPath);
    expect(readFileSync(join(content, 'skills/b/qna.yaml'), 'utf8')).toBe('b\n');
    expect(existsSync(join(content, 'skills/c'))).toBe(false);
  });

  test('that nobody made are named', async () => {
    pull(1, () => write('skills/b/qna.yaml', 'b\n'));
    await expect(store.pin(request([1, 8, 9], at()), never)).rejects.toThrow(/pull requests 8 and 9/);
  });

  test('decide what changed since a base', async () => {
    pull(1, () => write('skills/b/qna.yaml', 'b\n'));
    const { facts } = await placed(request([1], { ...at(), changedSince: 'main' }));
    expect(facts).toMatchObject({ base, changed: ['skills/b/qna.yaml'] });
    const nowhere = store.pin(request([1], { ...at(), changedSince: 'nowhere' }), never);
    await expect(nowhere).rejects.toMatchObject({ code: 'bad-input', message: expect.stringContaining('nowhere') });
  });
});

describe('pull requests', () => {
  test('count by their commits, where the files are the same too', async () => {
    pull(1, () => write('skills/b/qna.yaml', 'b\n'));
    const pins = [await store.pin(request([1]), never)];
    pins.push(await store.pin(request([1]), never));
    pull(1, () => write('skills/b/qna.yaml', 'b\n'), { author: 'somebody else' });
    pins.push(await store.pin(request([1]), never));
    const digests = pins.map((pin) => (pin as Folder).digest);
    expect(digests[1]).toBe(digests[0]);
    expect(digests[2]).not.toBe(digests[0]);
  });

  test('that conflict are named with their files, with the base and with each other', async () => {
    pull(1, () => write('skills/a/qna.yaml', 'one\nTWO\nthree\n'));
    pull(2, () => write('skills/b/qna.yaml', 'b\n'));
    pull(3, () => write('skills/b/qna.yaml', 'another b\n'));
    write('skills/a/qna.yaml', 'one\n2\nthree\n');
    commit('ada');
    await expect(store.pin(request([1, 2, 3]), never)).rejects.toMatchObject({
      code: 'bad-input',
      message:
        'taxonomy: pull request 1 conflicts in skills/a/qna.yaml, which the base changed too\n' +
        'pull request 3 conflicts in skills/b/qna.yaml, which pull request 2 changed too',
    });
  });

  test('that share no history are named', async () => {
    git('checkout', '-q', '--orphan', 'other');
    git('update-ref', 'refs/pull/1/head', commit('eve'));
    git('checkout', '-q', '-f', 'main');
    await expect(store.pin(request([1]), never)).rejects.toThrow('pull request 1 shares no history with');
  });

  test('may be in the base already', async () => {
    pull(1, () => write('skills/b/qna.yaml', 'b\n'));
    git('merge', '-q', '--no-edit', 'refs/pull/1/head');
    const { facts } = await placed(request([1]));
    expect(facts).toMatchObject({ merged: { pulls: [{ number: 1, changed: [], authors: [] }] } });
  });

  describe('of strangers', () => {
    const owned = () => existsSync(join(root, 'owned'));
    test.each([
      ['a link', () => symlinkSync('/etc/passwd', join(taxonomy, 'skills/notes')), 'skills/notes is a link'],
      [
        'a submodule',
        () => {
          const module = join(taxonomy, 'skills/module');
          mkdirSync(module);
          gitIn(module, 'init', '-q');
          gitIn(module, 'commit', '-q', '--allow-empty', '-m', 'x');
        },
        'skills/module is a submodule',
      ],
      ['a huge file', () => write('skills/big.md', Buffer.alloc(17 * 1024 * 1024)), 'skills/big.md has 17825792 bytes'],
      ['a name with an escape', () => write('skills/\u001b[31m.md', 'x'), 'has a control character'],
    ])('with %s are named', async (_what, change, message) => {
      pull(2, () => write('skills/b/qna.yaml', 'b\n'));
      pull(3, change);
      const refused = store.pin(request([2, 3]), never);
      await expect(refused).rejects.toMatchObject({ code: 'bad-input', message: expect.stringContaining(message) });
      await expect(refused).rejects.toThrow(/taxonomy: pull request 3: /);
    });

    test('run no hook, no filter, no merge driver', async () => {
      const program = join(root, 'program');
      writeFileSync(program, `#!/bin/sh\ntouch ${root}/owned\n`, { mode: 0o755 });
      pull(1, () => write('.gitattributes', '* filter=evil merge=evil text eol=crlf\n'));
      pull(2, () => write('skills/a/qna.yaml', 'zero\none\ntwo\nthree\n'));
      write('skills/a/qna.yaml', 'one\ntwo\nthree\nfour\n');
      commit('ada');
      for (const name of ['filter.evil.smudge', 'filter.evil.clean', 'merge.evil.driver']) git('config', name, program);
      writeFileSync(join(taxonomy, '.git/hooks/post-merge'), `#!/bin/sh\ntouch ${root}/owned\n`, { mode: 0o755 });
      const { text } = await placed(request([1, 2]));
      expect(text('skills/a/qna.yaml')).toBe('zero\none\ntwo\nthree\nfour\n');
      expect(owned()).toBe(false);
    });
  });
});

test.each([[1], [200]])('a pull request of %i files that is too large to be fetched is named', async (files) => {
  const head = pull(4, () => {
    for (let at = 0; at < files; at += 1) write(`skills/${at}.bin`, randomBytes(Math.ceil(3_000_000 / files)));
  });
  const origin = new UrlOrigin('taxonomy', URL, { cwd: root, signal: never, largest: 1024 * 1024 });
  const brought = Scratch.with(never, (scratch) => origin.bring(scratch, head, 'pull request 4'));
  await expect(brought).rejects.toThrow(/taxonomy: pull request 4 cannot be fetched from \S+: it is larger than 1 MiB/);
});

test('a folder with changes of no commit is not merged into', async () => {
  pull(1, () => write('skills/b/qna.yaml', 'b\n'));
  write('skills/a/qna.yaml', 'edited');
  await expect(store.pin(request([1]), never)).rejects.toMatchObject({
    message: expect.stringContaining('holds changes that no commit has'),
    hint: expect.stringContaining('git stash'),
  });
});

test('a part of a repository gets what the pull requests change there', async () => {
  pull(1, () => {
    write('skills/b/qna.yaml', 'b\n');
    write('README.md', 'r\n');
  });
  const { text, facts } = await placed(request([1], { location: join(taxonomy, 'skills'), changedSince: 'main' }));
  expect(text('b/qna.yaml')).toBe('b\n');
  expect(facts).toMatchObject({ changed: ['b/qna.yaml'], merged: { pulls: [{ changed: ['b/qna.yaml'] }] } });
});

test.each(['tiny', 'hf:org/name'])('%s has no pull requests', async (location) => {
  await expect(store.pin(request([1], { location }), never)).rejects.toThrow('into a git repository');
});

test('a folder without history has none either', async () => {
  rmSync(join(taxonomy, '.git'), { recursive: true });
  await expect(store.pin(request([1]), never)).rejects.toMatchObject({
    code: 'bad-input',
    hint: expect.stringContaining('a clone'),
  });
});
