import { describe, expect, test } from 'vitest';
import type { Published } from '../../../src/actions/publication/publish-model.ts';
import { UserError } from '../../../src/domain/errors.ts';
import { compareToStatement, parseStatement } from '../../../src/domain/publication/statement.ts';
import { publicationOutcome } from '../../../src/domain/publication/step-report.ts';
import {
  Killed,
  lockPull,
  MemoryJournal,
  makeWorld,
  onRequest,
  publicationOf,
  publish,
  REPO,
  reports,
  settingsOf,
  traces,
  type World,
} from './world.ts';

const SIGNAL = new AbortController().signal;

const WHOLE = {
  commits: 1,
  tags: ['weekly-47'],
  branches: ['main', 'ilab-backend/workshop-tiny/weekly-47'],
  pulls: 1,
  entries: [0, 1],
  comments: [123, 7],
  labels: [['in a model'], ['in a model'], []],
  releases: ['workshop-tiny-weekly-47'],
};

function states(published: Published) {
  return Object.fromEntries(reports(published).map(({ id, state }) => [id, state]));
}

function writes({ hub, host }: World): readonly string[] {
  return [...hub.asked, ...host.asked].filter((request) =>
    /^(commit|create|update|change|open|add|set)(?!s\b)/.test(request),
  );
}

async function textOf({ hub }: World, path: string): Promise<string> {
  return (await hub.readText(REPO, 'main', path, SIGNAL)) ?? '';
}

