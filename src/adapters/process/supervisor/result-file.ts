import { existsSync, lstatSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { basename, isAbsolute, join, relative } from 'node:path';
import type { ArtifactResult } from '../../../domain/attempt/outcome.ts';
import { type ParsedResult, parseStageResult } from '../../../domain/attempt/stage-result.ts';
import {
  compareToListing,
  digestOfListing,
  formatListing,
  LISTING_SUFFIX,
  parseListing,
} from '../../../domain/data/digest.ts';
import { writeDurably } from '../../files/durable-file.ts';
import { listContents, listingOf, listSizes, NotListable } from '../../files/file-digest.ts';

const LARGEST_RESULT = 4 * 1024 * 1024;

/** What a container that ended with 0 left behind. */
export type ResultReading = ParsedResult | { readonly kind: 'absent' };

/** `contract: full`: result.json, checked as far as it can be without reading the artifacts. */
export function readResult(artifacts: string, outputs: readonly string[]): ResultReading {
  const path = join(artifacts, 'result.json');
  if (!existsSync(path)) return { kind: 'absent' };
  try {
    const stat = lstatSync(path);
    if (!stat.isFile()) throw new Fault('is no regular file');
    if (stat.size > LARGEST_RESULT) throw new Fault(`has ${stat.size} bytes, more than ${LARGEST_RESULT}`);
    const parsed = parseStageResult(readFileSync(path, 'utf8'), outputs);
    if (parsed.kind === 'result') for (const artifact of parsed.result.artifacts) checkFiles(artifact, artifacts);
    return parsed;
  } catch (error) {
    if (error instanceof Fault || error instanceof NotListable) return { kind: 'invalid', fault: error.message };
    throw error;
  }
}

/** `contract: plain`: everything below the artifacts folder is the artifact `artifacts`. */
export function plainResult(artifacts: string): ResultReading {
  try {
    const entries = listContents(artifacts);
    const listing = formatListing(entries);
    const size = entries.reduce((sum, entry) => sum + entry.size, 0);
    // Beside the folder, as every listing: inside it would count.
    writeDurably(`${realpathSync(artifacts)}${LISTING_SUFFIX}`, listing);
    const artifact = { name: 'artifacts', path: '.', digest: digestOfListing(listing), size };
    return { kind: 'result', result: { version: 1, metrics: {}, artifacts: [artifact] } };
  } catch (error) {
    if (error instanceof NotListable) return { kind: 'invalid', fault: error.message };
    throw error;
  }
}

/** Something in result.json is not as the contract says; the message names it. */
class Fault extends Error {}

/** The artifact lies where its path says, inside the folder, and names, sizes and the listing beside it agree. */
function checkFiles({ name, path, digest, size }: ArtifactResult, root: string): void {
  const place = join(root, path);
  if (!existsSync(place)) throw new Fault(`names ${name}, but artifacts/${path} does not exist`);
  const inside = relative(realpathSync(root), realpathSync(place));
  if (inside.startsWith('..') || isAbsolute(inside)) throw new Fault(`gives ${name} a path outside artifacts/`);
  const isFolder = statSync(place).isDirectory();
  const found = isFolder ? listSizes(place) : [{ path: basename(path), size: lstatSync(place).size }];
  const total = found.reduce((sum, file) => sum + file.size, 0);
  if (total !== size) throw new Fault(`says ${name} has ${size} bytes, but it has ${total}`);
  const listing = existsSync(place + LISTING_SUFFIX)
    ? readFileSync(place + LISTING_SUFFIX, 'utf8')
    : makeListing(place, basename(path));
  const entries = parseListing(listing);
  if (entries === undefined) throw new Fault(`has ${path}${LISTING_SUFFIX} beside it, which is no listing`);
  const [difference] = compareToListing(entries, found);
  if (difference !== undefined) throw new Fault(`does not agree with ${path}${LISTING_SUFFIX}: ${difference}`);
  const listed = isFolder ? digestOfListing(listing) : `sha256:${entries[0]?.sha256}`;
  if (listed !== digest) throw new Fault(`gives ${name} another digest than its files have`);
}

/** A driver that is not ours may leave none; then it is made here, from the bytes. */
function makeListing(place: string, name: string): string {
  const listing = listingOf(place, name);
  writeDurably(place + LISTING_SUFFIX, listing);
  return listing;
}
