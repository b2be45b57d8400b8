import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../domain/errors.ts';

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const CONTROL = /[\u0000-\u001f\u007f]/;

/** Every file below a folder, relative to it, `.git` left out; links and devices are refused by `checkFile`. */
export async function walk(folder: string, prefix = ''): Promise<readonly string[]> {
  const files: string[] = [];
  for (const entry of await readdir(join(folder, prefix), { withFileTypes: true })) {
    if (prefix === '' && entry.name === '.git') continue;
    const path = prefix === '' ? entry.name : `${prefix}/${entry.name}`;
    if (entry.isDirectory()) files.push(...(await walk(folder, path)));
    else files.push(path);
  }
  return files;
}

/** What is wrong with the name of a file, to follow its name; undefined when nothing is. */
export function nameFault(folder: string, file: string): string | undefined {
  if (CONTROL.test(file)) return `in ${folder} has a control character in its name`;
  return file.split('/').includes('..') ? `leaves ${folder}` : undefined;
}

/** Throws `bad-input` for what a digest cannot name: a link, a device, a control character in a name. */
export async function checkFile(input: string, folder: string, file: string): Promise<void> {
  const shown = JSON.stringify(file);
  const wrong = nameFault(folder, file);
  if (wrong !== undefined) throw new UserError('bad-input', `${input}: ${shown} ${wrong}`);
  const kind = await lstat(join(folder, file));
  if (kind.isSymbolicLink()) {
    throw new UserError('bad-input', `${input}: ${shown} in ${folder} is a link; data is taken from files only`, {
      hint: 'replace the link by the file it points to',
    });
  }
  if (!kind.isFile()) throw new UserError('bad-input', `${input}: ${shown} in ${folder} is no file`);
}
