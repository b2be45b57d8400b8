import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { RESOURCES } from '../../../../src/adapters/kubernetes/api/kube-api.ts';
import type { ClusterArtifactStore } from '../../../../src/adapters/kubernetes/data/cluster-artifact-store.ts';
import { digestOfListing, formatListing } from '../../../../src/domain/data/digest.ts';
import type { AttemptRef } from '../../../../src/ports/target.ts';
import { DataWorld, never } from './data-world.ts';

const ref = { run: 'weekly', stage: 'train', attempt: 1 } as AttemptRef;
const BIG = randomBytes(300_000).toString('hex');
const FILES = { 'config.json': '{}', 'deep/weights.bin': BIG, 'a name with % and ü?#': 'x' };
const LISTING = formatListing(
  Object.entries(FILES).map(([path, text]) => ({
    path,
    size: Buffer.byteLength(text),
    sha256: createHash('sha256').update(text).digest('hex'),
  })),
);
const MODEL = { name: 'model', path: 'model', digest: digestOfListing(LISTING) };

let world: DataWorld;
let store: ClusterArtifactStore;
let outputs: string;
beforeEach(async () => {
  world = new DataWorld();
  outputs = join(world.root, 'runs/weekly/train/1');
  world.write(FILES, join(outputs, 'model'));
  writeFileSync(join(outputs, 'model.listing'), LISTING);
  store = world.artifacts();
  const claim = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'ilab-backend' }, spec: {} };
  await world.cluster.client().create(RESOURCES.claims, claim);
});
afterEach(async () => {
  await store.release();
  await world.close();
});

async function read(path: string, from = 0): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const bytes of store.read(ref, path, from, never)) parts.push(bytes);
  return Buffer.concat(parts).toString();
}

describe('outputs', () => {
  test('are read through one pod, whatever their names, from any byte; it ends when they are released', async () => {
    expect(await store.listing(ref, 'model', never)).toBe(LISTING);
    for (const [path, text] of Object.entries(FILES)) {
      expect(await read(`model/${path}`)).toBe(text);
      expect(await read(`model/${path}`, 1)).toBe(text.slice(1));
    }
    expect(await read('model/config.json', 2)).toBe('');
    expect(world.kubelet.started).toBe(1);
    await store.release();
    expect(world.cluster.objects(RESOURCES.jobs)).toEqual([]);
    await expect.poll(() => world.kubelet.alive).toBe(0);
  });

  test.each(['cutAfter', 'endAfter'])('arrive whole when answers end too early again and again: %s', async (how) => {
    let asked = 0;
    world.kubelet.network = () => {
      asked += 1;
      return asked < 6 ? { [how]: 90_000 } : {};
    };
    expect(await read('model/deep/weights.bin')).toBe(BIG);
    expect(asked).toBe(6);
  });

  test('arrive whole when the pod is killed in the middle', async () => {
    // More than the buffers of a connection hold.
    const large = randomBytes(24 * 1024 * 1024);
    writeFileSync(join(outputs, 'large'), large);
    let killed = false;
    const parts: Uint8Array[] = [];
    for await (const bytes of store.read(ref, 'large', 0, never)) {
      parts.push(bytes);
      if (!killed) await world.kubelet.killAll();
      killed = true;
    }
    expect(Buffer.concat(parts).equals(large)).toBe(true);
    expect(world.kubelet.started).toBe(2);
  });

  test('a listing that is cut is asked for again, and is never a shorter one', async () => {
    let asked = 0;
    world.kubelet.network = () => {
      asked += 1;
      return asked === 1 ? { endAfter: LISTING.length - 60 } : {};
    };
    expect(await store.listing(ref, 'model', never)).toBe(LISTING);
    expect(asked).toBe(2);
  });

  test('of which no listing was written have one all the same', async () => {
    world.write({ 'scores.json': '[1]' }, outputs);
    const sha256 = createHash('sha256').update('[1]').digest('hex');
    expect(await store.listing(ref, 'scores.json', never)).toBe(`${sha256}  3  scores.json\n`);
  });

  test.each([
    ['that are gone', 'eval', 'not-found'],
    ['with a path that leaves them', 'a/../../../../../../etc/passwd', 'cannot-start'],
  ])('%s are refused', async (_, path, code) => {
    await expect(read(path)).rejects.toMatchObject({ code });
  });

  test('that are links, or lie behind one, are refused', async () => {
    symlinkSync('/etc/hostname', join(outputs, 'link'));
    symlinkSync('/etc', join(outputs, 'folder'));
    for (const path of ['link', 'folder/hostname']) {
      await expect(read(path)).rejects.toMatchObject({
        code: 'cannot-start',
        message: expect.stringContaining('no-file'),
      });
    }
  });

  test('are looked at only when somebody asks for their bytes', async () => {
    writeFileSync(join(outputs, 'model/config.json'), '[]');
    expect(await store.verify(ref, MODEL, { contents: false })).toEqual([]);
    expect(world.kubelet.started).toBe(0);
    expect(await store.verify(ref, MODEL, { contents: true })).toEqual(['config.json has other contents']);
    expect(await store.verify(ref, { ...MODEL, digest: `sha256:${'0'.repeat(64)}` }, { contents: true })).toEqual([
      'model.listing changed',
    ]);
    expect(await store.verify(ref, { ...MODEL, path: 'gone' }, { contents: true })).toEqual(['gone is missing']);
    symlinkSync('/etc', join(outputs, 'model/link'));
    expect(await store.verify(ref, MODEL, { contents: true })).toEqual(['"link" is a link']);
  });

  test('need the right to get pods/proxy, and not the right to create', async () => {
    world.cluster.deny('create', 'pods/proxy');
    expect(await read('model/config.json')).toBe('{}');
    world.cluster.deny('get', 'pods/proxy');
    store = world.artifacts();
    await expect(read('model/config.json')).rejects.toMatchObject({
      code: 'cannot-start',
      message: expect.stringContaining('get pods/proxy is forbidden'),
    });
  });

  test('of a claim that is gone are told to be so, and no claim is made', async () => {
    const [claim] = world.cluster.objects(RESOURCES.claims);
    await world.cluster.client().delete(RESOURCES.claims, 'ilab-backend', { uid: claim?.metadata.uid ?? '' });
    await expect(read('model/config.json')).rejects.toMatchObject({ code: 'not-found' });
    await store.discard([ref], never);
    expect(world.cluster.objects(RESOURCES.claims)).toEqual([]);
  });
});

