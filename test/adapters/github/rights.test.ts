import { afterEach, describe, expect, test } from 'vitest';
import { createGitHub } from '../../../src/adapters/github/code-host.ts';
import { GitHubServer } from '../../github/github-server.ts';
import type { ServedToken } from '../../github/rights.ts';

const REPO = 'team/taxonomy';
const signal = new AbortController().signal;
const fine = (permissions: Readonly<Record<string, 'read' | 'write'>>) => ({ kind: 'fine', permissions }) as const;
const READ = { metadata: 'read', contents: 'read', pull_requests: 'read' } as const;

let server: GitHubServer;

afterEach(async () => {
  await server.close();
  expect(server.violations).toEqual([]);
});

async function serve(rights: ServedToken) {
  server = new GitHubServer({ hasLimits: false });
  server.rights = rights;
  await server.listen();
  const repository = server.state.addRepository(REPO);
  const { number } = repository.addPull({});
  const { url: apiUrl, token } = server;
  return { repository, number, host: createGitHub({ apiUrl, token, patienceSeconds: 0, onWait: () => undefined }) };
}

describe('the rights of a token', () => {
  const WRITE = { metadata: 'read', contents: 'write', pull_requests: 'write' } as const;
  const tokens: readonly (readonly [string, ServedToken, object])[] = [
    ['fine-grained, both', fine(WRITE), { user: 'publisher', contents: 'write', pullRequests: 'write' }],
    ['fine-grained, none', fine(READ), { user: 'publisher', contents: 'read', pullRequests: 'read' }],
    [
      'fine-grained, one',
      fine({ ...READ, pull_requests: 'write' }),
      { user: 'publisher', contents: 'read', pullRequests: 'write' },
    ],
    ['of an app', { kind: 'app', permissions: WRITE }, { contents: 'write', pullRequests: 'write' }],
    [
      'classic, repo',
      { kind: 'classic', scopes: ['gist', 'repo'] },
      { user: 'publisher', contents: 'write', pullRequests: 'write' },
    ],
    ['classic, none', { kind: 'classic', scopes: [] }, { user: 'publisher', contents: 'read', pullRequests: 'read' }],
  ];

  test.each(tokens)('(%s) are found out, and nothing is written for it', async (_, rights, expected) => {
    const { host, repository } = await serve(rights);
    expect(await host.rights(REPO, signal)).toEqual(expected);
    expect([...repository.branches.keys()]).toEqual(['main']);
    expect(repository.pulls.size).toBe(1);
  });

  test('(classic, public_repo) are enough for what is public only', async () => {
    const { host, repository } = await serve({ kind: 'classic', scopes: ['public_repo'] });
    expect(await host.rights(REPO, signal)).toMatchObject({ contents: 'write', pullRequests: 'write' });
    repository.isPrivate = true;
    await expect(host.rights(REPO, signal)).rejects.toMatchObject({
      code: 'bad-input',
      hint: expect.stringMatching(/the scope `repo`.*; this one has public_repo$/),
    });
  });

  test('end when the host says', async () => {
    const { host } = await serve(fine(WRITE));
    server.expires = '2026-12-05 12:00:00 +0100';
    expect((await host.rights(REPO, signal)).expires).toEqual(new Date('2026-12-05T11:00:00Z'));
    server.expires = '2026-12-05 12:00:00 UTC';
    expect((await host.rights(REPO, signal)).expires).toEqual(new Date('2026-12-05T12:00:00Z'));
  });
});

describe('a right that is missing is named', () => {
  type Served = Awaited<ReturnType<typeof serve>>;
  const status = { context: 'c', state: 'failure', description: 'd', url: 'https://a.test/' } as const;
  const change = { branch: 'main', path: 'a', text: 'b', message: 'c' };
  const pull = { branch: 'b', onto: 'main', title: 't', body: '' };
  const release = { tag: 't', onto: 'main', name: 'n', body: '', isLatest: true };
  const calls: readonly (readonly [string, string, (served: Served) => Promise<unknown>])[] = [
    [
      'comment on pull request 1 of team/taxonomy',
      'Pull requests: write',
      ({ host, number }) => host.createComment(REPO, number, 'x', signal),
    ],
    [
      'change comment 1 in team/taxonomy',
      'Pull requests: write',
      ({ host }) => host.updateComment(REPO, 1, 'x', signal),
    ],
    [
      'label pull request 1 of team/taxonomy',
      'Pull requests: write',
      ({ host, number }) => host.addLabels(REPO, number, ['x'], signal),
    ],
    [
      'open a pull request from b in team/taxonomy',
      'Pull requests: write',
      ({ host }) => host.openPull(REPO, pull, signal),
    ],
    [
      'set the status of commit ffffffffffff in team/taxonomy',
      'Commit statuses: write',
      ({ host }) => host.setStatus(REPO, 'f'.repeat(40), status, signal),
    ],
    [
      'write a to the branch main of team/taxonomy',
      'Contents: write',
      ({ host }) => host.changeFile(REPO, change, signal),
    ],
    [
      'make the branch b in team/taxonomy',
      'Contents: write',
      ({ host }) => host.createBranch(REPO, 'b', 'f'.repeat(40), signal),
    ],
    ['make the release t in team/taxonomy', 'Contents: write', ({ host }) => host.createRelease(REPO, release, signal)],
  ];

  test.each(calls)('to %s: %s', async (doing, right, call) => {
    await expect(call(await serve(fine(READ)))).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining(`the token may not ${doing} (`),
      hint: expect.stringMatching(
        new RegExp(`needs \`${right}\`.*the scope \`repo.*; the host asks for [a-z_]+=write`),
      ),
    });
    await server.close();
    await expect(call(await serve({ kind: 'classic', scopes: ['gist'] }))).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringMatching(`cannot ${doing}: .* does not show it to the token`),
      hint: expect.stringContaining('; this one has gist'),
    });
  });

  test('also to read', async () => {
    const { host, number } = await serve(fine({ metadata: 'read' }));
    await expect(host.pull(REPO, number, signal)).rejects.toMatchObject({
      hint: expect.stringContaining('Pull requests: read'),
    });
    await expect(host.readFile(REPO, 'main', 'a', signal)).rejects.toMatchObject({
      hint: expect.stringContaining('Contents: read'),
    });
  });
});

