import { constants, createReadStream, existsSync, readFileSync, realpathSync } from 'node:fs';
import { basename, join } from 'node:path';
import { LISTING_SUFFIX } from '../../../domain/data/digest.ts';
import type { ArtifactReader } from '../../../ports/artifact-archive.ts';
import { listingOf } from '../../files/file-digest.ts';

/** The outputs of an attempt, in a folder that is mounted here. What leads out of it is not read. */
export function readerOf(folder: string): ArtifactReader {
  const root = realpathSync(folder);
  const inside = (path: string): string => {
    const place = realpathSync(join(root, path));
    if (place !== root && !place.startsWith(`${root}/`)) throw new Error(`${path} leads out of the outputs`);
    return place;
  };
  return {
    listing: async (path) => {
      const beside = join(root, path) + LISTING_SUFFIX;
      return existsSync(beside) ? readFileSync(beside, 'utf8') : listingOf(inside(path), basename(path));
    },
    read: (path, from) =>
      createReadStream(inside(path), { start: from, flags: (constants.O_RDONLY | constants.O_NOFOLLOW) as never }),
  };
}