describe('a model that is published', () => {
  test('is at the hub with card, ChangeLog and statement, and whoever contributed is told', async () => {
    const world = makeWorld();
    const published = reports(await publish(world));
    expect(publicationOutcome(published)).toMatchObject({ exitCode: 0 });
    expect(traces(world)).toEqual(WHOLE);
    expect(world.hub.repositories.get(REPO)?.isPrivate).toBe(true);
    expect(await textOf(world, 'README.md')).toContain('# workshop-tiny, run weekly-47');
    const [comment] = world.taxonomy.commentsOf(123);
    expect(comment?.body).toContain(`[Model](https://hub.test/${REPO}/tree/weekly-47)`);
    expect(comment?.body).toContain('knowledge/ponds');
    expect(comment?.body).not.toContain('compositional_skills');
    expect(published.find(({ id }) => id === 'comment-123')).toMatchObject({ isNew: true, address: /issuecomment/ });
    expect(world.taxonomy.statuses.map(({ context }) => context)).toEqual(Array(2).fill('ilab-backend/workshop-tiny'));
    // What the statement says is what anybody finds.
    const found = [];
    for await (const file of world.hub.files(REPO, 'main', SIGNAL)) found.push(file);
    expect(compareToStatement(parseStatement(await textOf(world, 'provenance.intoto.json')), found)).toEqual([]);
  });

  test('once more: everything is there, and nothing is written', async () => {
    const world = makeWorld();
    const journal = new MemoryJournal();
    await publish(world, { journal });
    world.hub.asked.length = 0;
    world.host.asked.length = 0;
    const again = reports(await publish(world, { journal }));
    expect(again.map(({ state, isNew }) => `${state} ${isNew}`)).toEqual(again.map(() => 'done false'));
    expect(writes(world)).toEqual([]);
  });

  test('after another one takes the place of its files and comments, and keeps the ChangeLog', async () => {
    const world = makeWorld();
    const paths = ['config.json', 'model-1-of-2.safetensors', 'model-2-of-2.safetensors', 'old.bin'];
    const first = settingsOf({ run: 'weekly-46', runId: 'id-46' });
    await publish(world, { settings: first, publication: publicationOf(first, paths) });
    const theirs = { kind: 'text' as const, path: 'notes.txt', text: 'by a person' };
    const { head = '' } = (await world.hub.findRepository(REPO, SIGNAL)) ?? {};
    const commit = {
      repo: REPO,
      branch: 'main',
      parent: head,
      title: 'x',
      message: '',
      deletions: [],
      uploads: [theirs],
    };
    await world.hub.commit(commit, () => undefined, SIGNAL);
    await publish(world);

    const found = [];
    for await (const { path } of world.hub.files(REPO, 'main', SIGNAL)) found.push(path);
    expect(found.sort()).toEqual([
      ...['.gitattributes', 'CHANGELOG.md', 'README.md', 'config.json', 'manifest.json', 'model.safetensors'],
      ...['notes.txt', 'provenance.intoto.json'],
    ]);
    expect((await textOf(world, 'CHANGELOG.md')).match(/^## .*$/gm)).toEqual(['## weekly-47', '## weekly-46']);
    expect(await textOf(world, 'CHANGELOG.md')).toContain('- unchanged: `knowledge/ponds`');
    expect(world.taxonomy.comments.map(({ pull, body }) => [pull, body.includes('weekly-47')])).toEqual([
      ...[
        [123, true],
        [7, true],
      ],
    ]);
  });
});

describe('a kill', () => {
  const count = async (): Promise<number> => {
    const world = makeWorld();
    const counted = onRequest(world, () => undefined);
    await publish(world);
    return counted();
  };

  test.each(['before', 'after'] as const)(
    '%s any request, and a second try: one of everything',
    async (moment) => {
      const requests = await count();
      expect(requests).toBeGreaterThan(30);
      for (let at = 1; at <= requests; at += 1) {
        const world = makeWorld();
        const journal = new MemoryJournal();
        onRequest(world, (nth, when) => {
          if (nth === at && when === moment) throw new Killed();
        });
        await expect(publish(world, { journal })).rejects.toThrow(Killed);
        onRequest(world, () => undefined);
        expect(publicationOutcome(reports(await publish(world, { journal }))).exitCode, `request ${at}`).toBe(0);
        expect(traces(world), `request ${at}`).toEqual(WHOLE);
      }
    },
    120_000,
  );

  test('of an answer only: the step is looked at again, in the same try', async () => {
    const requests = await count();
    for (let at = 1; at <= requests; at += 1) {
      const world = makeWorld();
      let request = '';
      onRequest(world, (nth, when, asked) => {
        if (nth !== at || when !== 'after') return;
        request = asked;
        throw new UserError('unreachable', 'no answer');
      });
      const { exitCode } = publicationOutcome(reports(await publish(world)));
      const isWrite = /^(commit|create|update|change|open|add|set)(?!s\b)/.test(request);
      expect({ request, exitCode }).toEqual({ request, exitCode: isWrite ? 0 : 75 });
      if (isWrite) expect(traces(world), request).toEqual(WHOLE);
    }
  }, 120_000);
});

describe('what the other side refuses', () => {
  test('a locked pull request: the others are told, exit 64, and a later try does the rest', async () => {
    const world = makeWorld();
    const journal = new MemoryJournal();
    const locked = lockPull(world, 123);
    const published = await publish(world, { journal });
    expect(states(published)).toMatchObject({ 'comment-123': 'refused', 'comment-7': 'done', 'labels-123': 'done' });
    expect(publicationOutcome(reports(published))).toMatchObject({
      exitCode: 64,
      message: expect.stringMatching(
        /^published in part: 1 of 12 steps not done: Comment on pull request 123 .* locked/,
      ),
    });
    locked.isLocked = false;
    expect(publicationOutcome(reports(await publish(world, { journal }))).exitCode).toBe(0);
    expect(traces(world)).toEqual(WHOLE);
  });

  test('a foreign model repository: nothing is told of a model that is not there', async () => {
    const world = makeWorld();
    world.hub.namespaces = [];
    const published = await publish(world);
    expect(new Set(Object.values(states(published)))).toEqual(new Set(['refused', 'waiting']));
    expect(publicationOutcome(reports(published)).exitCode).toBe(64);
    expect(writes(world)).toEqual(['createRepository']);
  });

  test('a protected branch, where the ChangeLog is to be committed to it', async () => {
    const world = makeWorld();
    world.taxonomy.protectedBranches.add('main');
    const settings = settingsOf({ github: { repo: 'acme/taxonomy', changelog: { by: 'commit' } } });
    const published = await publish(world, { settings });
    expect(states(published)).toMatchObject({ changelog: 'refused', 'comment-7': 'done', 'model-tag': 'done' });
  });

  test('a tag that is at another commit', async () => {
    const world = makeWorld();
    await publish(world, { settings: settingsOf({ runId: 'another', github: undefined }) });
    const published = await publish(world);
    expect(states(published)).toMatchObject({ 'model-commit': 'done', 'model-tag': 'refused' });
  });

  test('a pull request that does not exist', async () => {
    const world = makeWorld();
    world.taxonomy.pulls.delete(7);
    expect(states(await publish(world))).toMatchObject({ 'comment-7': 'refused', 'comment-123': 'done' });
  });
});

test('what does not answer is tried again later: exit 75, whatever was refused', async () => {
  const world = makeWorld();
  lockPull(world, 7);
  onRequest(world, (_nth, when, request) => {
    if (when === 'before' && request.startsWith('createComment acme/taxonomy 123'))
      throw new UserError('unreachable', 'the host does not answer');
  });
  const published = await publish(world);
  expect(states(published)).toMatchObject({ 'comment-123': 'unreachable', 'comment-7': 'refused' });
  expect(publicationOutcome(reports(published)).exitCode).toBe(75);
});

test('somebody who commits in between loses nothing, and the model is published once', async () => {
  const world = makeWorld();
  let isTheirTurn = true;
  const theirs: Promise<unknown>[] = [];
  onRequest(world, (_nth, when, request) => {
    if (request !== 'commit' || when !== 'before' || !isTheirTurn) return;
    isTheirTurn = false;
    const { branches } = world.hub.repositories.get(REPO) ?? {};
    const commit = { repo: REPO, branch: 'main', parent: branches?.get('main') ?? '', title: 'x', message: '' };
    const uploads = [{ kind: 'text' as const, path: 'CHANGELOG.md', text: '# Changelog\n\n## by hand\n' }];
    theirs.push(world.hub.commit({ ...commit, deletions: [], uploads }, () => undefined, SIGNAL));
  });
  const published = await publish(world);
  await Promise.all(theirs);
  expect(publicationOutcome(reports(published)).exitCode).toBe(0);
  expect(traces(world)).toEqual(WHOLE);
});

test('a pull request for the ChangeLog that a person closed is not opened again', async () => {
  const world = makeWorld();
  const journal = new MemoryJournal();
  await publish(world, { journal });
  for (const pull of world.taxonomy.pulls.values()) if (pull.author === 'publisher') pull.state = 'closed';
  world.taxonomy.branches.delete('ilab-backend/workshop-tiny/weekly-47');
  await publish(world, { journal });
  expect(traces(world)).toMatchObject({ pulls: 1, branches: ['main'] });
});

test('without pull requests in the manifest it is the one that brought the commit, of changed leaves only', async () => {
  const world = makeWorld();
  const commit = 'c'.repeat(40);
  world.taxonomy.pulls.get(7)?.commits.push(commit);
  const settings = settingsOf();
  for (const [isChangedOnly, told] of [
    [false, []],
    [true, [7]],
  ] as const) {
    const publication = publicationOf(settings);
    const { manifest } = publication.lineage;
    const taxonomy = { commit, isDirty: false, isChangedOnly, pulls: [] };
    const lineage = { ...publication.lineage, manifest: { ...manifest, taxonomy } };
    await publish(world, { settings, publication: { ...publication, lineage } });
    expect(world.taxonomy.comments.map(({ pull }) => pull)).toEqual(told);
  }
});

test('a dry run only looks, and shows every request and text against what is there', async () => {
  const world = makeWorld();
  await publish(world, { settings: settingsOf({ run: 'weekly-46', runId: 'id-46' }) });
  world.hub.asked.length = 0;
  world.host.asked.length = 0;
  world.said.length = 0;
  const published = await publish(world, { settings: settingsOf({ dryRun: true }) });
  expect(published).toMatchObject({ kind: 'preview', pending: 11, steps: 12 });
  expect(writes(world)).toEqual([]);
  const said = world.said.join('\n');
  expect(said).toContain(`Model repository ${REPO}: there already`);
  expect(said).toMatch(/ {2}commit 6 files \(\d+ bytes\) to acme\/workshop-tiny, branch main\n {2}\+ config\.json/);
  expect(said).toContain('  --- a/CHANGELOG.md\n  +++ b/CHANGELOG.md\n');
  expect(said).toContain('  +## weekly-47\n');
  expect(said).toMatch(/ {2}--- a\/comment-123\.md\n[\s\S]*-### .*weekly-46[\s\S]*\+### .*weekly-47/);
  expect(said).toContain('open a pull request of acme/taxonomy from ilab-backend/workshop-tiny/weekly-47 onto main');
});