describe('what is forbidden for another reason says so', () => {
  const refusals: readonly (readonly [string, number, string, Readonly<Record<string, string>>, string])[] = [
    ['an archive', 403, 'Repository was archived so is read-only.', {}, 'has to be opened again'],
    [
      'single sign-on',
      403,
      'Resource protected by organization SAML enforcement.',
      { 'x-github-sso': 'required; url=https://github.com/x' },
      'Configure SSO',
    ],
    [
      'a rule',
      409,
      'Repository rule violations found\n\nChanges must be made through a pull request.\n\n',
      {},
      'by a pull request',
    ],
    [
      'a protection',
      409,
      'Could not update file: At least 1 approving review is required by reviewers with write access.',
      {},
      'by a pull request',
    ],
    ['a protected branch', 422, 'protected branch hook declined', {}, 'by a pull request'],
    [
      'an address',
      403,
      'Although you appear to have the correct authorization credentials, the `x` organization has an IP allow list enabled',
      {},
      'an owner',
    ],
    ['something new', 422, 'The moon is not right', {}, 'is not possible'],
  ];

  test.each(refusals)('%s', async (_, status, message, headers, hint) => {
    const { host, repository } = await serve(fine({ ...READ, contents: 'write' }));
    const before = repository.branches.get('main');
    server.fail('PUT /repos/{owner}/{repo}/contents/{path}', {
      kind: 'answer',
      answer: { status, body: { message }, headers },
    });
    const change = { branch: 'main', path: 'a', text: 'b', message: 'c' };
    await expect(host.changeFile(REPO, change, signal)).rejects.toMatchObject({
      code: 'bad-input',
      hint: expect.stringContaining(hint),
    });
    expect(repository.branches.get('main')).toBe(before);
  });
});

test('a branch that moved while a file of it was written is a conflict', async () => {
  const { host } = await serve(fine({ ...READ, contents: 'write' }));
  const body = { message: 'main is at 1111111 but expected 2222222' };
  server.fail('PUT /repos/{owner}/{repo}/contents/{path}', { kind: 'answer', answer: { status: 409, body } });
  const change = { branch: 'main', path: 'a', text: 'b', message: 'c' };
  expect(await host.changeFile(REPO, change, signal)).toEqual({ kind: 'conflict' });
});

test('a refusal in new words is a conflict where the file is another than the one that was read', async () => {
  const { host, repository } = await serve(fine({ ...READ, contents: 'write' }));
  repository.commit('main', { a: 'of another' });
  const body = { message: 'Somebody was faster' };
  server.fail('PUT /repos/{owner}/{repo}/contents/{path}', { kind: 'answer', answer: { status: 409, body } });
  const change = { branch: 'main', path: 'a', text: 'b', message: 'c' };
  expect(await host.changeFile(REPO, change, signal)).toEqual({ kind: 'conflict' });
});

test('the comments of an app are found though its token has no user; those of people are not', async () => {
  const { host, repository, number } = await serve({ kind: 'app', permissions: { ...READ, pull_requests: 'write' } });
  repository.addComment(number, 'publisher', 'marker by a person');
  expect(await host.findComment(REPO, number, 'marker', signal)).toBeUndefined();
  const made = await host.createComment(REPO, number, 'marker', signal);
  expect(await host.findComment(REPO, number, 'marker', signal)).toEqual(made);
});

test('a long description of a status is cut to what the host takes', async () => {
  const { host, repository } = await serve({ kind: 'classic', scopes: ['repo'] });
  const status = { context: 'c', state: 'success', description: 'x'.repeat(200), url: 'https://a.test/' } as const;
  await host.setStatus(REPO, repository.branches.get('main') ?? '', status, signal);
  expect(repository.statuses[0]?.description).toBe(`${'x'.repeat(139)}…`);
});

test('a folder, and what is no text, is no file', async () => {
  const { host, repository } = await serve({ kind: 'classic', scopes: ['repo'] });
  repository.commit('main', { 'logs/a.md': 'x' });
  await expect(host.readFile(REPO, 'main', 'logs', signal)).rejects.toMatchObject({
    message: expect.stringContaining('no file'),
  });
  const body = {
    type: 'file',
    sha: 'f'.repeat(40),
    encoding: 'base64',
    content: Buffer.from([0xff, 0xfe]).toString('base64'),
  };
  server.fail('GET /repos/{owner}/{repo}/contents/{path}', { kind: 'answer', answer: { status: 200, body } });
  await expect(host.readFile(REPO, 'main', 'a', signal)).rejects.toMatchObject({
    message: expect.stringContaining('no text'),
  });
});

test.each(['taxonomy', 'https://github.com/a/b', 'a/b/c', '../x', 'a/..', ''])(
  '%j is no repository, and nothing is asked',
  async (repo) => {
    const { host } = await serve({ kind: 'classic', scopes: ['repo'] });
    await expect(host.defaultBranch(repo, signal)).rejects.toMatchObject({
      code: 'bad-input',
      hint: 'write OWNER/NAME',
    });
    expect(server.requests).toEqual([]);
  },
);
