import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isListingPath, LISTING_SUFFIX } from '../../../domain/data/digest.ts';

/** A file that nobody has touched for a while. */
export interface SettledFile {
  /** Relative to the folder. */
  readonly path: string;
  readonly size: number;
  /** Changes when the file does. */
  readonly version: string;
}

/**
 * The files below a folder that were not written to for `settledMs`. Names that begin with a dot are those of things that
 * are being made. It is a head start and no more: what a stage says it made is compared at its end.
 */
export function settledFiles(folder: string, now: number, settledMs: number): readonly SettledFile[] {
  return walk(folder, '').filter(({ changed }) => now - changed >= settledMs);
}

function walk(folder: string, prefix: string): readonly (SettledFile & { readonly changed: number })[] {
  const entries = readdirSync(join(folder, prefix), { withFileTypes: true });
  return entries.flatMap((entry) => {
    const path = prefix + entry.name;
    if (entry.name.startsWith('.') || !isListingPath(path) || path.endsWith(LISTING_SUFFIX)) return [];
    if (entry.isDirectory()) return orNothing(() => walk(folder, `${path}/`));
    if (!entry.isFile() || path === 'result.json') return [];
    return orNothing(() => {
      const { size, mtimeMs, ctimeMs, ino } = lstatSync(join(folder, path));
      return [{ path, size, changed: Math.max(mtimeMs, ctimeMs), version: `${ino} ${size} ${mtimeMs}` }];
    });
  });
}

/** What goes away while it is looked at was not settled. */
function orNothing<T>(look: () => readonly T[]): readonly T[] {
  try {
    return look();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return [];
  }
}
