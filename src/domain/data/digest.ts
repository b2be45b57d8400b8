import { createHash } from 'node:crypto';
import type { PullHead } from './source-facts.ts';

/** SHA-256 of bytes, or of a text's UTF-8 bytes, in hex. */
export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

/** What a producer appends to the path of an artifact to name the listing beside it. */
export const LISTING_SUFFIX = '.listing';

/** One file of a listing. */
export interface ListingEntry {
  /** Hex, lower case. */
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
  /** Relative to the folder, parts joined by `/`. */
  readonly path: string;
}

const LINE = /^([0-9a-f]{64}) {2}(0|[1-9][0-9]*) {2}(.+)$/s;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const CONTROL = /[\u0000-\u001f\u007f]/;

/** True for a path that a listing can hold: no control character, no empty, `.` or `..` part. */
export function isListingPath(path: string): boolean {
  return !CONTROL.test(path) && path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}

/** The listing of a folder: one line a file, sorted by the UTF-8 bytes of the path. Paths must be `isListingPath`. */
export function formatListing(entries: readonly ListingEntry[]): string {
  return entries
    .map((entry) => ({ entry, bytes: Buffer.from(entry.path) }))
    .sort((a, b) => Buffer.compare(a.bytes, b.bytes))
    .map(({ entry }) => `${entry.sha256}  ${entry.size}  ${entry.path}\n`)
    .join('');
}

/** The entries of a listing; undefined for anything `formatListing` would not write. */
export function parseListing(text: string): readonly ListingEntry[] | undefined {
  if (text === '') return [];
  if (!text.endsWith('\n')) return undefined;
  const entries: ListingEntry[] = [];
  for (const line of text.slice(0, -1).split('\n')) {
    const [, sha256, size, path] = LINE.exec(line) ?? [];
    if (sha256 === undefined || path === undefined || !isListingPath(path)) return undefined;
    const before = entries.at(-1);
    if (before !== undefined && Buffer.compare(Buffer.from(before.path), Buffer.from(path)) >= 0) return undefined;
    entries.push({ sha256, size: Number(size), path });
  }
  return entries;
}

/** `sha256:<hex>` of a folder with this listing. */
export function digestOfListing(listing: string): string {
  return `sha256:${sha256(listing)}`;
}

/** What decides, beside its files, what is made from a folder from outside. */
export interface DecidingFacts {
  readonly changed?: readonly string[];
  readonly merged?: { readonly onto: string; readonly pulls: readonly PullHead[] };
}

/**
 * `sha256:<hex>` of a folder that a stage reads from outside: its listing; where a base was named the files that differ
 * from it, because they decide what is made from the same files; and where pull requests were merged their commits.
 */
export function digestOfSource(listing: string, { changed, merged }: DecidingFacts): string {
  const hash = createHash('sha256').update(listing);
  if (changed !== undefined) hash.update(`changed\n${changed.join('\n')}\n`);
  if (merged !== undefined) {
    const pulls = merged.pulls.map(({ number, commit }) => `${number} ${commit}\n`);
    hash.update(`merged\n${merged.onto}\n${pulls.join('')}`);
  }
  return `sha256:${hash.digest('hex')}`;
}

/**
 * What tells found files from a listing, one phrase a file, empty when nothing does. Sizes always count, contents where
 * a found entry has its digest.
 */
export function compareToListing(
  listing: readonly ListingEntry[],
  found: readonly { readonly path: string; readonly size: number; readonly sha256?: string }[],
): readonly string[] {
  const wanted = new Map(listing.map((entry) => [entry.path, entry]));
  const names = new Set(found.map((file) => file.path));
  const differences: string[] = [];
  for (const { path, size, sha256 } of found) {
    const entry = wanted.get(path);
    if (entry === undefined) differences.push(`${path} was added`);
    else if (entry.size !== size) differences.push(`${path} has ${size} bytes, not ${entry.size}`);
    else if (sha256 !== undefined && sha256 !== entry.sha256) differences.push(`${path} has other contents`);
  }
  for (const { path } of listing) if (!names.has(path)) differences.push(`${path} is missing`);
  return differences;
}
