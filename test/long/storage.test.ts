import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { formatListing } from '../../src/domain/data/digest.ts';
import { fileOf, sha256 } from '../contract/object-store-contract.ts';
import { storeOf } from '../s3/store-of.ts';
import { ACCESS_KEY, NEEDS_SERVER, S3Server, SECRET_KEY, versitygw } from '../s3/versitygw.ts';

/*
 * The sidecar and a real S3 server that goes away for a minute in the middle of an upload, and whoever is killed then.
 */

const MIB = 1024 * 1024;
const OUTAGE_MS = 60_000;
const never = new AbortController().signal;
const top = mkdtempSync(join(tmpdir(), 'ilab-storage-'));
const artifacts = join(top, 'artifacts');
const bytes = randomBytes(256 * MIB);
const isThere = versitygw() !== undefined;
let server: S3Server;

beforeAll(async () => {
  mkdirSync(join(artifacts, 'model'), { recursive: true });
  writeFileSync(join(artifacts, 'model/weights'), bytes);
  const listing = formatListing([{ path: 'weights', size: bytes.length, sha256: sha256(bytes) }]);
  writeFileSync(join(artifacts, 'model.listing'), listing);
  const digest = `sha256:${sha256(Buffer.from(listing))}`;
  const model = { name: 'model', path: 'model', digest, size: bytes.length };
  writeFileSync(join(artifacts, 'result.json'), JSON.stringify({ version: 1, metrics: {}, artifacts: [model] }));
  if (isThere) server = await S3Server.start();
});
afterAll(async () => {
  await server?.leave();
  rmSync(top, { recursive: true, force: true });
});
beforeEach(({ skip }) => skip(!isThere, NEEDS_SERVER));

test.each(['none', 'SIGKILL'] as const)('an outage of a minute, and to the sidecar: %s', async (fate) => {
  const key = `runs/${fate.toLowerCase()}/train/1`;
  const termination = join(top, `termination-${fate}`);
  let sidecar = begin(fate.toLowerCase(), termination);
  const store = storeOf(server);
  const arrived = async (): Promise<number> => {
    const [upload] = await store.uploads(`${key}/model/weights`, never);
    if (upload !== undefined) return (await store.parts(`${key}/model/weights`, upload, never)).length;
    if (await store.look(`${key}/model/weights`, never)) throw new Error('all of it was stored before anybody looked');
    return 0;
  };
  while ((await arrived()) < 3) await delay(10);
  await server.stop();
  if (fate === 'SIGKILL') {
    sidecar.kill('SIGKILL');
    rmSync(termination);
    sidecar = begin(fate.toLowerCase(), termination);
    while (!existsSync(termination)) await delay(20);
  }
  sidecar.kill('SIGTERM');
  await delay(OUTAGE_MS);
  await server.begin();
  const before = await arrived();
  expect(before, 'parts outlive the outage').toBeGreaterThanOrEqual(3);
  await new Promise((ended) => sidecar.once('exit', ended));
  expect(readFileSync(termination, 'utf8')).toMatch(/^stored 1 file \(268435456 bytes\) in s3:\/\/ilab\/runs\//);
  const file = fileOf(`${key}/model/weights`, bytes);
  expect(await store.look(file.key, never)).toEqual({ size: bytes.length, sha256: file.sha256 });
  expect(sha256(readFileSync(join(server.bucketFolder, file.key)))).toBe(file.sha256);
  expect(await store.uploads(file.key, never)).toEqual([]);
  store.close();
});

/** The sidecar as its container has it; it hears SIGTERM when it has written its first message. */
function begin(run: string, termination: string): ChildProcess {
  return spawn(process.execPath, ['dist/store.js'], {
    stdio: 'ignore',
    env: {
      ILAB_CONTENT: top,
      ILAB_TERMINATION_LOG: termination,
      ILAB_STORE_RUN: run,
      ILAB_STORE_STAGE: 'train',
      ILAB_STORE_ATTEMPT: '1',
      ILAB_STORE_FINISH: '600',
      ILAB_STORAGE_URL: `s3://${server.bucket}`,
      ILAB_STORAGE_ENDPOINT: server.endpoint,
      ILAB_STORAGE_PATH_STYLE: 'true',
      AWS_ACCESS_KEY_ID: ACCESS_KEY,
      AWS_SECRET_ACCESS_KEY: SECRET_KEY,
    },
  });
}
