import { constants, copyFileSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Copies files into a folder, which is made; a file system that can shares their blocks. */
export function copyFiles(from: string, to: string, files: readonly { readonly path: string }[]): void {
  mkdirSync(to, { recursive: true });
  for (const { path } of files) {
    const place = join(to, path);
    mkdirSync(dirname(place), { recursive: true });
    copyFileSync(join(from, path), place, constants.COPYFILE_FICLONE);
  }
}
