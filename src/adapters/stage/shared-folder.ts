import { chmodSync, chownSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** Bits of the mode that a shared folder's owner gives those of its group, or everybody. */
export type Sharing = number;

/**
 * Who else may write to a folder, as git has it of a repository that is shared: what is made in it is for the same people,
 * whatever the umask of whoever makes it says. 0 where nobody else may: the umask holds.
 */
export function sharingOf(folder: string): Sharing {
  const { mode } = statSync(folder);
  return ((mode & 0o020) === 0 ? 0 : 0o070) | ((mode & 0o002) === 0 ? 0 : 0o007);
}

/** Lets the others use what was made: a folder and a file for all (`all`), or a file that is never changed. */
export function share(path: string, sharing: Sharing, kind: 'all' | 'read' = 'all'): void {
  if (sharing === 0) return;
  const found = statSync(path);
  const bits = found.isDirectory() ? sharing : sharing & (kind === 'all' ? 0o666 : 0o444);
  const above = statSync(dirname(path));
  // A copy takes its group along.
  const isOther = (above.mode & 0o2000) !== 0 && found.gid !== above.gid;
  try {
    if (isOther) chownSync(path, found.uid, above.gid);
    if ((found.mode & bits) !== bits) chmodSync(path, (found.mode & 0o7777) | bits);
  } catch (error) {
    // It is another's, who shared it as far as they wished.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') throw error;
  }
}
