import { constants, type Dirent } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../domain/errors.ts';
import type { SourceFile } from '../../domain/pipeline/source-file.ts';
import type { SourceFiles } from '../../ports/source-files.ts';

const MAX_BYTES = 1024 * 1024;
/** Deeper than any pipeline; a link that leads back up ends here. */
const MAX_DEPTH = 8;

/** The files of this machine. */
export function diskSourceFiles(): SourceFiles {
  return { read, readFolder: (folder, shown) => readFolder(folder, shown, 0), folders };
}

async function read(path: string, shown: string): Promise<SourceFile | undefined> {
  try {
    // Without it the opening of a pipe would wait for somebody to write.
    const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const { size, ...stat } = await handle.stat();
      if ((stat.mode & constants.S_IFMT) !== constants.S_IFREG) throw refused(shown, 'it is no file');
      if (size > MAX_BYTES) throw refused(shown, `it has ${size} bytes, more than ${MAX_BYTES}`);
      return { path: shown, text: decode(await handle.readFile(), shown) };
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error instanceof UserError ? error : refused(shown, reason(error), error);
  }
}

async function readFolder(folder: string, shown: string, depth: number): Promise<readonly SourceFile[]> {
  const files: SourceFile[] = [];
  for (const entry of await entries(folder, shown)) {
    const [path, name] = [join(folder, entry.name), `${shown}/${entry.name}`];
    if (/\.ya?ml$/.test(entry.name) && !entry.isDirectory()) {
      const file = await read(path, name);
      if (file !== undefined) files.push(file);
    } else if (entry.isDirectory() && depth < MAX_DEPTH) {
      files.push(...(await readFolder(path, name, depth + 1)));
    }
  }
  return files;
}

async function folders(folder: string): Promise<readonly string[]> {
  return (await entries(folder, folder)).filter((entry) => entry.isDirectory()).map((entry) => entry.name);
}

async function entries(folder: string, shown: string): Promise<readonly Dirent[]> {
  try {
    const all = await readdir(folder, { withFileTypes: true });
    return all.filter((entry) => !entry.name.startsWith('.')).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    if (isAbsent(error)) return [];
    throw refused(shown, reason(error), error);
  }
}

function decode(bytes: Uint8Array, shown: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw refused(shown, 'it is no UTF-8', error);
  }
}

function isAbsent(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

function reason(error: unknown): string {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'EACCES':
    case 'EPERM':
      return 'permission is denied';
    case 'ELOOP':
      return 'its links lead in a circle';
    default:
      return error instanceof Error ? error.message : String(error);
  }
}

function refused(shown: string, why: string, cause?: unknown): UserError {
  return new UserError('bad-config', `${shown} cannot be read: ${why}`, {
    cause,
    hint: 'make it a readable text file, or name another one',
  });
}
