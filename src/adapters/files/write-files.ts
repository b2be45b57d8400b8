import { existsSync, statSync } from 'node:fs';
import { realpath, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../domain/errors.ts';
import type { SourceFile } from '../../domain/pipeline/source-file.ts';
import { shellWord } from '../../domain/typed-place.ts';
import { makeFolder } from './make-folder.ts';

/** Writes text files into a folder, which is made unless it must be there; returns their paths. Throws `storage-failed`, `bad-usage`. */
export async function writeFiles(
  folder: string,
  files: readonly SourceFile[],
  options: { readonly mustBeThere: boolean } = { mustBeThere: false },
): Promise<readonly string[]> {
  if (options.mustBeThere && !existsSync(folder)) {
    const hint = `make it, or name another: \`mkdir -p ${shellWord(folder)}\``;
    throw new UserError('bad-usage', `there is no folder ${folder}`, { hint });
  }
  try {
    makeFolder(folder, 0o777);
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

/** Writes one file that only its owner may read; a file that was there is replaced as a whole or not at all. Throws `storage-failed`. */
export async function writePrivateFile(asked: string, text: string): Promise<void> {
  // A link stays one, /dev/stdout above all.
  const path = await realpath(asked).catch(() => asked);
  const beside = `${path}.${process.pid}.part`;
  try {
    // A device or a pipe is written into: put in its place, the file would take it away from everybody.
    if (statSync(path, { throwIfNoEntry: false })?.isFile() === false) return await writeFile(path, text);
    await writeFile(beside, text, { mode: 0o600, flag: 'wx' });
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw notWritten(asked, error, 'choose another file with `--file`');
  }
}

function notWritten(place: string, error: unknown, hint: string): UserError {
  const why = error instanceof Error ? error.message : String(error);
  return new UserError('storage-failed', `${place} cannot be written: ${why}`, { cause: error, hint });
}
