import { createHash } from 'node:crypto';
import { ObjectFault } from '../../domain/data/object-fault.ts';
import type { ObjectStore, StoredPart } from '../../ports/object-store.ts';
import { type Patience, persist } from './patience.ts';

const MIB = 1024 * 1024;
/** What is larger is sent in parts; S3 takes none below 5 MiB but the last, and 10000 of them. */
const PART_BYTES = 16 * MIB;
const MOST_PARTS = 9000;
/** Parts of one file that are on their way together. */
const TOGETHER = 3;
/** How often an upload may vanish below us: who cleans up old ones takes them all. */
const MOST_TRIES = 3;

/** A file on its way. */
export interface FileToStore {
  readonly key: string;
  /** Hex. */
  readonly sha256: string;
  readonly size: number;
  /** Its bytes. */
  read(): AsyncIterable<Uint8Array>;
}

/** `there`: it was stored before. `changed`: the bytes are not those of the digest, and nothing of them is stored. */
export type StoredFile = 'stored' | 'there' | 'changed';

/**
 * Stores a file under its key, at most once: what is there with its digest stays, and an upload that somebody began is gone
 * on with, each of its parts compared with the bytes here. Nothing is kept on this side, so whoever is killed is followed
 * by anybody.
 */
export async function storeFile(
  store: ObjectStore,
  file: FileToStore,
  patience: Patience,
  partBytes = PART_BYTES,
): Promise<StoredFile> {
  for (let tried = 1; ; tried += 1) {
    if (await isThere(store, file, patience)) {
      await clearUploads(store, file, patience, partBytes);
      return tried === 1 ? 'there' : 'stored';
    }
    try {
      const done =
        file.size <= partBytes
          ? await putWhole(store, file, patience)
          : await putParts(store, file, patience, partBytes);
      if (done === 'changed') return done;
    } catch (error) {
      // Somebody completed it, or gave it up.
      if (!(error instanceof ObjectFault) || error.kind !== 'absent' || tried === MOST_TRIES) throw error;
    }
    if (tried > MOST_TRIES) throw new ObjectFault('away', `${file.key} is not there after it was stored`, {});
  }
}

async function isThere(store: ObjectStore, { key, sha256, size }: FileToStore, patience: Patience): Promise<boolean> {
  const found = await persist(patience, (signal) => store.look(key, signal));
  return found?.size === size && found.sha256 === sha256;
}

async function putWhole(store: ObjectStore, file: FileToStore, patience: Patience): Promise<'stored' | 'changed'> {
  const pieces: Uint8Array[] = [];
  for await (const piece of file.read()) pieces.push(piece);
  const bytes = Buffer.concat(pieces);
  if (hexOf('sha256', bytes) !== file.sha256) return 'changed';
  await persist(patience, (signal) => store.put(file.key, bytes, file.sha256, signal));
  return 'stored';
}

async function putParts(
  store: ObjectStore,
  file: FileToStore,
  patience: Patience,
  least: number,
): Promise<'stored' | 'changed'> {
  const { key } = file;
  const [begun] = await persist(patience, (signal) => store.uploads(key, signal));
  const upload = begun ?? (await persist(patience, (signal) => store.begin(key, file.sha256, signal)));
  const arrived = begun === undefined ? [] : await persist(patience, (signal) => store.parts(key, upload, signal));
  const known = new Map(arrived.map((part) => [part.number, part]));
  const hash = createHash('sha256');
  const sending: Promise<StoredPart>[] = [];
  let number = 0;
  for await (const bytes of inParts(file.read(), partSize(file.size, least))) {
    number += 1;
    hash.update(bytes);
    const part = { key, upload, number, bytes };
    const before = sending.at(-TOGETHER);
    sending.push(sendPart(store, part, known.get(number), patience));
    sending.at(-1)?.catch(() => undefined); // told when it is awaited
    await before;
  }
  const parts = await Promise.all(sending);
  if (hash.digest('hex') !== file.sha256) {
    await persist(patience, (signal) => store.abort(key, upload, signal));
    return 'changed';
  }
  await persist(patience, (signal) => store.complete(key, upload, parts, signal));
  return 'stored';
}

async function sendPart(
  store: ObjectStore,
  part: Parameters<ObjectStore['putPart']>[0],
  before: StoredPart | undefined,
  patience: Patience,
): Promise<StoredPart> {
  const { number, bytes } = part;
  const size = bytes.length;
  if (before?.size === size && before.etag.replaceAll('"', '') === hexOf('md5', bytes)) return before;
  return { number, size, etag: await persist(patience, (signal) => store.putPart(part, signal)) };
}

/** What two who stored the same file left: parts that nobody will complete. */
async function clearUploads(store: ObjectStore, file: FileToStore, patience: Patience, least: number): Promise<void> {
  if (file.size <= least) return;
  for (const upload of await persist(patience, (signal) => store.uploads(file.key, signal))) {
    await persist(patience, (signal) => store.abort(file.key, upload, signal));
  }
}

function partSize(size: number, least: number): number {
  return Math.max(least, Math.ceil(size / MOST_PARTS / MIB) * MIB);
}

async function* inParts(bytes: AsyncIterable<Uint8Array>, size: number): AsyncIterable<Buffer> {
  let held: Uint8Array[] = [];
  let length = 0;
  for await (let piece of bytes) {
    while (length + piece.length >= size) {
      const rest = size - length;
      yield Buffer.concat([...held, piece.subarray(0, rest)]);
      piece = piece.subarray(rest);
      [held, length] = [[], 0];
    }
    if (piece.length > 0) held.push(piece);
    length += piece.length;
  }
  if (length > 0) yield Buffer.concat(held);
}

function hexOf(algorithm: 'sha256' | 'md5', bytes: Uint8Array): string {
  return createHash(algorithm).update(bytes).digest('hex');
}
