import { createHash } from 'node:crypto';
import type { ArtifactResult, StageResult } from '../../domain/attempt/outcome.ts';
import { digestOfListing, LISTING_SUFFIX, type ListingEntry, parseListing } from '../../domain/data/digest.ts';
import { formatObjectUri, keyBelow, type ObjectPlace } from '../../domain/data/object-uri.ts';
import { canonicalJson, type Json } from '../../domain/json.ts';
import { outputsFolder } from '../../domain/pipeline/bindings.ts';
import type { ArtifactReader, AttemptToStore, StoredAttempt } from '../../ports/artifact-archive.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import type { Patience } from './patience.ts';
import { storeFile } from './store-file.ts';

/** Files that are stored together: small ones would wait for each other's answers. */
const TOGETHER = 3;

/** Where and how an attempt is stored. */
export interface Storing {
  readonly store: ObjectStore;
  /** The configured place; what is stored lies below it. */
  readonly place: ObjectPlace;
  readonly patience: Patience;
  readonly partBytes?: number;
}

/** Something that was made is not what its maker wrote down; the message names it. */
export class ChangedFile extends Error {
  override readonly name = 'ChangedFile';
}

/** The key below which an attempt is stored, relative to the configured place. */
export function attemptKey({ run, stage, attempt }: Pick<AttemptToStore, 'run' | 'stage' | 'attempt'>): string {
  return outputsFolder(run, stage, attempt);
}

/**
 * Stores what an attempt made: each file, the listing of each artifact when its files are there, and `manifest.json` last,
 * so that who finds that finds all. Each file must be what the listing says, each listing what the result says; throws
 * `ChangedFile` when one is not, and an `ObjectFault`. Repeated, it stores what is missing.
 */
export async function storeAttempt(
  { store, place, patience, partBytes }: Storing,
  attempt: AttemptToStore,
  reader: ArtifactReader,
): Promise<StoredAttempt> {
  const base = keyBelow(place, attemptKey(attempt));
  let [files, bytes] = [0, 0];
  const save = async (key: string, entry: Omit<ListingEntry, 'path'>, read: () => AsyncIterable<Uint8Array>) => {
    const file = { key, sha256: entry.sha256, size: entry.size, read };
    if ((await storeFile(store, file, patience, partBytes)) === 'changed')
      throw new ChangedFile(`${key.slice(base.length + 1)} is not what its listing says`);
  };
  for (const artifact of attempt.result.artifacts) {
    const listing = await reader.listing(artifact.path);
    const { entries, isFolder } = judge(artifact, listing);
    await together(entries, async (entry) => {
      const path = isFolder ? joined(artifact.path, entry.path) : artifact.path;
      await save(`${base}/${path}`, entry, () => reader.read(path, 0));
      files += 1;
      bytes += entry.size;
    });
    const beside = artifact.path === '.' ? `${base}${LISTING_SUFFIX}` : `${base}/${artifact.path}${LISTING_SUFFIX}`;
    await save(beside, ...textFile(listing));
  }
  const manifest = `${canonicalJson(manifestOf(attempt))}\n`;
  await save(`${base}/manifest.json`, ...textFile(manifest));
  const uris = attempt.result.artifacts.map(({ name, path, digest }) => ({
    name,
    uri: formatObjectUri({ bucket: place.bucket, key: path === '.' ? base : `${base}/${path}`, digest }),
  }));
  return { files, bytes, uri: formatObjectUri({ bucket: place.bucket, key: base }), artifacts: uris };
}

function manifestOf({ run, stage, attempt, result }: AttemptToStore): Json {
  return { version: 1, run, stage, attempt, result: result as StageResult & Json };
}

/** The entries of a listing that is the recorded one. Of a single file the digest is that of its only line. */
function judge(artifact: ArtifactResult, listing: string): { entries: readonly ListingEntry[]; isFolder: boolean } {
  const entries = parseListing(listing);
  if (entries !== undefined) {
    if (digestOfListing(listing) === artifact.digest) return { entries, isFolder: true };
    if (entries.length === 1 && `sha256:${entries[0]?.sha256}` === artifact.digest) return { entries, isFolder: false };
  }
  throw new ChangedFile(`the listing of ${artifact.name} is not the recorded one`);
}

function textFile(text: string): [Omit<ListingEntry, 'path'>, () => AsyncIterable<Uint8Array>] {
  const bytes = Buffer.from(text);
  const entry = { sha256: createHash('sha256').update(bytes).digest('hex'), size: bytes.length };
  return [
    entry,
    async function* () {
      yield bytes;
    },
  ];
}

async function together<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  const worker = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  };
  try {
    await Promise.all(Array.from({ length: TOGETHER }, worker));
  } finally {
    left.length = 0; // one failed: the others end after what they are at
  }
}

function joined(folder: string, path: string): string {
  return folder === '.' ? path : `${folder}/${path}`;
}
