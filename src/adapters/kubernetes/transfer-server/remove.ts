import { lstat, readdir, rename, rmdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isListingPath } from '../../../domain/data/digest.ts';
import { removeTree } from '../../files/remove-tree.ts';
import { asFault, TransferFault } from './fault.ts';
import { placeInside } from './inside.ts';

/** What may be taken away: something of a run, or a folder that came from outside. Never a run's parent, never `models/`. */
const REMOVABLE = /^(?:(?:runs|work)\/[a-z0-9][-a-z0-9]*(?:\/[^/]+)*|inputs\/[0-9a-f]{64})$/;
const REMOVED = '.removed-';

export interface RemoveOptions {
  readonly root: string;
  /** Only what nobody has touched for so many seconds. */
  readonly olderThan: number;
  readonly now: Date;
}

/** Takes folders and files away; what is not there is no fault, and what was begun is finished. Throws the first fault after trying all. */
export async function removePaths(paths: readonly string[], options: RemoveOptions): Promise<void> {
  const wrong = paths.find((path) => !REMOVABLE.test(path) || !isListingPath(path));
  if (wrong !== undefined) throw new TransferFault('bad-request', `${JSON.stringify(wrong)} is not taken away`);
  const faults: TransferFault[] = [];
  for (const path of paths) {
    try {
      await removePath(path, options);
    } catch (error) {
      const fault = asFault(error);
      if (fault.code !== 'absent') faults.push(fault);
    }
  }
  const [first] = faults;
  if (first !== undefined) throw first;
}

async function removePath(path: string, { root, olderThan, now }: RemoveOptions): Promise<void> {
  const place = await placeInside(root, path);
  const bin = join(dirname(place), `${REMOVED}${basename(place)}`);
  removeTree(bin);
  const found = await lstat(place);
  if (now.getTime() - found.mtimeMs < olderThan * 1000) return;
  // Renamed first: nobody finds half of it under its name.
  await rename(place, bin);
  removeTree(bin);
  await removeEmpty(dirname(place), await placeInside(root, path.split('/', 1)[0] ?? ''));
}

/** Folders of a run that have become empty. */
async function removeEmpty(folder: string, top: string): Promise<void> {
  for (let path = folder; path.startsWith(`${top}/`); path = dirname(path)) {
    if ((await readdir(path)).length > 0) return;
    await rmdir(path);
  }
}
