import { digestOfListing, type ListingEntry, parseListing } from '../../domain/data/digest.ts';
import { UserError } from '../../domain/errors.ts';
import type { DownloadFolder } from '../../ports/download-folder.ts';
import type { AttemptRef } from '../../ports/target.ts';
import type { Deps } from '../deps.ts';
import { type FoundArtifact, findArtifacts } from './find-artifacts.ts';

/** A folder that takes files over. */
export type IntoFolder = DownloadFolder;

/** What is to be taken over. */
export interface DownloadRequest {
  readonly run: string;
  /** `STAGE` or `STAGE/NAME`; empty = all. */
  readonly wanted: readonly string[];
  /** Takes the place of files with other contents. */
  readonly force: boolean;
}

/** How far a download is. */
export interface DownloadProgress {
  /** `train/model`. */
  readonly artifact: string;
  /** Bytes of the artifact that are here, and of all of it. */
  readonly received: number;
  readonly total: number;
}

/** An artifact that is here. */
export interface Downloaded {
  readonly artifact: string;
  /** Relative to the folder. */
  readonly path: string;
  readonly files: number;
  readonly size: number;
  /** How many of the files were here before. */
  readonly kept: number;
}

interface DownloadOptions {
  readonly onProgress: (progress: DownloadProgress) => void;
  readonly signal: AbortSignal;
}

/**
 * Takes artifacts of a run over into a folder, as `<stage>/<name>/<file>`: each file is checked against the listing, the
 * listing against the recorded digest. What is here already is kept, what was cut is gone on with. Throws `name-taken` for
 * a file with other contents, `not-found`, `storage-failed`.
 */
export async function downloadArtifacts(
  deps: Deps,
  request: DownloadRequest,
  folder: IntoFolder,
  options: DownloadOptions,
): Promise<readonly Downloaded[]> {
  const artifacts = await findArtifacts(deps, request.run, request.wanted);
  const done: Downloaded[] = [];
  try {
    for (const artifact of artifacts) {
      done.push(await downloadArtifact(deps, artifact, { folder, force: request.force, ...options }));
    }
    return done;
  } finally {
    await deps.artifacts.release();
  }
}

interface Taking extends DownloadOptions {
  readonly folder: DownloadFolder;
  readonly force: boolean;
}

async function downloadArtifact(deps: Deps, artifact: FoundArtifact, taking: Taking): Promise<Downloaded> {
  const { id, ref, path, name, stage } = artifact;
  const { entries, isFolder } = judgeListing(artifact, await deps.artifacts.listing(ref, path, taking.signal));
  const total = entries.reduce((sum, entry) => sum + entry.size, 0);
  let received = 0;
  let kept = 0;
  const tell = (bytes: number): void => {
    received += bytes;
    taking.onProgress({ artifact: id, received, total });
  };
  for (const entry of entries) {
    const file = { ...entry, path: `${stage}/${name}/${entry.path}` };
    const there = await taking.folder.look(file);
    if (there === 'other' && !taking.force) throw inTheWay(taking.folder, file.path);
    if (there === 'there') {
      kept += 1;
      tell(entry.size);
    } else await takeFile(deps, { ref, from: isFolder ? joined(path, entry.path) : path, file, tell }, taking);
  }
  return { artifact: id, path: `${stage}/${name}`, files: entries.length, size: total, kept };
}

interface FileToTake {
  readonly ref: AttemptRef;
  /** Its path in the attempt's outputs. */
  readonly from: string;
  readonly file: ListingEntry;
  readonly tell: (bytes: number) => void;
}

/** A file that comes out wrong is asked for once more from its beginning: the part of an earlier try may have been damaged. */
async function takeFile(deps: Deps, { ref, from, file, tell }: FileToTake, { folder, signal }: Taking): Promise<void> {
  for (let tried = 1; ; tried += 1) {
    let counted = 0;
    const count = (bytes: number): void => {
      counted += bytes;
      tell(bytes);
    };
    const bytes = async function* (position: number): AsyncIterable<Uint8Array> {
      count(position);
      for await (const chunk of deps.artifacts.read(ref, from, position, signal)) {
        yield chunk;
        count(chunk.length);
      }
    };
    if ((await folder.receive(file, bytes)) === 'done') {
      tell(file.size - counted);
      return;
    }
    tell(-counted);
    if (tried === 2) throw changed(file.path, 'its bytes are not those of the listing');
  }
}

/** The entries of a listing that is the recorded one. Of a single file the digest is that of its only line. */
function judgeListing(
  { id, digest }: FoundArtifact,
  listing: string,
): { readonly entries: readonly ListingEntry[]; readonly isFolder: boolean } {
  const entries = parseListing(listing);
  if (entries !== undefined && digestOfListing(listing) === digest) return { entries, isFolder: true };
  const [only, second] = entries ?? [];
  if (only !== undefined && second === undefined && `sha256:${only.sha256}` === digest && !only.path.includes('/'))
    return { entries: [only], isFolder: false };
  throw changed(id, 'its listing is not the recorded one');
}

function joined(folder: string, path: string): string {
  return folder === '.' ? path : `${folder.replace(/\/+$/, '')}/${path}`;
}

function inTheWay({ place }: DownloadFolder, path: string): UserError {
  return new UserError('name-taken', `${place}/${path} has other contents`, {
    hint: 'choose another folder, or write over it with --force',
  });
}

function changed(what: string, why: string): UserError {
  return new UserError('storage-failed', `${what} changed after the run: ${why}`, {
    hint: 'see what else differs: `ilab-backend artifacts RUN --verify`',
  });
}
