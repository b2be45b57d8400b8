import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Every file of the clone that is or could be committed, relative to its top. */
export function treeFiles(): readonly string[] {
  const names = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    encoding: 'utf8',
  });
  return names.split('\0').filter((name) => name !== '' && existsSync(name));
}

/** TypeScript files under `folder`, e.g. `src/domain`. */
export function sourceFiles(folder: string): readonly string[] {
  return treeFiles().filter((name) => name.startsWith(`${folder}/`) && /\.tsx?$/.test(name));
}

export function readLines(name: string): readonly string[] {
  return readFileSync(join(process.cwd(), name), 'utf8').split('\n');
}
