import { expect, test } from 'vitest';
import { newStage, WHOLE } from './both-places.ts';
import { openPlaces, REPO, traces } from './places.ts';

/* The stage as a program, to a hub and to a code host whose every request is held against GitHub's own description. */

test('model, ChangeLog, release, comment, label and status; once more, nothing; the next run changes the comment, and keeps it', async () => {
  const places = await openPlaces([123]);
  const stage = newStage(places);
  const first = await stage.run();
  expect(first.exitCode, first.stderr).toBe(0);
  expect(traces(places, 'weekly-47')).toEqual(WHOLE);
  const [comment] = places.taxonomy.comments;
  expect(comment?.body).toContain(`[Model](${places.hub.endpoint}/${REPO}/tree/weekly-47) \`workshop-tiny\``);
  expect(places.taxonomy.statuses).toMatchObject([{ context: 'ilab-backend/workshop-tiny', state: 'success' }]);

  places.host.requests.length = 0;
  const second = await stage.run();
  expect(second.exitCode, second.stderr).toBe(0);
  expect(places.host.requests.filter(({ method }) => method !== 'GET')).toEqual([]);

  const older = stage.params;
  stage.params = { ...older, run: 'weekly-48', runId: 'id-48', runCreated: '2026-12-08T10:00:00.000Z' };
  const third = await stage.run();
  expect(third.exitCode, third.stderr).toBe(0);
  expect(places.taxonomy.comments.map(({ id, body }) => [id, body.includes('weekly-48')])).toEqual([
    [comment?.id, true],
  ]);
  const both = { commits: 2, tags: ['weekly-47', 'weekly-48'], pulls: 2 };
  expect(traces(places, 'weekly-48')).toMatchObject(both);

  // The one before once more, and one that was started before it and never told: what the newest left stays.
  for (const [params, code] of [
    [older, 0],
    [{ ...older, run: 'weekly-46', runId: 'id-46', runCreated: '2026-11-24T10:00:00.000Z' }, 64],
  ] as const) {
    stage.params = params;
    const { exitCode, stdout, stderr } = await stage.run();
    expect(exitCode, stderr).toBe(code);
    expect(stdout).toContain('run weekly-48');
    expect(traces(places, 'weekly-48')).toMatchObject(both);
    expect(places.taxonomy.comments.map(({ body }) => body.includes('weekly-48'))).toEqual([true]);
  }
});

test('a token that may not comment: the rest is done, exit 64 names what is missing, and a later try does it', async () => {
  const places = await openPlaces([123]);
  const stage = newStage(places);
  const pull = places.taxonomy.pulls.get(123);
  if (pull === undefined) throw new Error('there is one');
  pull.isLocked = true;
  const refused = await stage.run();
  expect(refused.exitCode, refused.stderr).toBe(64);
  expect(refused.stderr).toMatch(/^error: published in part: 1 of 9 steps not done: Comment on pull request 123 /m);
  expect(traces(places, 'weekly-47')).toEqual({ ...WHOLE, comments: [] });
  pull.isLocked = false;
  expect((await stage.run()).exitCode).toBe(0);
  expect(traces(places, 'weekly-47')).toEqual(WHOLE);
});