describe('a pod that is not ours', () => {
  test('does not get past the token: with another one the real pod tells nothing', async () => {
    world.kubelet.network = (request) => {
      (request.headers as Record<string, string>)['x-ilab-token'] = '0'.repeat(64);
      return {};
    };
    await expect(read('model/config.json')).rejects.toMatchObject({ message: expect.stringContaining('wrong-token') });
  });

  test('that spoils bytes is found by the listing', async () => {
    const recorded = await store.listing(ref, 'model', never);
    world.kubelet.network = () => ({ spoil: (bytes) => Buffer.from(bytes.toString().replace('0', '1')) });
    expect(await store.listing(ref, 'model', never)).not.toBe(recorded);
    expect(digestOfListing(await store.listing(ref, 'model', never))).not.toBe(MODEL.digest);
  });
});

describe('discard', () => {
  test('takes the outputs of attempts and what their stages kept, by one Job, and again without a fault', async () => {
    world.write({ checkpoint: 'x' }, join(world.root, 'work/weekly/train'));
    world.write({ x: 'x' }, join(world.root, 'runs/other/train/1'));
    mkdirSync(join(world.root, 'models'));
    for (let count = 1; count <= 2; count += 1) {
      await store.discard([ref, { ...ref, attempt: 2 }], never);
      expect(world.kubelet.started).toBe(count);
      expect(existsSync(join(world.root, 'runs/weekly'))).toBe(false);
    }
    expect(readdirSync(join(world.root, 'runs'))).toEqual(['other']);
    expect(readdirSync(join(world.root, 'work'))).toEqual([]);
    expect(world.cluster.objects(RESOURCES.jobs)).toEqual([]);
  });

  test('without attempts asks nothing', async () => {
    await store.discard([], never);
    expect(world.kubelet.started).toBe(0);
  });
});
