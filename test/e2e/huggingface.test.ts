import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, expect, type TestContext, test } from 'vitest';
import { systemClock } from '../../src/adapters/clock/system-clock.ts';
import { createHuggingFacePublisher } from '../../src/adapters/huggingface/model-publisher.ts';
import { readEngineLock } from '../../src/adapters/process/engine-lock.ts';
import { prepareVenv } from '../../src/adapters/process/python-venv.ts';
import type { HubUpload } from '../../src/ports/model-hub.ts';
import { ADA, hubOf } from '../huggingface/hub-of.ts';

/*
 * What is published as people get it: by Python's own client of Hugging Face, which is pinned by its lock file. It and the
 * program speak with the same test server, so that the server is held to both.
 */

const PYTHON = 'test/huggingface/python';
const READER = 'hf_readsAndWritesNothing';
const signal = new AbortController().signal;

let python: string;
beforeAll(async () => {
  const host = { envs: join(process.cwd(), '.stage-environments'), hostEnv: process.env };
  const lock = readEngineLock('the client of Hugging Face', PYTHON, 'stages/_lib', false);
  python = join(await prepareVenv(host, lock, () => undefined, signal), 'bin/python');
});

async function open(context: TestContext) {
  const limits = { multipart: 1_000_000, part: 700_000, page: 3 };
  const tokens = { [READER]: { user: 'ada', role: 'read' } } as const;
  const { hub, folder } = await hubOf(context, { limits, tokens });
  const patience = { clock: systemClock, seconds: 20, answerSeconds: 20, onWait: () => undefined };
  const publisher = createHuggingFacePublisher({ endpoint: hub.endpoint, token: ADA }, patience);
  /** Runs a program with nothing in its environment but where the hub is and the token. */
  const run = async (program: string, args: readonly string[], token: string) => {
    const env = {
      HF_ENDPOINT: hub.endpoint,
      HF_TOKEN: token,
      HF_HOME: join(folder, `home-${randomBytes(4).toString('hex')}`),
      HF_HUB_DISABLE_PROGRESS_BARS: '1',
      HF_HUB_DISABLE_TELEMETRY: '1',
      // It uploads by Xet alone unless told otherwise, and the server has none.
      ...(program === 'upload.py' ? { HF_HUB_DISABLE_XET: '1' } : {}),
      PYTHONDONTWRITEBYTECODE: '1',
    };
    return execa(python, [join(PYTHON, program), ...args], { env, extendEnv: false, reject: false });
  };
  return { hub, folder, publisher, run };
}

/** Files of each kind: small, by the way of the large file storage whole and in parts, empty, deep. */
const FILES: Readonly<Record<string, Buffer>> = {
  'config.json': Buffer.from('{"hidden_size": 8}\n'),
  'model-00001-of-00002.safetensors': randomBytes(2_500_000),
  'model-00002-of-00002.safetensors': randomBytes(800_000),
  'deep/down/tokenizer.json': Buffer.from('{"text": "für alle"}'),
  'deep/a name with blanks.txt': Buffer.from('blanks\n'),
  'empty.txt': Buffer.alloc(0),
};

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function write(folder: string): void {
  for (const [path, bytes] of Object.entries(FILES)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), bytes);
  }
}

test('what is published is downloaded by Python, to the last byte, by its tag and by its owner only', async (context) => {
  const { folder, publisher, run } = await open(context);
  write(join(folder, 'model'));
  const repo = 'ada/published';
  await publisher.createRepository(repo, { isPrivate: true }, signal);
  const parent = (await publisher.findRepository(repo, signal))?.head ?? '';
  const uploads: readonly HubUpload[] = [
    { path: 'README.md', kind: 'text', text: '# Über das Modell\n' },
    ...Object.entries(FILES).map(([path, bytes]) => ({
      path,
      kind: 'file' as const,
      file: join(folder, 'model', path),
      size: bytes.length,
      sha256: sha256(bytes),
    })),
  ];
  const request = { repo, branch: 'main', parent, title: 'Publish', message: 'Run: one', uploads, deletions: [] };
  const done = await publisher.commit(request, () => undefined, signal);
  const oid = done.kind === 'committed' ? done.oid : expect.fail(done.kind);
  await publisher.createTag(repo, { name: 'run-one', oid, message: 'Run one' }, signal);
  const later = { ...request, parent: oid, uploads: [], deletions: ['config.json'] };
  await publisher.commit(later, () => undefined, signal);

  const { stdout, stderr } = await run('download.py', [repo, 'run-one'], READER);
  expect(stderr).toBe('');
  const { '.gitattributes': _, 'README.md': card, ...files } = JSON.parse(stdout) as Record<string, [number, string]>;
  expect(card?.[1]).toBe(sha256(Buffer.from('# Über das Modell\n')));
  const published = Object.entries(FILES).map(([path, bytes]) => [path, [bytes.length, sha256(bytes)]]);
  expect(files).toEqual(Object.fromEntries(published));

  expect(Object.keys(JSON.parse((await run('download.py', [repo, 'main'], READER)).stdout))).not.toContain(
    'config.json',
  );
  const stranger = await run('download.py', [repo, 'run-one'], '');
  expect(stranger).toMatchObject({ exitCode: 1, stdout: '', stderr: expect.stringContaining('401 Unauthorized') });
});

test('what Python publishes is read as it is, and not sent again', async (context) => {
  const { hub, folder, publisher, run } = await open(context);
  write(join(folder, 'model'));
  const repo = 'ada/from-python';
  const { stdout, stderr } = await run('upload.py', [repo, join(folder, 'model'), 'v1'], ADA);
  expect(stderr).toBe('');
  const made = JSON.parse(stdout) as { readonly commit: string };
  const { commit } = made;
  expect(made).toEqual({
    user: 'ada',
    role: 'write',
    commit,
    tags: { v1: commit },
    titles: ['From Python', 'initial commit'],
  });
  expect(await publisher.findRepository(repo, signal)).toEqual({ isPrivate: true, head: commit });
  expect(await publisher.findTag(repo, 'v1', signal)).toBe(commit);
  const [newest] = await Array.fromAsync(publisher.commits(repo, 'v1', signal));
  expect(newest).toEqual({ oid: commit, title: 'From Python', message: 'The other client' });
  const found = await Array.fromAsync(publisher.files(repo, 'main', signal));
  expect(found.map(({ path }) => path).sort()).toEqual(['.gitattributes', ...Object.keys(FILES)].sort());
  for (const { path, sha256: digest } of found)
    if (digest !== undefined) expect(digest).toBe(sha256(FILES[path] ?? Buffer.alloc(0)));
  expect(found.filter(({ sha256: digest }) => digest !== undefined)).toHaveLength(2);

  hub.asked.length = 0;
  const uploads = Object.entries(FILES).map(([path, bytes]) => ({
    path: `copy/${path}`,
    kind: 'file' as const,
    file: join(folder, 'model', path),
    size: bytes.length,
    sha256: sha256(bytes),
  }));
  const request = { repo, branch: 'main', parent: commit, title: 'Copy', message: '', uploads, deletions: [] };
  await publisher.commit(request, () => expect.fail('something was sent'), signal);
  expect(hub.asked.filter((line) => line.startsWith('PUT'))).toEqual([]);
});
