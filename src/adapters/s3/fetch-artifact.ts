import { digestOfListing, LISTING_SUFFIX, type ListingEntry, parseListing } from '../../domain/data/digest.ts';
import { ObjectFault } from '../../domain/data/object-fault.ts';
import { formatObjectUri, type ObjectUri } from '../../domain/data/object-uri.ts';
import { UserError } from '../../domain/errors.ts';
import type { DownloadFolder } from '../../ports/download-folder.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { type Patience, persist } from './patience.ts';

/** An artifact in object storage as its listing has it. */
export interface FoundArtifact {
  readonly digest: string;
  readonly listing: string;
  readonly entries: readonly ListingEntry[];
  readonly isFolder: boolean;
}

const MOST_LISTING_BYTES = 256 * 1024 * 1024;

/**
 * Reads the listing that lies beside an artifact. Throws `bad-input` when there is none, or when it is not that of the
 * digest the URI names; an `ObjectFault` otherwise.
 */
export async function findArtifact(store: ObjectStore, uri: ObjectUri, patience: Patience): Promise<FoundArtifact> {
  const shown = formatObjectUri(uri);
  const key = `${uri.key}${LISTING_SUFFIX}`;
  const listing = await persist(patience, (signal) => textOf(store, key, signal)).catch((error: unknown) => {
    if (!(error instanceof ObjectFault) || error.kind !== 'absent') throw error;
    throw new UserError(
      'bad-input',
      `${shown}: there is no ${formatObjectUri({ bucket: uri.bucket, key })} beside it`,
      {
        hint: 'name an artifact that a run stored, or store a folder with its listing: `ilab-backend artifacts --help`',
        cause: error,
      },
    );
  });
  const entries = parseListing(listing);
  const [only, second] = entries ?? [];
  if (entries === undefined) throw new UserError('bad-input', `${shown}: what lies beside it is no listing`);
  const ofFolder = digestOfListing(listing);
  const ofFile = only !== undefined && second === undefined ? `sha256:${only.sha256}` : undefined;
  // A single file has its own name in its listing; a folder with one file cannot be told from it but by the digest.
  const isFile =
    uri.digest === undefined ? ofFile !== undefined && only?.path === nameIn(uri.key) : uri.digest === ofFile;
  const digest = isFile && ofFile !== undefined ? ofFile : ofFolder;
  if (uri.digest !== undefined && uri.digest !== digest)
    throw new UserError('bad-input', `${shown}: something else lies there now, with the digest ${digest}`);
  return { digest, listing, entries, isFolder: !isFile };
}

/** Takes the files of an artifact over, below `content`; what is there already stays, what was cut is gone on with. */
export async function fetchFiles(
  store: ObjectStore,
  uri: ObjectUri,
  { entries, isFolder }: FoundArtifact,
  { folder, patience }: { readonly folder: DownloadFolder; readonly patience: Patience },
): Promise<void> {
  for (const entry of entries) {
    const file = { ...entry, path: isFolder ? `content/${entry.path}` : 'content' };
    if ((await folder.look(file)) === 'there') continue;
    const key = isFolder ? `${uri.key}/${entry.path}` : uri.key;
    const bytes = (from: number): AsyncIterable<Uint8Array> =>
      steadily(store, { key, from, size: entry.size }, patience);
    // The part of an earlier try may have been damaged.
    if ((await folder.receive(file, bytes)) === 'done' || (await folder.receive(file, bytes)) === 'done') continue;
    throw new UserError('bad-input', `${formatObjectUri(uri)}: ${entry.path} is not what its listing says`);
  }
}

/** The bytes of an object from a position on; a connection that is cut is gone on with. */
async function* steadily(
  store: ObjectStore,
  { key, from, size }: { readonly key: string; readonly from: number; readonly size: number },
  patience: Patience,
): AsyncIterable<Uint8Array> {
  let at = from;
  let open: AsyncIterator<Uint8Array> | undefined;
  while (at < size) {
    const piece = await persist(patience, async (signal) => {
      open ??= store.read(key, at, signal)[Symbol.asyncIterator]();
      try {
        const next = await open.next();
        if (next.done !== true) return next.value;
      } catch (error) {
        open = undefined;
        throw error;
      }
      open = undefined;
      throw new ObjectFault('away', `${key} ended too early`, {});
    });
    at += piece.length;
    yield piece;
  }
}

async function textOf(store: ObjectStore, key: string, signal: AbortSignal): Promise<string> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of store.read(key, 0, signal)) {
    size += piece.length;
    if (size > MOST_LISTING_BYTES) throw new UserError('bad-input', `${key} is larger than any listing`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

function nameIn(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1);
}
