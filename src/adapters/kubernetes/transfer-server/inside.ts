import { realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isListingPath } from '../../../domain/data/digest.ts';
import { TransferFault } from './fault.ts';

/**
 * The place of a path in the workspace. Throws when the path or a link on the way leads elsewhere; the last part is not
 * followed and must be judged by who opens it.
 */
export async function placeInside(root: string, path: string): Promise<string> {
  if (!isListingPath(path))
    throw new TransferFault('bad-request', `${JSON.stringify(path)} is no path in the workspace`);
  const [top, parent] = await Promise.all([realpath(root), realpath(dirname(join(root, path)))]);
  if (parent !== dirname(join(top, path)))
    throw new TransferFault('no-file', `${JSON.stringify(path)} lies behind a link`);
  return join(top, path);
}
