import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { UserError } from '../../domain/errors.ts';
import { IMAGE_ENGINES, type ImageRecord } from '../../domain/image/image-record.ts';
import type { ImageRecords } from '../../ports/image-builder.ts';
import { writeDurably } from '../files/durable-file.ts';
import { makeFolder } from '../files/make-folder.ts';

const delivery = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('push'), reference: z.string(), at: z.string() }),
  z.object({ kind: z.literal('load'), to: z.string(), at: z.string() }),
]);

const record = z.object({
  version: z.literal(1),
  image: z.string(),
  reference: z.string(),
  identity: z.string(),
  built: z
    .object({
      engine: z.enum(IMAGE_ENGINES),
      id: z.string(),
      bytes: z.number(),
      at: z.string(),
      base: z.string().exactOptional(),
      args: z.record(z.string(), z.string()).exactOptional(),
    })
    .exactOptional(),
  deliveries: z.array(delivery),
});

/** One file an image below `<state>/images`, so that two builds of different images cannot lose each other's. */
export function createImageRecords(stateDir: string): ImageRecords {
  const folder = join(stateDir, 'images');
  const place = (reference: string): string => join(folder, `${reference.replace(/[^a-z0-9.-]+/g, '_')}.json`);
  return {
    read(reference) {
      const path = place(reference);
      if (!existsSync(path)) return undefined;
      return parse(readFileSync(path, 'utf8'), path);
    },
    write(entry) {
      makeImagesFolder(folder);
      writeDurably(place(entry.reference), `${JSON.stringify({ version: 1, ...entry }, null, 2)}\n`);
    },
  };
}

function makeImagesFolder(folder: string): void {
  try {
    makeFolder(folder, 0o700);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UserError('storage-failed', `${folder} cannot be made: ${why}`, { cause: error });
  }
}

function parse(text: string, path: string): ImageRecord {
  try {
    const { version: _, ...entry } = record.parse(JSON.parse(text));
    return entry;
  } catch (error) {
    throw new UserError('state-broken', `${path} cannot be read`, {
      cause: error,
      hint: 'delete it: the image is then taken for one that was not built here',
    });
  }
}
