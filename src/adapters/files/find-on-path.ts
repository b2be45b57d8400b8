import { accessSync, constants, statSync } from 'node:fs';
import { join } from 'node:path';

/** The first file of that name on the PATH that can be executed. */
export function findOnPath(name: string, path: string): string | undefined {
  for (const folder of path.split(':')) {
    const candidate = join(folder === '' ? '.' : folder, name);
    if (isProgram(candidate)) return candidate;
  }
  return undefined;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
