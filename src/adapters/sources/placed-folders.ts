import { readdir, readFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { LISTING_SUFFIX, parseListing } from '../../domain/data/digest.ts';
import type { PlacedFolder } from '../../ports/source-store.ts';
import { removeTree } from '../files/remove-tree.ts';

const NAME = /^[0-9a-f]{64}$/;
const FREED = '.freed-';

/** The folders of the workspace that came from outside. */
export async function listPlaced(workspace: string): Promise<readonly PlacedFolder[]> {
  const names = (await inputsOf(workspace)).filter((name) => NAME.test(name));
  return Promise.all(
    names.map(async (name) => {
      const folder = join(workspace, 'inputs', name);
      const listing = await readFile(join(folder, `content${LISTING_SUFFIX}`), 'utf8').catch(() => '');
      const size = (parseListing(listing) ?? []).reduce((sum, file) => sum + file.size, 0);
      return { digest: `sha256:${name}`, size, placedAt: (await stat(folder)).mtime.toISOString() };
    }),
  );
}

/** Renamed first, so that a run which begins now makes its own copy; then whoever began before is asked for. */
export async function freePlaced(
  workspace: string,
  folders: readonly PlacedFolder[],
  isNamed: (digests: readonly string[]) => Promise<ReadonlySet<string>>,
): Promise<readonly PlacedFolder[]> {
  const place = (digest: string, prefix = ''): string =>
    join(workspace, 'inputs', prefix + digest.replace('sha256:', ''));
  const freed: PlacedFolder[] = [];
  for (const folder of folders) {
    const isThere = await rename(place(folder.digest), place(folder.digest, FREED)).then(() => true, unlessAbsent);
    if (isThere) freed.push(folder);
  }
  const named = await isNamed(freed.map((folder) => folder.digest));
  for (const { digest } of freed) {
    // Whoever names it has made a copy meanwhile, or takes this one.
    if (named.has(digest)) await rename(place(digest, FREED), place(digest)).catch(() => undefined);
  }
  for (const name of await inputsOf(workspace)) {
    if (name.startsWith(FREED)) removeTree(join(workspace, 'inputs', name));
  }
  return freed.filter((folder) => !named.has(folder.digest));
}

async function inputsOf(workspace: string): Promise<readonly string[]> {
  return (await readdir(join(workspace, 'inputs')).catch(unlessAbsent)) || [];
}

function unlessAbsent(error: NodeJS.ErrnoException): false {
  if (error.code !== 'ENOENT') throw error;
  return false;
}
