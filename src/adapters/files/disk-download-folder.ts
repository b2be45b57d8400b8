import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isListingPath } from '../../domain/data/digest.ts';
import { UserError } from '../../domain/errors.ts';
import type { DownloadFolder, WantedFile } from '../../ports/download-folder.ts';
import { digestFile } from './file-digest.ts';
import { makeFolder } from './make-folder.ts';

const CHUNK = 1024 * 1024;
const { O_CREAT, O_NOFOLLOW, O_RDWR } = constants;

/** Files are taken over into `folder`, which is made when the first one comes. */
export function diskDownloadFolder(folder: string): DownloadFolder {
  return {
    place: folder,
    look: (file) => storing(folder, () => look(folder, file)),
    receive: (file, bytes) => receive(folder, file, bytes),
  };
}

async function look(folder: string, file: WantedFile): Promise<'absent' | 'there' | 'other'> {
  const path = inside(folder, file.path);
  const found = await lstat(path).catch(unlessAbsent);
  if (found === undefined) return 'absent';
  // A link, even to the same bytes, is somebody's own.
  if (!found.isFile() || found.size !== file.size) return 'other';
  return digestFile(path, file.path).sha256 === file.sha256 ? 'there' : 'other';
}

async function receive(
  folder: string,
  wanted: WantedFile,
  bytes: (from: number) => AsyncIterable<Uint8Array>,
): Promise<'done' | 'wrong'> {
  const path = inside(folder, wanted.path);
  // Named by what it becomes: the part of another version is never gone on with.
  const part = join(dirname(path), `.${wanted.sha256.slice(0, 16)}.part`);
  const file = await storing(folder, async () => {
    await makeFolders(folder, wanted.path);
    return open(part, O_RDWR | O_CREAT | O_NOFOLLOW, 0o666);
  });
  try {
    const isRight = await fill(folder, file, wanted, bytes);
    await storing(folder, async () => {
      if (isRight) await file.sync();
      await file.close();
      if (isRight) await rename(part, path);
      else await rm(part);
    });
    return isRight ? 'done' : 'wrong';
  } finally {
    await file.close().catch(() => undefined);
  }
}

/** True when the file has become what is wanted. */
async function fill(
  folder: string,
  file: FileHandle,
  { size, sha256 }: WantedFile,
  bytes: (from: number) => AsyncIterable<Uint8Array>,
): Promise<boolean> {
  const hash = createHash('sha256');
  let at = await storing(folder, () => hashSoFar(file, hash));
  if (at > size) return false;
  if (at < size) {
    for await (const chunk of bytes(at)) {
      if (at + chunk.length > size) return false;
      await storing(folder, () => writeAll(file, chunk, at));
      hash.update(chunk);
      at += chunk.length;
    }
  }
  return at === size && hash.digest('hex') === sha256;
}

async function hashSoFar(file: FileHandle, hash: ReturnType<typeof createHash>): Promise<number> {
  const buffer = Buffer.allocUnsafe(CHUNK);
  let size = 0;
  for (;;) {
    const { bytesRead } = await file.read(buffer, 0, CHUNK, size);
    if (bytesRead === 0) return size;
    hash.update(buffer.subarray(0, bytesRead));
    size += bytesRead;
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array, at: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    done += (await file.write(bytes, done, bytes.length - done, at + done)).bytesWritten;
  }
}

function inside(folder: string, path: string): string {
  if (!isListingPath(path) || basename(path) === '') throw new Error(`${JSON.stringify(path)} leaves ${folder}`);
  return join(folder, path);
}

/** Makes the folders on the way one by one: one that is a link leads elsewhere. */
async function makeFolders(folder: string, path: string): Promise<void> {
  makeFolder(folder, 0o777);
  let place = folder;
  for (const name of path.split('/').slice(0, -1)) {
    place = join(place, name);
    const found = await lstat(place).catch(unlessAbsent);
    if (found === undefined) await mkdir(place);
    else if (!found.isDirectory())
      throw new UserError('storage-failed', `${place} is in the way: it is no folder`, {
        hint: 'move it away, or choose another folder',
      });
  }
}

function unlessAbsent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}

/** A fault of the disk, told as one. */
async function storing<T>(folder: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || error instanceof UserError) throw error;
    throw new UserError('storage-failed', `${folder} cannot be written: ${error.message}`, {
      cause: error,
      hint: 'free space or choose another folder, then repeat the command: it goes on where it was',
    });
  }
}
