import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { compareToStatement, parseStatement } from '../../../src/domain/publication/statement.ts';
import { ADA, hubOf } from '../../huggingface/hub-of.ts';
import type { TestHub } from '../../huggingface/hub-server.ts';
import type { Commit } from '../../huggingface/hub-state.ts';
import { StageRun } from './stage-run.ts';

/* The stage as a program, to a hub that speaks Hugging Face's protocol: killed at every request, refused, away. */

const REPO = 'ada/workshop-tiny';

let stage: StageRun;
let hub: TestHub;
beforeEach(async () => {
  ({ hub } = await hubOf({ onTestFinished }));
  stage = newStage(hub);
});

function newStage({ endpoint }: TestHub): StageRun {
  const made = new StageRun();
  onTestFinished(() => made.leave());
  delete made.params['registry'];
  made.params['huggingFace'] = { repo: REPO };
  made.env = { HF_ENDPOINT: endpoint, HF_TOKEN: ADA };
  return made;
}

function ours({ state }: TestHub): readonly Commit[] {
  const commits = [...(state.repositories.get(REPO)?.commits.values() ?? [])];
  return commits.filter(({ message }) => message.split('\n').includes('Ilab-Run: id-47'));
}

function bytesOf({ state }: TestHub, commit: Commit, path: string): Buffer {
  const file = commit.files.get(path);
  if (file === undefined) throw new Error(`the commit has no ${path}`);
  return file.kind === 'regular' ? file.bytes : readFileSync(state.objectFile(file.oid));
}

/** One commit, its tag, and every file as the statement says. */
function expectOnce(of: TestHub): void {
  const [commit, ...more] = ours(of);
  if (commit === undefined) throw new Error('nothing was published');
  expect(more).toEqual([]);
  const { tags } = of.state.repositories.get(REPO) ?? {};
  expect([...(tags ?? [])]).toEqual([['weekly-47', commit.oid]]);
  const files = [...commit.files.keys()].map((path) => {
    const bytes = bytesOf(of, commit, path);
    return { path, size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
  });
  const statement = bytesOf(of, commit, 'provenance.intoto.json').toString();
  expect(compareToStatement(parseStatement(statement), files)).toEqual([]);
}

test('the model is there in one commit with its tag, and once more nothing is sent', async () => {
  const first = await stage.run();
  expect(first.exitCode, first.stderr).toBe(0);
  expectOnce(hub);
  expect(stage.result().metrics).toMatchObject({ published: 1, steps: 3, pending: 0 });
  expect(JSON.parse(stage.read('artifacts/publication.json'))).toMatchObject({
    steps: [
      { id: 'model-repository', state: 'done', isNew: true },
      { id: 'model-commit', address: expect.stringContaining(`${hub.endpoint}/${REPO}/`) },
      { id: 'model-tag', state: 'done' },
    ],
  });
  expect(hub.state.repositories.get(REPO)?.isPrivate).toBe(true);
  hub.asked.length = 0;
  const second = await stage.run();
  expect(second.exitCode, second.stderr).toBe(0);
  expect(hub.asked.filter((line) => !line.startsWith('GET '))).toEqual([]);
});

test('kill -9 at any request, before a write has its effect and after, and a second try: one of everything', async () => {
  await stage.run();
  const requests = [...hub.asked];
  expect(requests.length).toBeGreaterThan(8);
  // What only reads has no effect that could be there or not.
  const points = requests.flatMap((request, at) =>
    (request.startsWith('GET ') ? [false] : [false, true]).map((isDone) => ({ at, request, isDone })),
  );
  expect(points.length).toBeGreaterThan(requests.length);
  for (const { at, request, isDone } of points) {
    const { hub: other } = await hubOf({ onTestFinished });
    const tried = newStage(other);
    const running = tried.start();
    const reached = new Promise<void>((done) => {
      other.faults.onHang = done;
    });
    other.faults.add({ match: '.', after: at, fault: { kind: 'hang', isDone } });
    await Promise.race([reached, running]);
    running.kill('SIGKILL');
    expect((await running).signal, request).toBe('SIGKILL');
    other.faults.clear();
    const again = await tried.run();
    expect(again.exitCode, `${request}: ${again.stderr}`).toBe(0);
    expectOnce(other);
  }
});

test('a repository of somebody else: exit 64 names what is missing, and nothing was written', async () => {
  stage.params['huggingFace'] = { repo: 'bob/model' };
  const { exitCode, stderr } = await stage.run();
  expect(exitCode, stderr).toBe(64);
  expect(stderr).toMatch(
    /^error: published in part: 3 of 3 steps not done: Model repository bob\/model was refused: /m,
  );
  expect(stage.read('termination-log')).toContain('bob/model');
  expect(hub.state.repositories.size).toBe(0);
  expect(JSON.parse(stage.read('artifacts/publication.json'))).toMatchObject({
    steps: [{ state: 'refused' }, { state: 'waiting' }, { state: 'waiting' }],
  });
});

test('a dry run asks for nothing but what is there', async () => {
  stage.params['dryRun'] = true;
  const { exitCode, stdout, stderr } = await stage.run();
  expect(exitCode, stderr).toBe(0);
  expect(stdout).toContain(`  create the private model repository ${REPO}\n`);
  expect(stdout).toContain('  +# workshop-tiny, run weekly-47\n');
  expect(hub.asked.filter((line) => !line.startsWith('GET '))).toEqual([]);
  expect(stage.result().metrics).toMatchObject({ published: 0, steps: 3, pending: 3 });
});

test('SIGTERM ends it with 143, and what the hub repeats of the token is masked', async () => {
  hub.faults.add({ match: '.', fault: { kind: 'status', status: 403, error: 'not with $authorization' } });
  const refused = await stage.run();
  expect(refused.exitCode).toBe(64);
  const all =
    refused.stdout + refused.stderr + stage.read('termination-log') + stage.read('artifacts/publication.json');
  expect(all).not.toContain(ADA);
  const reached = new Promise<void>((done) => {
    hub.faults.onHang = done;
  });
  hub.faults.add({ match: '.', fault: { kind: 'hang' } });
  const running = stage.start();
  await reached;
  running.kill('SIGTERM');
  expect(await running).toMatchObject({ exitCode: 143, stderr: 'error: stopped on request (SIGTERM)' });
});
