import { createHash } from 'node:crypto';
import { closeSync, constants, type Dirent, fstatSync, lstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { formatListing, isListingPath, type ListingEntry } from '../../domain/data/digest.ts';

const CHUNK = 1024 * 1024;
/** Some hundredths of a second. */
const CHUNKS_A_TURN = 32;

/** A folder holds what no listing can name: a link, a device, a control character. */
export class NotListable extends Error {
  override readonly name = 'NotListable';
}

/** SHA-256 and size of a regular file, following no link; `path` of the entry is `name`. */
export function digestFile(path: string, name: string): ListingEntry {
  const steps = digestSteps(path, name);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** The same where somebody waits meanwhile: others get a turn, and Ctrl-C ends it. */
export async function digestFileInTurns(path: string, name: string, signal: AbortSignal): Promise<ListingEntry> {
  const steps = digestSteps(path, name);
  try {
    for (let count = 1; ; count += 1) {
      const step = steps.next();
      if (step.done === true) return step.value;
      if (count % CHUNKS_A_TURN === 0) await setImmediate(undefined, { signal });
    }
  } finally {
    steps.return(undefined as never);
  }
}

/** A step a chunk. */
function* digestSteps(path: string, name: string): Generator<undefined, ListingEntry> {
  // O_NONBLOCK: opening a FIFO must not hang before the check refuses it.
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    if (!fstatSync(file).isFile()) throw new NotListable(`${shown(name)} is no regular file`);
    const hash = createHash('sha256');
    const buffer = Buffer.allocUnsafe(CHUNK);
    let size = 0;
    for (let got = readSync(file, buffer); got > 0; got = readSync(file, buffer)) {
      hash.update(buffer.subarray(0, got));
      size += got;
      yield undefined;
    }
    return { path: name, size, sha256: hash.digest('hex') };
  } finally {
    closeSync(file);
  }
}

/** Every file below a folder with its size, in no order. Throws `NotListable`. */
export function listSizes(folder: string): readonly { readonly path: string; readonly size: number }[] {
  return [...filesBelow(folder, '')].map((path) => ({ path, size: lstatSync(join(folder, path)).size }));
}

/** Every file below a folder with size and digest, in the order of the listing's lines only after `formatListing`. */
export function listContents(folder: string): readonly ListingEntry[] {
  return [...filesBelow(folder, '')].map((path) => digestFile(join(folder, path), path));
}

/** The listing of a folder, or of a single file under its own name. Throws `NotListable`. */
export function listingOf(path: string, name: string): string {
  if (lstatSync(path).isDirectory()) return formatListing(listContents(path));
  if (!isListingPath(name)) throw new NotListable(`${shown(name)} has a control character in its name`);
  return formatListing([digestFile(path, name)]);
}

function* filesBelow(folder: string, prefix: string): Generator<string> {
  for (const entry of readdirSync(join(folder, prefix), { withFileTypes: true, encoding: 'buffer' })) {
    const path = prefix + nameOf(entry);
    if (entry.isDirectory()) yield* filesBelow(folder, `${path}/`);
    else if (entry.isFile()) yield path;
    else throw new NotListable(`${shown(path)} is ${entry.isSymbolicLink() ? 'a link' : 'neither file nor folder'}`);
  }
}

function nameOf(entry: Dirent<Buffer>): string {
  const name = entry.name.toString('utf8');
  if (!Buffer.from(name).equals(entry.name)) throw new NotListable(`${shown(name)} has a name that is no UTF-8`);
  if (!isListingPath(name)) throw new NotListable(`${shown(name)} has a control character in its name`);
  return name;
}

function shown(path: string): string {
  return JSON.stringify(path);
}
