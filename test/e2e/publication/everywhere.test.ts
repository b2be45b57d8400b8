import { expect, onTestFinished, test } from 'vitest';
import { manifestJson } from '../../domain/publication/example.ts';
import { proxyTo } from './killing-proxy.ts';
import { openPlaces, type Places, REPO, TAXONOMY, traces } from './places.ts';
import { StageRun } from './stage-run.ts';

/* The stage as a program, to a hub and to a code host whose every request is held against GitHub's own description. */

function newStage({ env }: Pick<Places, 'env'>): StageRun {
  const stage = new StageRun();
  onTestFinished(() => stage.leave());
  delete stage.params['registry'];
  const github = { repo: TAXONOMY, release: true, labels: ['in a model'], status: true };
  stage.params = { ...stage.params, huggingFace: { repo: REPO }, github };
  const pulls = [{ number: 123, commit: '1'.repeat(40), leaves: ['knowledge/ponds'], authors: ['Ines'] }];
  stage.manifest = { ...manifestJson(), taxonomy: { commit: 'c'.repeat(40), onto: 'b'.repeat(40), pulls } };
  stage.env = env;
  return stage;
}

const WHOLE = {
  ...{ commits: 1, tags: ['weekly-47'], branches: ['main', 'ilab-backend/workshop-tiny/weekly-47'], pulls: 1 },
  ...{ entries: [0, 1], comments: [123], labels: [1, 0], releases: ['workshop-tiny-weekly-47'] },
};

test('model, ChangeLog, release, comment, label and status; once more, nothing; the next run changes the comment', async () => {
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

  stage.params = { ...stage.params, run: 'weekly-48', runId: 'id-48' };
  const third = await stage.run();
  expect(third.exitCode, third.stderr).toBe(0);
  expect(places.taxonomy.comments.map(({ id, body }) => [id, body.includes('weekly-48')])).toEqual([
    [comment?.id, true],
  ]);
  expect(traces(places, 'weekly-48')).toMatchObject({ commits: 2, tags: ['weekly-47', 'weekly-48'], pulls: 2 });
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

test('kill -9 before and after every write of both places, and a second try: one of everything', async () => {
  const lines = await writesOfOneTry();
  expect(lines.length).toBeGreaterThan(9);
  const points = lines.flatMap((_, at) => [false, true].map((isDone) => ({ at, isDone })));
  // They wait most of the time: GitHub wants a second between writes.
  for (let from = 0; from < points.length; from += 6) {
    await Promise.all(points.slice(from, from + 6).map(({ at, isDone }) => killAndTryAgain(at, isDone)));
  }
});

/** The requests that write, in their order. */
async function writesOfOneTry(): Promise<readonly string[]> {
  const lines: string[] = [];
  const { stage } = await behindProxies((line, isDone) => {
    if (!isDone) lines.push(line);
    return false;
  });
  const { exitCode, stderr } = await stage.run();
  expect(exitCode, stderr).toBe(0);
  return lines;
}

async function killAndTryAgain(at: number, isDone: boolean): Promise<void> {
  let seen = -1;
  let name = '';
  let isOver = false;
  let kill = (): void => undefined;
  const { stage, places } = await behindProxies((line, isAnswered) => {
    if (!isAnswered) seen += 1;
    if (isOver || seen !== at || isAnswered !== isDone) return false;
    name = `${isDone ? 'after' : 'before'} ${line}`;
    kill();
    return true;
  });
  const running = stage.start();
  kill = () => void running.kill('SIGKILL');
  expect((await running).signal, name).toBe('SIGKILL');
  isOver = true;
  const again = await stage.run();
  expect(again.exitCode, `${name}: ${again.stderr}`).toBe(0);
  expect(traces(places, 'weekly-47'), name).toEqual(WHOLE);
}

/** `onWrite` is told every request that writes, before and after it is done; true = no answer. */
async function behindProxies(onWrite: (line: string, isDone: boolean) => boolean) {
  const places = await openPlaces([123]);
  const { env } = places;
  const through = (address = ''): Promise<string> =>
    proxyTo(address, ({ line, isDone }) => !line.startsWith('GET ') && onWrite(line, isDone));
  const [hub, host] = await Promise.all([through(env['HF_ENDPOINT']), through(env['GITHUB_API_URL'])]);
  return { places, stage: newStage({ env: { ...env, HF_ENDPOINT: hub, GITHUB_API_URL: host } }) };
}
