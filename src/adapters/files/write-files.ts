import { mkdir, writeFile } from 'node:fs/promises';
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
    const why = error instanceof Error ? error.message : String(error);
    throw new UserError('storage-failed', `${folder} cannot be written: ${why}`, {
      cause: error,
      hint: 'choose another folder',
    });
  }
}
