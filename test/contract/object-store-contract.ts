import { createHash, randomBytes } from 'node:crypto';
import { expect, type TestContext, test } from 'vitest';
import { systemClock } from '../../src/adapters/clock/system-clock.ts';
import { fetchFiles, findArtifact } from '../../src/adapters/s3/fetch-artifact.ts';
import type { Patience } from '../../src/adapters/s3/patience.ts';
import { storeFile } from '../../src/adapters/s3/store-file.ts';
import { formatListing } from '../../src/domain/data/digest.ts';
import type { DownloadFolder } from '../../src/ports/download-folder.ts';
import type { ObjectStore } from '../../src/ports/object-store.ts';

/** The smallest part S3 takes. */
const PART = 5 * 1024 * 1024;

const signal = new AbortController().signal;

const PATIENT: Patience = {
  clock: systemClock,
  signal,
  seconds: 30,
  onAway: () => undefined,
  onBack: () => undefined,
};

/** A file of the test's. */
export function fileOf(key: string, bytes: Buffer) {
  const read = async function* () {
    // Not in the pieces that are sent.
    for (let at = 0; at < bytes.length; at += 1_000_003) yield bytes.subarray(at, at + 1_000_003);
  };
  return { key, sha256: sha256(bytes), size: bytes.length, read };
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function bytesOf(store: ObjectStore, key: string, from = 0): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of store.read(key, from, signal)) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** What every bucket does. `open` gives one bucket, the same each time; keys of the tests do not meet. */
export function objectStoreContract(open: (context: TestContext) => Promise<ObjectStore>): void {
  test('an object is there with its size and digest, and can be read from anywhere', async (context) => {
    const store = await open(context);
    const bytes = Buffer.from('what is written here');
    expect(await store.look('whole/a b+c', signal)).toBeUndefined();
    await store.put('whole/a b+c', bytes, sha256(bytes), signal);
    expect(await store.look('whole/a b+c', signal)).toEqual({ size: bytes.length, sha256: sha256(bytes) });
    expect(await bytesOf(store, 'whole/a b+c', 5)).toEqual(bytes.subarray(5));
    await expect(bytesOf(store, 'whole/no', 0)).rejects.toMatchObject({ name: 'ObjectFault', kind: 'absent' });
  });

  test('a file in parts is stored once, and again costs a look', async (context) => {
    const store = await open(context);
    const bytes = randomBytes(2 * PART + 17);
    const file = fileOf('parts/file', bytes);
    expect(await storeFile(store, file, PATIENT, PART)).toBe('stored');
    expect(await storeFile(store, file, PATIENT, PART)).toBe('there');
    expect(await store.look('parts/file', signal)).toEqual({ size: bytes.length, sha256: file.sha256 });
    expect(sha256(await bytesOf(store, 'parts/file'))).toBe(file.sha256);
    expect(await store.uploads('parts/file', signal)).toEqual([]);
  });

  test('an upload that was left is gone on with: good parts stay, others are sent anew', async (context) => {
    const store = await open(context);
    const bytes = randomBytes(3 * PART);
    const file = fileOf('left/file', bytes);
    const upload = await store.begin(file.key, file.sha256, signal);
    await store.putPart({ key: file.key, upload, number: 1, bytes: bytes.subarray(0, PART) }, signal);
    await store.putPart({ key: file.key, upload, number: 2, bytes: randomBytes(PART) }, signal);
    expect(await store.uploads('left/file', signal)).toEqual([upload]);
    expect(await store.uploads('left/fil', signal), 'of exactly this key').toEqual([]);
    const sent: number[] = [];
    const watched = watching(store, (number) => sent.push(number));
    expect(await storeFile(watched, file, PATIENT, PART)).toBe('stored');
    expect(sent.toSorted()).toEqual([2, 3]);
    expect(sha256(await bytesOf(store, file.key))).toBe(file.sha256);
    expect(await store.uploads(file.key, signal)).toEqual([]);
  });

  test('bytes that are not those of the digest are not stored', async (context) => {
    const store = await open(context);
    for (const size of [10, PART + 1]) {
      const file = { ...fileOf(`wrong/${size}`, randomBytes(size)), sha256: sha256(randomBytes(3)) };
      expect(await storeFile(store, file, PATIENT, PART)).toBe('changed');
      expect(await store.look(file.key, signal)).toBeUndefined();
      expect(await store.uploads(file.key, signal)).toEqual([]);
    }
  });

  test('an artifact is fetched by its listing, and only as the one its digest names', async (context) => {
    const store = await open(context);
    const [one, two] = [randomBytes(1000), randomBytes(PART)];
    const listing = formatListing([
      { path: 'deep/one', size: one.length, sha256: sha256(one) },
      { path: 'two', size: two.length, sha256: sha256(two) },
    ]);
    for (const [key, bytes] of [
      ['fetched/deep/one', one],
      ['fetched/two', two],
      ['fetched.listing', Buffer.from(listing)],
    ] as const)
      await store.put(key, bytes, sha256(bytes), signal);
    const uri = { bucket: store.bucket, key: 'fetched', digest: `sha256:${sha256(Buffer.from(listing))}` };
    const found = await findArtifact(store, uri, PATIENT);
    expect(found).toMatchObject({ digest: uri.digest, isFolder: true });
    const taken = new Map<string, string>();
    await fetchFiles(store, uri, found, { folder: takingInto(taken), patience: PATIENT });
    expect([...taken]).toEqual([
      ['content/deep/one', sha256(one)],
      ['content/two', sha256(two)],
    ]);
    const other = { ...uri, digest: `sha256:${sha256(one)}` };
    await expect(findArtifact(store, other, PATIENT)).rejects.toMatchObject({ code: 'bad-input' });
    await expect(findArtifact(store, { ...uri, key: 'nowhere' }, PATIENT)).rejects.toMatchObject({ code: 'bad-input' });
  });
}

/** The same bucket; `onPart` is told of each part that is sent. */
function watching(store: ObjectStore, onPart: (number: number) => void): ObjectStore {
  return new Proxy(store, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return (...given: readonly unknown[]) => {
        if (name === 'putPart') onPart((given[0] as { readonly number: number }).number);
        return Reflect.apply(value, target, given) as unknown;
      };
    },
  });
}

function takingInto(taken: Map<string, string>): DownloadFolder {
  return {
    place: 'memory',
    look: async () => 'absent',
    receive: async (file, bytes) => {
      const pieces: Uint8Array[] = [];
      for await (const piece of bytes(0)) pieces.push(piece);
      taken.set(file.path, sha256(Buffer.concat(pieces)));
      return 'done';
    },
  };
}
