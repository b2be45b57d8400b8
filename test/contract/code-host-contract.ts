import { beforeEach, describe, expect, test } from 'vitest';
import type { CodeHost } from '../../src/ports/code-host.ts';
import type { HostState, StoredRepository } from '../github/host-state.ts';

/** A host with what it remembers, for one test. */
export interface CodeHostHarness {
  readonly host: CodeHost;
  readonly state: HostState;
}

const REPO = 'team/taxonomy';
const signal = new AbortController().signal;
const MARKER = '<!-- scores -->';

/** What any CodeHost promises to the actions (src/ports/code-host.ts). */
export function describeCodeHost(name: string, open: () => Promise<CodeHostHarness>): void {
  describe(`the code host ${name}`, () => {
    let host: CodeHost;
    let state: HostState;
    let repository: StoredRepository;
    beforeEach(async () => {
      ({ host, state } = await open());
      repository = state.addRepository(REPO);
    });

    const main = () => repository.branches.get('main') ?? '';

    describe('a repository', () => {
      test('tells its default branch and what the token may do', async () => {
        repository.defaultBranch = 'trunk';
        expect(await host.defaultBranch(REPO, signal)).toBe('trunk');
        const rights = await host.rights(REPO, signal);
        expect(rights).toMatchObject({ user: 'publisher', contents: 'write', pullRequests: 'write' });
      });

      test('that is not there is a fault that names it', async () => {
        const fault = { name: 'UserError', code: 'bad-input', message: expect.stringContaining('team/other') };
        await expect(host.defaultBranch('team/other', signal)).rejects.toMatchObject(fault);
        await expect(host.rights('team/other', signal)).rejects.toMatchObject(fault);
      });

      test('that was renamed answers to its old name, also when it is written to', async () => {
        const pull = repository.addPull({});
        state.rename(repository, 'other-team/taxonomy-2');
        expect(await host.defaultBranch(REPO, signal)).toBe('main');
        const made = await host.createComment(REPO, pull.number, 'hello', signal);
        expect(repository.commentsOf(pull.number)).toMatchObject([{ id: made.id, body: 'hello' }]);
        await host.createBranch(REPO, 'log', main(), signal);
        repository.commit('log', { a: 'a' });
        const opened = await host.openPull(REPO, { branch: 'log', onto: 'main', title: 't', body: 'b' }, signal);
        expect((await host.pullFrom(REPO, 'log', signal))?.number).toBe(opened.number);
      });
    });

    describe('the pull requests of a commit', () => {
      test('are those that were merged', async () => {
        const commit = repository.commit('main', { 'a/qna.yaml': 'x' });
        const merged = repository.addPull({ title: 'Add: <b>a</b>', commits: [commit] });
        repository.addPull({ state: 'open', commits: [commit] });
        repository.addPull({ commits: [main()].filter((sha) => sha !== commit) });
        const found = await host.pullsOfCommit(REPO, commit, signal);
        expect(found).toMatchObject([
          { number: merged.number, title: 'Add: <b>a</b>', author: 'contributor', state: 'merged', head: merged.head },
        ]);
      });

      test('are none where there is none, or no such commit', async () => {
        expect(await host.pullsOfCommit(REPO, main(), signal)).toEqual([]);
        expect(await host.pullsOfCommit(REPO, 'f'.repeat(40), signal)).toEqual([]);
      });

      test('are more than a page', async () => {
        const commit = repository.commit('main', { a: 'x' });
        for (let count = 0; count < 230; count += 1) repository.addPull({ commits: [commit] });
        expect(new Set((await host.pullsOfCommit(REPO, commit, signal)).map(({ number }) => number)).size).toBe(230);
      });
    });

    describe('a pull request', () => {
      test.each(['open', 'merged', 'closed'] as const)('that is %s says so', async (is) => {
        const { number, head } = repository.addPull({ state: is });
        expect(await host.pull(REPO, number, signal)).toMatchObject({ number, state: is, head });
      });

      test('whose branch, fork and author are gone is still there', async () => {
        const { number, head } = repository.addPull({ from: undefined, author: undefined });
        const found = await host.pull(REPO, number, signal);
        expect(found).toMatchObject({ number, head });
        expect(found).not.toHaveProperty('author');
      });

      test('that is not there is nothing', async () => {
        expect(await host.pull(REPO, 99, signal)).toBeUndefined();
      });

      test('is opened, and found by its branch', async () => {
        await host.createBranch(REPO, 'log/weekly', main(), signal);
        repository.commit('log/weekly', { 'CHANGELOG.md': 'x' });
        expect(await host.pullFrom(REPO, 'log/weekly', signal)).toBeUndefined();
        const request = { branch: 'log/weekly', onto: 'main', title: 'Log', body: 'of the week' };
        const made = await host.openPull(REPO, request, signal);
        expect(made).toMatchObject({ title: 'Log', state: 'open', author: 'publisher' });
        expect(await host.pullFrom(REPO, 'log/weekly', signal)).toEqual(made);
        expect(repository.pulls.get(made.number)).toMatchObject({ body: 'of the week', base: 'main' });
        await expect(host.openPull(REPO, request, signal)).rejects.toMatchObject({ code: 'bad-input' });
      });

      test('is not found by its branch when it is closed, or comes from a fork with a branch of that name', async () => {
        repository.commit('log', { a: 'a' });
        repository.addPull({ state: 'closed', from: { repo: REPO, branch: 'log' } });
        repository.addPull({ state: 'open', from: { repo: 'contributor/taxonomy', branch: 'log' } });
        expect(await host.pullFrom(REPO, 'log', signal)).toBeUndefined();
      });

      test('from a branch with nothing new is refused', async () => {
        await host.createBranch(REPO, 'log', main(), signal);
        const request = { branch: 'log', onto: 'main', title: 't', body: '' };
        await expect(host.openPull(REPO, request, signal)).rejects.toMatchObject({ code: 'bad-input' });
      });

      test('gets the labels it has not', async () => {
        const { number, labels } = repository.addPull({ labels: ['skill'] });
        await host.addLabels(REPO, number, ['skill', 'in a model'], signal);
        await host.addLabels(REPO, number, ['in a model'], signal);
        expect(labels).toEqual(['skill', 'in a model']);
      });
    });

    describe('a comment', () => {
      test('is written, found by how it begins, and changed in place', async () => {
        const { number } = repository.addPull({});
        expect(await host.findComment(REPO, number, MARKER, signal)).toBeUndefined();
        const body = `${MARKER}\n| Größe | 🦙 |`;
        const made = await host.createComment(REPO, number, body, signal);
        expect(made.body).toBe(body);
        expect(await host.findComment(REPO, number, MARKER, signal)).toEqual(made);
        const changed = await host.updateComment(REPO, made.id, `${MARKER} 2`, signal);
        expect(changed).toEqual({ ...made, body: `${MARKER} 2` });
        expect(repository.commentsOf(number).map((comment) => comment.body)).toEqual([`${MARKER} 2`]);
      });

      test('is found behind hundreds of others, and the first of two', async () => {
        const { number } = repository.addPull({});
        for (let count = 0; count < 230; count += 1) repository.addComment(number, 'contributor', `talk ${count}`);
        const first = repository.addComment(number, 'publisher', `${MARKER} a`);
        repository.addComment(number, 'publisher', `${MARKER} b`);
        expect((await host.findComment(REPO, number, MARKER, signal))?.id).toBe(first.id);
      });

      test('by somebody else, with the marker further in, or on another pull request is not ours', async () => {
        const { number } = repository.addPull({});
        repository.addComment(number, 'contributor', `${MARKER} not of the program`);
        repository.addComment(number, 'somebots', `${MARKER} nor this`, true);
        repository.addComment(number, 'publisher', `> ${MARKER}`);
        repository.addComment(repository.addPull({}).number, 'publisher', MARKER);
        expect(await host.findComment(REPO, number, MARKER, signal)).toBeUndefined();
      });

      test('cannot be where there is no pull request, or changed when it is gone', async () => {
        const fault = { code: 'bad-input' };
        await expect(host.createComment(REPO, 99, 'x', signal)).rejects.toMatchObject(fault);
        await expect(host.findComment(REPO, 99, 'x', signal)).rejects.toMatchObject(fault);
        await expect(host.updateComment(REPO, 1, 'x', signal)).rejects.toMatchObject(fault);
      });

      test('on a closed pull request is taken, on a locked one refused', async () => {
        const closed = repository.addPull({ state: 'closed' });
        await host.createComment(REPO, closed.number, 'late', signal);
        expect(repository.commentsOf(closed.number)).toHaveLength(1);
        const { number } = repository.addPull({ isLocked: true });
        await expect(host.createComment(REPO, number, 'x', signal)).rejects.toMatchObject({ code: 'bad-input' });
      });
    });

    test('a status is set on a commit, also of a fork', async () => {
      const { head } = repository.addPull({});
      const status = { context: 'ilab', state: 'success', description: 'x', url: 'https://host.test/model' } as const;
      await host.setStatus(REPO, head, status, signal);
      expect(repository.statuses).toEqual([{ sha: head, ...status }]);
      await expect(host.setStatus(REPO, 'f'.repeat(40), status, signal)).rejects.toMatchObject({ code: 'bad-input' });
    });

    describe('a file', () => {
      const path = 'logs of 2026/CHANGE+LOG#1 ä.md';

      test('is made, read and changed, byte by byte', async () => {
        expect(await host.readFile(REPO, 'main', path, signal)).toBeUndefined();
        const text = '\uFEFF# Größe 🦙\r\n\n';
        const change = { branch: 'main', path, message: 'Log\n\nIlab-Run: weekly-1' };
        const made = await host.changeFile(REPO, { ...change, text }, signal);
        expect(made).toEqual({ kind: 'changed', commit: main() });
        expect(repository.commits.get(main())?.message).toBe('Log\n\nIlab-Run: weekly-1');
        const read = await host.readFile(REPO, 'main', path, signal);
        expect(read?.text).toBe(text);
        await host.changeFile(REPO, { ...change, text: '', replaces: read?.blob ?? '' }, signal);
        expect(repository.file('main', path)).toBe('');
        expect((await host.readFile(REPO, 'main', path, signal))?.text).toBe('');
      });

      test('of some megabytes is read whole', async () => {
        const text = 'Größe 🦙\n'.repeat(150_000);
        repository.commit('main', { [path]: text });
        expect((await host.readFile(REPO, 'main', path, signal))?.text === text).toBe(true);
      });

      test('that changed in between is a conflict, and stays', async () => {
        repository.commit('main', { [path]: 'old' });
        const read = await host.readFile(REPO, 'main', path, signal);
        const before = repository.commit('main', { [path]: 'of another' });
        const change = { branch: 'main', path, text: 'mine', message: 'm' };
        expect(await host.changeFile(REPO, { ...change, replaces: read?.blob ?? '' }, signal)).toEqual({
          kind: 'conflict',
        });
        expect(await host.changeFile(REPO, change, signal)).toEqual({ kind: 'conflict' });
        repository.commit('main', { [path]: null });
        expect(await host.changeFile(REPO, { ...change, replaces: read?.blob ?? '' }, signal)).toEqual({
          kind: 'conflict',
        });
        expect(repository.isOn('main', before)).toBe(true);
        expect(repository.file('main', path)).toBeUndefined();
      });

      test('on a protected branch, or on none, is refused', async () => {
        repository.protectedBranches.add('main');
        const change = { path, text: 'mine', message: 'm' };
        await expect(host.changeFile(REPO, { ...change, branch: 'main' }, signal)).rejects.toMatchObject({
          code: 'bad-input',
          message: expect.stringContaining('rule'),
        });
        await expect(host.changeFile(REPO, { ...change, branch: 'none' }, signal)).rejects.toMatchObject({
          code: 'bad-input',
        });
        expect(await host.readFile(REPO, 'none', path, signal)).toBeUndefined();
      });
    });

    test('a branch is made once and stays where it is', async () => {
      const first = main();
      expect(await host.findBranch(REPO, 'log/weekly', signal)).toBeUndefined();
      await host.createBranch(REPO, 'log/weekly', first, signal);
      const second = repository.commit('main', { a: 'a' });
      await host.createBranch(REPO, 'log/weekly', second, signal);
      expect(await host.findBranch(REPO, 'log/weekly', signal)).toBe(first);
      expect(await host.findBranch(REPO, 'log', signal), 'only the whole name').toBeUndefined();
      const none = 'f'.repeat(40);
      await expect(host.createBranch(REPO, 'other', none, signal)).rejects.toMatchObject({ code: 'bad-input' });
    });

    test('a release is made once and found by its tag', async () => {
      expect(await host.findRelease(REPO, 'model/2026-49', signal)).toBeUndefined();
      const release = { tag: 'model/2026-49', onto: 'main', name: 'Week 49', body: '- a\n', isLatest: false };
      const made = await host.createRelease(REPO, release, signal);
      expect(made).toMatchObject({ tag: 'model/2026-49', name: 'Week 49', body: '- a\n' });
      expect(await host.findRelease(REPO, 'model/2026-49', signal)).toEqual(made);
      expect(repository.releases).toEqual([release]);
      await expect(host.createRelease(REPO, release, signal)).rejects.toMatchObject({ code: 'bad-input' });
    });

    test('nothing is asked when the signal has said stop', async () => {
      const reason = new Error('stop');
      const { number } = repository.addPull({});
      await expect(host.createComment(REPO, number, 'x', AbortSignal.abort(reason))).rejects.toBe(reason);
      expect(repository.comments).toEqual([]);
    });
  });
}
