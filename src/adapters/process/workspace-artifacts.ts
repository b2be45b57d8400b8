import { constants, existsSync, lstatSync, readFileSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename, join } from 'node:path';
import {
  compareToListing,
  digestOfListing,
  LISTING_SUFFIX,
  type ListingEntry,
  parseListing,
} from '../../domain/data/digest.ts';
import { UserError } from '../../domain/errors.ts';
import { outputsFolder } from '../../domain/pipeline/bindings.ts';
import type { ArtifactStore } from '../../ports/artifact-store.ts';
import type { AttemptRef } from '../../ports/target.ts';
import { digestFile, listContents, listingOf, listSizes, NotListable } from '../files/file-digest.ts';
import { removeOutputs } from './remove-attempt.ts';

type Artifact = Parameters<ArtifactStore['verify']>[1];

/** The artifacts of the local target: folders of the workspace. */
export class WorkspaceArtifacts implements ArtifactStore {
  readonly #workspace: string;

  constructor(workspace: string) {
    this.#workspace = workspace;
  }

  folder({ run, stage, attempt }: AttemptRef): string {
    return join(this.#workspace, outputsFolder(run, stage, attempt));
  }

  async files(ref: AttemptRef, { path }: { readonly path: string }): Promise<readonly string[]> {
    const place = join(this.folder(ref), path);
    if (!existsSync(place)) return [];
    if (!statSync(place).isDirectory()) return [basename(path)];
    return listSizes(place)
      .map((file) => file.path)
      .sort();
  }

  async listing(ref: AttemptRef, path: string): Promise<string> {
    const place = join(this.folder(ref), path);
    if (!existsSync(place)) throw new UserError('not-found', `${path} of ${ref.stage} in ${ref.run} is gone`);
    try {
      return readListing(place) ?? listingOf(place, basename(path));
    } catch (error) {
      if (error instanceof NotListable) throw new UserError('not-found', error.message, { cause: error });
      throw error;
    }
  }

  async *read(ref: AttemptRef, path: string, from: number, signal: AbortSignal): AsyncIterable<Uint8Array> {
    const file = await open(join(this.folder(ref), path), constants.O_RDONLY | constants.O_NOFOLLOW);
    // The stream closes the file however it ends.
    yield* file.createReadStream({ start: from, signal }) as AsyncIterable<Uint8Array>;
  }

  async discard(refs: readonly AttemptRef[]): Promise<void> {
    for (const ref of refs) removeOutputs(this.#workspace, ref);
  }

  async release(): Promise<void> {
    // Nothing is held open.
  }

  async verify(
    ref: AttemptRef,
    artifact: Artifact,
    options: { readonly contents: boolean },
  ): Promise<readonly string[]> {
    const place = join(this.folder(ref), artifact.path);
    const name = basename(artifact.path);
    try {
      if (!existsSync(place)) return [`${artifact.path} is missing`];
      const listing = readListing(place);
      // Without a listing only the bytes can tell.
      if (listing === undefined)
        return digestOf(listingOf(place, name), place) === artifact.digest
          ? []
          : [`${artifact.path} has other contents`];
      const entries = parseListing(listing);
      if (entries === undefined || digestOf(listing, place) !== artifact.digest)
        return [`${artifact.path}${LISTING_SUFFIX} changed`];
      return compareToListing(entries, found(place, entries[0]?.path ?? name, options.contents));
    } catch (error) {
      if (error instanceof NotListable) return [error.message];
      throw error;
    }
  }
}

function readListing(place: string): string | undefined {
  const path = place + LISTING_SUFFIX;
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

/** The digest of an artifact with this listing: of a folder that of the listing, of a file that of its only line. */
function digestOf(listing: string, place: string): string {
  if (statSync(place).isDirectory()) return digestOfListing(listing);
  return `sha256:${parseListing(listing)?.[0]?.sha256 ?? ''}`;
}

function found(
  place: string,
  name: string,
  contents: boolean,
): readonly (Omit<ListingEntry, 'sha256'> & { readonly sha256?: string })[] {
  if (statSync(place).isDirectory()) return contents ? listContents(place) : listSizes(place);
  return [contents ? digestFile(place, name) : { path: name, size: lstatSync(place).size }];
}
