import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { objectStoreContract } from '../contract/object-store-contract.ts';
import { storeOf } from '../s3/store-of.ts';
import { ACCESS_KEY, NEEDS_SERVER, S3Server, SECRET_KEY, versitygw } from '../s3/versitygw.ts';
import { type Ended, Person } from './program.ts';

/*
 * Object storage on this machine: a real S3 server, the program, its sidecar.
 */

const CREDENTIALS = { S3_ACCESS: ACCESS_KEY, S3_SECRET: SECRET_KEY };
const isThere = versitygw() !== undefined;

let server: S3Server;
let person: Person;

beforeAll(async () => {
  if (isThere) server = await S3Server.start();
});
afterAll(() => server?.leave());
beforeEach(() => {
  person = newcomer();
  return () => person.leave();
});

/** Somebody whose project says where artifacts are stored. */
function newcomer({ prefix = 'team/models', finish = 60 } = {}): Person {
  const someone = new Person();
  const storage = {
    url: `s3://${server?.bucket}/${prefix}`,
    endpoint: server?.endpoint,
    pathStyle: true,
    accessKey: 'env:S3_ACCESS',
    secretKey: 'env:S3_SECRET',
    finishSeconds: finish,
  };
  const file = { apiVersion: 'ilab-backend.dev/v1alpha1', kind: 'Project', pipeline: 'open', pod: { storage } };
  // The pipeline hello without its gate: that reads a result of the stage before, and here that stage does not run.
  const pipeline = join(someone.project, 'pipelines/open');
  cpSync('templates/hello', pipeline, { recursive: true });
  const text = readFileSync(join(pipeline, 'pipeline.yaml'), 'utf8');
  const edited = text.replace('name: hello', 'name: open').replace(/^ +gate: .*\n/m, '');
  writeFileSync(join(pipeline, 'pipeline.yaml'), edited);
  writeFileSync(join(someone.project, 'ilab-backend.yaml'), JSON.stringify({ ...file, params: { name: 'world' } }));
  return someone;
}

async function type(
  someone: Person,
  args: readonly string[],
  env: Record<string, string> = CREDENTIALS,
): Promise<Ended> {
  const { exitCode, signal, stdout, stderr } = await someone.start(args, env);
  return { exitCode, signal, stdout, stderr };
}

function stored(path: string): string {
  return join(server.bucketFolder, path);
}

describe('object storage', () => {
  beforeEach(({ skip }) => skip(!isThere, NEEDS_SERVER));

  describe('the server', () => {
    objectStoreContract(async () => storeOf(server));
  });

  test('what a run makes is stored, the manifest with it; another machine takes it by its URI; no credential is anywhere', async () => {
    const ran = await type(person, ['run', '--name', 'first']);
    expect(ran, ran.stderr).toMatchObject({ exitCode: 0, stdout: 'run/first\n' });
    expect(ran.stderr).toMatch(
      /greet: stored 1 files? \(\d+ bytes\) in s3:\/\/ilab\/team\/models\/runs\/first\/greet\/1/,
    );
    const manifest = JSON.parse(readFileSync(stored('team/models/runs/first/greet/1/manifest.json'), 'utf8')) as {
      result: { artifacts: readonly { name: string; path: string; digest: string }[] };
    };
    const [text] = manifest.result.artifacts;
    const pushed = await type(person, ['artifacts', 'first', '--push', '-o', 'name']);
    const uri = `s3://ilab/team/models/runs/first/greet/1/${text?.path}@${text?.digest}`;
    expect(pushed.stdout.split('\n')).toContain(uri);

    const other = newcomer();
    try {
      const args = ['run', '--name', 'second', '--from', 'count', '--input', `text=${uri}`];
      const second = await type(other, args);
      expect(second, second.stderr).toMatchObject({ exitCode: 0 });
      const unpinned = await type(other, ['plan', '--from', 'count', '--input', `text=${uri.replace(/@.*/, '')}`]);
      expect(unpinned.stdout, 'the same data, so the same result').toMatch(/count +reuse/);
      const wrong = `${uri.slice(0, -4)}0000`;
      const refused = await type(other, ['run', '--name', 'third', '--from', 'count', '--input', `text=${wrong}`]);
      expect(refused.exitCode, refused.stderr).toBe(2);
      expect(refused.stderr).toMatch(/something else lies there now/);
    } finally {
      other.leave();
    }
    for (const secret of [ACCESS_KEY, SECRET_KEY]) {
      expect(ran.stderr + pushed.stdout + pushed.stderr).not.toContain(secret);
      expect(filesHolding(secret, person.folder)).toEqual([]);
    }
  });

  test('refused credentials: the stage is done, what to type is said, and that stores it', async () => {
    const wrong = { ...CREDENTIALS, S3_SECRET: 'wrong-secret-4711' };
    const ran = await type(person, ['run', '--name', 'refused'], wrong);
    expect(ran, ran.stderr).toMatchObject({ exitCode: 0, stdout: 'run/refused\n' });
    expect(ran.stderr).toMatch(/greet: not stored: \S+ refuses access to ilab \(status 403\) \(check the credentials/);
    expect(ran.stderr).toContain('`ilab-backend artifacts refused greet --push`');
    expect(existsSync(stored('team/models/runs/refused'))).toBe(false);
    const again = await type(person, ['artifacts', 'refused', 'greet', '--push'], wrong);
    expect(again).toMatchObject({ exitCode: 2 });
    const pushed = await type(person, ['artifacts', 'refused', '--push']);
    expect(pushed, pushed.stderr).toMatchObject({ exitCode: 0 });
    expect(readdirSync(stored('team/models/runs/refused'))).toEqual(['count', 'greet']);
  });

  test('a server that is away while a stage ends is waited for', async () => {
    await server.stop();
    const running = type(person, ['run', '--name', 'outage', '--until', 'greet']);
    const log = join(person.stateDir, 'attempts/outage/greet/1/logs');
    let isOver = false;
    void running.then(() => {
      isOver = true;
    });
    while (!isOver && !holds(log, 'it is tried again')) await new Promise((next) => setTimeout(next, 50));
    await server.begin();
    const ran = await running;
    expect(ran, ran.stderr).toMatchObject({ exitCode: 0 });
    expect(ran.stderr).toMatch(/greet: stored 1 file/);
    expect(existsSync(stored('team/models/runs/outage/greet/1/manifest.json'))).toBe(true);
  });
});

function holds(folder: string, text: string): boolean {
  if (!existsSync(folder)) return false;
  return readdirSync(folder).some((name) => readFileSync(join(folder, name), 'utf8').includes(text));
}

function filesHolding(text: string, folder: string): readonly string[] {
  try {
    return execFileSync('grep', ['-rlF', '--', text, folder], { encoding: 'utf8' }).trim().split('\n');
  } catch {
    return []; // grep ends with 1 when there are none
  }
}
