import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { formatListing, LISTING_SUFFIX } from '../../../domain/data/digest.ts';
import { listSizes, NotListable } from '../../files/file-digest.ts';
import { TransferFault } from './fault.ts';

const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;
const CHUNK = 1024 * 1024;
/** After so many chunks a line says that work goes on: what is silent for long is cut on the way. */
const CHUNKS_A_LINE = 256;
const WORKING = '#\n';

/** What the producer wrote beside an artifact; of what has none, what its bytes say. */
export async function* listingOf(place: string): AsyncIterable<string> {
  const written = await readFile(place + LISTING_SUFFIX, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  if (written === undefined) yield* contentsOf(place);
  else yield written;
}

/** The lines of the listing of a folder or a file as its bytes are now, in their order. */
export async function* contentsOf(place: string): AsyncIterable<string> {
  if (!(await stat(place)).isDirectory()) {
    yield* lineOf(place, basename(place));
    return;
  }
  const names = sizesIn(place).map(({ path }) => ({ path, bytes: Buffer.from(path) }));
  for (const { path } of names.sort((a, b) => Buffer.compare(a.bytes, b.bytes))) yield* lineOf(join(place, path), path);
}

function sizesIn(folder: string) {
  try {
    return listSizes(folder);
  } catch (error) {
    if (error instanceof NotListable) throw new TransferFault('no-file', error.message, error);
    throw error;
  }
}

async function* lineOf(place: string, path: string): AsyncIterable<string> {
  const file = await open(place, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    if (!(await file.stat()).isFile()) throw new TransferFault('no-file', `${JSON.stringify(path)} is no file`);
    const hash = createHash('sha256');
    const buffer = Buffer.allocUnsafe(CHUNK);
    let size = 0;
    for (let chunks = 1; ; chunks += 1) {
      const { bytesRead } = await file.read(buffer, 0, CHUNK, size);
      if (bytesRead === 0) break;
      hash.update(buffer.subarray(0, bytesRead));
      size += bytesRead;
      if (chunks % CHUNKS_A_LINE === 0) yield WORKING;
    }
    yield formatListing([{ path, size, sha256: hash.digest('hex') }]);
  } finally {
    await file.close();
  }
}
