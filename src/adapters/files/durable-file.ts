import { closeSync, copyFileSync, fsyncSync, linkSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { removeTree } from './remove-tree.ts';

/** Faults of a disk that is full or sick: they pass when somebody mends it, so nothing is given up because of them. */
const PASSING = new Set(['ENOSPC', 'EDQUOT', 'EIO', 'EAGAIN', 'EMFILE', 'ENFILE', 'ENOMEM', 'EROFS']);

const MOST_SYNCS = 3;

/** Whether an error of the file system is such a fault. */
export function isPassing(error: unknown): boolean {
  return PASSING.has((error as NodeJS.ErrnoException).code ?? '');
}

/** Writes a file whole or not at all; on the disk when this returns. For its owner alone, unless `mode` and `beforeName` say else. */
export function writeDurably(path: string, text: string, mode = 0o600, beforeName?: (temporary: string) => void): void {
  const temporary = `${path}.${process.pid}.tmp`;
  writeBytes(temporary, text, { mode, sync: true });
  beforeName?.(temporary);
  renameSync(temporary, path);
  syncFolder(dirname(path));
}

/** As `writeDurably`, but the first who writes wins: false when the file was there already. */
export function createDurably(path: string, text: string): boolean {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    writeSynced(temporary, text);
    linkSync(temporary, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  } finally {
    discard(temporary);
  }
  syncFolderAgain(dirname(path));
  return true;
}

/** What stays is in nobody's way, and goes with its folder. */
function discard(temporary: string): void {
  try {
    removeTree(temporary);
  } catch (error) {
    if (!isPassing(error)) throw error;
  }
}

/** Whoever created a name must learn that it did: a fault that passes may not make it look like another's. */
function syncFolderAgain(path: string): void {
  for (let tries = 1; ; tries += 1) {
    try {
      syncFolder(path);
      return;
    } catch (error) {
      if (tries === MOST_SYNCS || !isPassing(error)) throw error;
    }
  }
}

/** Forces a file's bytes to the disk. Where that fails the kernel has forgotten which were unwritten: a copy is made. */
export function syncFile(path: string): void {
  const file = openSync(path, 'r+');
  try {
    fsyncSync(file);
  } catch {
    const copy = `${path}.${process.pid}.tmp`;
    copyFileSync(path, copy);
    const again = openSync(copy, 'r+');
    try {
      fsyncSync(again);
    } finally {
      closeSync(again);
    }
    renameSync(copy, path);
  } finally {
    closeSync(file);
  }
}

/** Forces the names in a folder to the disk: a file that is on it may still have none. */
export function syncFolder(path: string): void {
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/** Undefined when the file is not there. */
export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Writes the bytes of a file, from its beginning, whatever was there. At known places: a system call that writes to no
 * file of ours looks different, so that tests can tell which to let fail.
 */
export function writeBytes(
  path: string,
  content: string | Buffer,
  { mode, sync }: { readonly mode: number; readonly sync: boolean },
): void {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  const file = openSync(path, 'w', mode);
  try {
    for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done, bytes.length - done, done);
    if (sync) fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function writeSynced(path: string, text: string): void {
  writeBytes(path, text, { mode: 0o600, sync: true });
}
