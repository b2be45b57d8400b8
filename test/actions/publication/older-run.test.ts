import { describe, expect, test } from 'vitest';
import { publicationOutcome } from '../../../src/domain/publication/step-report.ts';
import {
  lockPull,
  MemoryJournal,
  makeWorld,
  publicationOf,
  publish,
  REPO,
  reports,
  settingsOf,
  type World,
} from './world.ts';

/* A run that publishes after one that was started later: the branch, a comment and a status show the newer one. */

const SIGNAL = new AbortController().signal;
const OLDER = settingsOf();
const NEWER = { run: 'weekly-48', runId: 'id-48', runCreated: '2026-12-08T10:00:00.000Z' };

async function textOf({ hub }: World, path: string): Promise<string> {
  return (await hub.readText(REPO, 'main', path, SIGNAL)) ?? '';
}

function toldIn({ taxonomy }: World) {
  return taxonomy.statuses.map(({ description }) => /weekly-\d+/.exec(description)?.[0]);
}

async function seen(world: World) {
  const { taxonomy } = world;
  return {
    model: /^# .*$/m.exec(await textOf(world, 'README.md'))?.[0],
    comments: taxonomy.comments.map(({ body }) => /weekly-\d+`/.exec(body)?.[0]),
    statuses: toldIn(world),
    tags: [...(world.hub.repositories.get(REPO)?.tags.keys() ?? [])],
  };
}

const NEWER_ONLY = {
  model: '# workshop-tiny, run weekly-48',
  comments: ['weekly-48`', 'weekly-48`'],
  statuses: ['weekly-48', 'weekly-48'],
  tags: ['weekly-48'],
};

describe('at a hub that shows a newer run', () => {
  test('the model is refused, with both times, and nothing is told of it', async () => {
    const world = makeWorld();
    await publish(world, { settings: settingsOf(NEWER) });
    const published = reports(await publish(world, { settings: OLDER }));
    expect(publicationOutcome(published).exitCode).toBe(64);
    expect(published.find(({ id }) => id === 'model-commit')?.message).toBe(
      `${REPO} has the model of run weekly-48, which was started 2026-12-08 10:00:00 UTC, after this one (2026-12-01 10:00:12 UTC); it stays; how to publish this one all the same: docs/publish.md#an-older-run`,
    );
    expect(new Set(published.slice(2).map(({ state }) => state))).toEqual(new Set(['waiting']));
    expect(await seen(world)).toEqual(NEWER_ONLY);
  });

  test('a dry run tells that it would be refused', async () => {
    const world = makeWorld();
    await publish(world, { settings: settingsOf(NEWER) });
    await publish(world, { settings: settingsOf({ dryRun: true }) });
    expect(world.said).toContainEqual(expect.stringMatching(/^Model in .*: would be refused: .* has the model of run/));
  });

  test('with `allowOlder` it takes its place everywhere, and stands below it in the ChangeLog', async () => {
    const world = makeWorld();
    await publish(world, { settings: settingsOf(NEWER) });
    const settings = settingsOf({ allowOlder: true });
    expect(publicationOutcome(reports(await publish(world, { settings }))).exitCode).toBe(0);
    expect(await seen(world)).toMatchObject({
      model: '# workshop-tiny, run weekly-47',
      comments: ['weekly-47`', 'weekly-47`'],
      tags: ['weekly-48', 'weekly-47'],
    });
    expect((await textOf(world, 'CHANGELOG.md')).match(/^## .*$/gm)).toEqual(['## weekly-48', '## weekly-47']);
  });

  test.each([
    ['that does not say when it was started', undefined],
    ['of the same moment', '2026-12-01T10:00:12.345Z'],
  ])('one %s is not newer', async (_what, runCreated) => {
    const world = makeWorld();
    await publish(world, { settings: settingsOf({ ...NEWER, runCreated }) });
    expect(publicationOutcome(reports(await publish(world, { settings: OLDER }))).exitCode).toBe(0);
    expect(await seen(world)).toMatchObject({ model: '# workshop-tiny, run weekly-47' });
  });

  test('a statement that somebody wrote over is no order, and no fault', async () => {
    const world = makeWorld();
    await publish(world, { settings: settingsOf(NEWER) });
    const { head = '' } = (await world.hub.findRepository(REPO, SIGNAL)) ?? {};
    const uploads = [{ kind: 'text' as const, path: 'provenance.intoto.json', text: '{' }];
    const commit = { repo: REPO, branch: 'main', parent: head, title: 'x', message: '', deletions: [], uploads };
    await world.hub.commit(commit, () => undefined, SIGNAL);
    expect(publicationOutcome(reports(await publish(world, { settings: OLDER }))).exitCode).toBe(0);
  });
});

describe('a run that had published its model, resumed after a newer one', () => {
  test('does what is left and leaves what shows one run only to the newer one', async () => {
    const world = makeWorld();
    const journal = new MemoryJournal();
    const locked = lockPull(world, 123);
    // Killed in the middle: the model is there with its tag, a comment was refused, a release is not made.
    world.host.before = (request) => {
      if (/^(createRelease|setStatus)/.test(request)) throw new Error('killed');
    };
    await expect(publish(world, { settings: OLDER, journal })).rejects.toThrow('killed');
    world.host.before = () => undefined;
    locked.isLocked = false;
    await publish(world, { settings: settingsOf(NEWER) });

    const published = reports(await publish(world, { settings: OLDER, journal }));
    expect(publicationOutcome(published).exitCode).toBe(0);
    expect(await seen(world)).toEqual({ ...NEWER_ONLY, tags: ['weekly-47', 'weekly-48'] });
    expect(world.taxonomy.releases.map(({ tag, isLatest }) => [tag, isLatest])).toEqual([
      ['workshop-tiny-weekly-48', true],
      ['workshop-tiny-weekly-47', false],
    ]);
    const note = 'run weekly-48 was started later (2026-12-08 10:00:00 UTC): what it left stays';
    for (const id of ['comment-123', 'comment-7', 'status-123', 'status-7']) {
      expect(published.find((step) => step.id === id)).toMatchObject({ state: 'done', isNew: false, message: note });
    }
    expect(world.said).toContainEqual(
      expect.stringMatching(/^Comment on pull request 7 .*: run weekly-48 .* stays, http/),
    );
  });

  test('without a hub and without comments nobody knows of another', async () => {
    const world = makeWorld();
    const github = { repo: 'acme/taxonomy', comments: false, status: true };
    const only = { huggingFace: undefined, github };
    await publish(world, { settings: settingsOf({ ...NEWER, ...only }) });
    const settings = settingsOf(only);
    await publish(world, { settings, publication: publicationOf(settings) });
    expect(toldIn(world)).toEqual(['weekly-48', 'weekly-48', 'weekly-47', 'weekly-47']);
  });
});
