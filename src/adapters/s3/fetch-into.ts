import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseObjectUri } from '../../domain/data/object-uri.ts';
import { UserError } from '../../domain/errors.ts';
import type { ObjectStore } from '../../ports/object-store.ts';
import { diskDownloadFolder } from '../files/disk-download-folder.ts';
import { fetchFiles, findArtifact } from './fetch-artifact.ts';
import type { Patience } from './patience.ts';

/**
 * Takes an artifact over into a workspace, as `inputs/<digest>/content` with its listing beside it, and returns its size in
 * bytes. It has its name when it is complete; whoever is cut off is gone on with.
 */
export async function fetchIntoWorkspace(
  store: ObjectStore,
  uri: string,
  workspace: string,
  patience: Patience,
): Promise<number> {
  const place = parseObjectUri(uri);
  if (place?.digest === undefined) throw new UserError('bad-input', `${uri} names no artifact with its digest`);
  const folder = join(workspace, 'inputs', place.digest.replace('sha256:', ''));
  const making = `${folder}.fetch`;
  if ((await stat(folder).catch(() => undefined)) === undefined) {
    const found = await findArtifact(store, place, patience);
    await mkdir(dirname(folder), { recursive: true });
    await fetchFiles(store, place, found, { folder: diskDownloadFolder(making), patience });
    await mkdir(found.entries.length === 0 ? join(making, 'content') : making, { recursive: true });
    await writeFile(join(making, 'content.listing'), found.listing, { flush: true });
    await rename(making, folder).catch(async (error: NodeJS.ErrnoException) => {
      // Another run has fetched the same meanwhile.
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
      await rm(making, { recursive: true, force: true });
    });
    return found.entries.reduce((sum, entry) => sum + entry.size, 0);
  }
  return 0;
}
