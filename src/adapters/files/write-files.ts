import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../domain/errors.ts';
import type { SourceFile } from '../../domain/source-file.ts';

/** Writes text files into a folder, which is made; returns their paths. Throws `storage-failed`. */
export async function writeFiles(folder: string, files: readonly SourceFile[]): Promise<readonly string[]> {
  try {
    await mkdir(folder, { recursive: true });
    return await Promise.all(
      files.map(async ({ path, text }) => {
        await writeFile(join(folder, path), text);
        return join(folder, path);
      }),
    );
  } catch (error) {
    throw notWritten(folder, error, 'choose another folder');
  }
}

/** Writes one file that only its owner may read; what was there is replaced as a whole or not at all. Throws `storage-failed`. */
export async function writePrivateFile(path: string, text: string): Promise<void> {
  const beside = `${path}.${process.pid}.part`;
  try {
    await writeFile(beside, text, { mode: 0o600, flag: 'wx' });
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw notWritten(path, error, 'choose another file with `--file`');
  }
}

function notWritten(place: string, error: unknown, hint: string): UserError {
  const why = error instanceof Error ? error.message : String(error);
  return new UserError('storage-failed', `${place} cannot be written: ${why}`, { cause: error, hint });
}
