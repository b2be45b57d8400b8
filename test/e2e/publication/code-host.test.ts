import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { parseManifest } from '../../../src/domain/publication/manifest.ts';
import { GitHubServer } from '../../github/github-server.ts';
import type { StoredRepository } from '../../github/host-state.ts';
import type { Operation } from '../../github/operations.ts';
import { StageRun } from './stage-run.ts';

/* The stage as a program, to a server that speaks GitHub's API: its connection cut at every write, its rights too few. */

const CANARY = 'github_pat_11CANARY_of_this_test';
const REPO = 'team/taxonomy';
const WRITES: readonly Operation[] = [
  'POST /repos/{owner}/{repo}/git/refs',
  'PUT /repos/{owner}/{repo}/contents/{path}',
  'POST /repos/{owner}/{repo}/pulls',
  'POST /repos/{owner}/{repo}/releases',
  'POST /repos/{owner}/{repo}/issues/{issue_number}/comments',
  'POST /repos/{owner}/{repo}/issues/{issue_number}/labels',
  'POST /repos/{owner}/{repo}/statuses/{sha}',
];

/** Asked again without harm, and cannot be seen beforehand. */
const AGAIN: ReadonlySet<Operation> = new Set([
  'POST /repos/{owner}/{repo}/issues/{issue_number}/labels',
  'POST /repos/{owner}/{repo}/statuses/{sha}',
]);

let server: GitHubServer;
let repository: StoredRepository;
let stage: StageRun;
beforeEach(async () => {
  server = new GitHubServer({ token: CANARY, hasLimits: false });
  await server.listen();
  onTestFinished(async () => {
    await server.close();
    expect(server.violations).toEqual([]);
  });
  repository = server.state.addRepository(REPO);
  stage = new StageRun();
  onTestFinished(() => stage.leave());
  const commit = repository.commit('main', { 'knowledge/ponds/qna.yaml': 'x' });
  repository.addPull({ commits: [commit], title: 'Add ponds' });
  stage.manifest = { ...stage.manifest, taxonomy: { commit, base: null, dirty: false, changedOnly: true } };
  // As it is written; else the sweep would be over nothing.
  parseManifest(JSON.stringify(stage.manifest));
  delete stage.params['registry'];
  stage.params['github'] = { repo: REPO, release: true, labels: ['in a model'], status: true };
  stage.env = { GITHUB_API_URL: server.url, GITHUB_TOKEN: CANARY };
});

function published() {
  const [contribution, log, ...others] = [...repository.pulls.values()];
  const entries = (log && repository.file(log.from?.branch ?? '', 'CHANGELOG.md')?.match(/^## .*weekly-47/gm)) ?? [];
  return {
    comments: repository.comments.map(({ pull, author }) => ({ pull, author })),
    labels: contribution?.labels,
    log: log && { state: log.state, base: log.base, others: others.length, entries: entries.length },
    main: repository.file('main', 'CHANGELOG.md'),
    releases: repository.releases.map(({ tag }) => tag),
    statuses: new Set(repository.statuses.map(({ sha, context }) => `${context} ${sha}`)).size,
  };
}

const ONCE = {
  comments: [{ pull: 1, author: 'publisher' }],
  labels: ['in a model'],
  log: { state: 'open', base: 'main', others: 0, entries: 1 },
  main: undefined,
  releases: ['workshop-tiny-weekly-47'],
  statuses: 1,
};

test('everything is published once, and asked again nothing is', async () => {
  const first = await stage.run();
  expect(first).toMatchObject({ exitCode: 0, stderr: '' });
  expect(published()).toEqual(ONCE);
  const isWrite = ({ method }: { readonly method: string }) => method !== 'GET';
  const writes = server.requests.filter(isWrite).length;
  expect(writes).toBe(WRITES.length);
  expect((await stage.run()).exitCode).toBe(0);
  expect(server.requests.filter(isWrite).length).toBe(writes);
});

describe.each(WRITES)('%s', (operation) => {
  test.each(['before', 'after'] as const)(
    'without an answer, %s it was done, is looked for and then done once',
    async (when) => {
      server.fail(operation, { kind: 'cut', when });
      expect((await stage.run()).exitCode).toBe(0);
      expect(published()).toEqual(ONCE);
      expect(server.asked(operation)).toBe(when === 'after' && !AGAIN.has(operation) ? 1 : 2);
    },
  );
});

test('what is refused is named with the right it needs, and the rest is done', async () => {
  server.rights = {
    kind: 'fine',
    permissions: { metadata: 'read', contents: 'write', pull_requests: 'read', statuses: 'write' },
  };
  const { exitCode, stderr } = await stage.run();
  expect(exitCode).toBe(64);
  expect(stderr.match(/the token may not comment on pull request 1 of team\/taxonomy/g)).toHaveLength(1);
  expect(repository.releases).toHaveLength(1);
  server.rights = { kind: 'classic', scopes: ['repo'] };
  expect((await stage.run()).exitCode).toBe(0);
  expect(published()).toEqual(ONCE);
});

test.each([
  ['an expired token', { kind: 'expired' } as const, 64],
  ['a server in trouble', { kind: 'cut', when: 'before' } as const, 75],
])('the token is in nothing that is printed or left (%s)', async (_, fault, code) => {
  for (const operation of WRITES) server.fail(operation, fault, 9);
  const { exitCode, stdout, stderr } = await stage.run();
  expect(exitCode).toBe(code);
  const left = ['artifacts/publication.json', 'termination-log'].map((path) => stage.read(path));
  expect([stdout, stderr, ...left].join('\n')).not.toContain('CANARY');
});
