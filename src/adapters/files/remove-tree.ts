import { readdirSync, rmdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Deletes a file, a link or a folder with all below it; what is not there is no fault. Node's own `rmSync` throws without
 * an error code, so that a full or sick disk could not be told from a bug.
 */
export function removeTree(path: string): void {
  try {
    removeEntry(path);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
}

function removeEntry(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    // A folder: EISDIR on Linux, EPERM elsewhere.
    if (!hasCode(error, 'EISDIR') && !hasCode(error, 'EPERM')) throw error;
    for (const name of readdirSync(path)) removeTree(join(path, name));
    rmdirSync(path);
  }
}

function hasCode(error: unknown, code: string): boolean {
  return (error as NodeJS.ErrnoException).code === code;
}
