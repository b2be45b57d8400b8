import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../../domain/errors.ts';
import type { PackHead } from './pack.ts';

const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;

/** A folder of this machine as a pack, any part of which can be read. */
export interface FolderPack {
  /** The input's name, for messages. */
  readonly input: string;
  readonly folder: string;
  readonly head: PackHead;
  readonly headBytes: Uint8Array;
}

/** The `length` bytes of the pack from `offset` on, fewer at its end. Throws `bad-input` when a file became shorter. */
export async function readPack(pack: FolderPack, offset: number, length: number): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let missing = Math.min(length, pack.head.total - offset);
  let position = offset;
  if (position < pack.headBytes.length) {
    const part = pack.headBytes.subarray(position, position + missing);
    parts.push(part);
    position += part.length;
    missing -= part.length;
  }
  let begin = pack.headBytes.length;
  for (const { path, size } of pack.head.files) {
    if (missing === 0) break;
    if (position < begin + size) {
      const part = await readPart(pack, path, {
        from: position - begin,
        length: Math.min(missing, begin + size - position),
      });
      parts.push(part);
      position += part.length;
      missing -= part.length;
    }
    begin += size;
  }
  return Buffer.concat(parts);
}

async function readPart(
  { folder, input }: FolderPack,
  path: string,
  { from, length }: { readonly from: number; readonly length: number },
): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  try {
    const file = await open(join(folder, path), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    try {
      for (let done = 0; done < length; ) {
        const { bytesRead } = await file.read(bytes, done, length - done, from + done);
        if (bytesRead === 0) throw changed(input, folder);
        done += bytesRead;
      }
      return bytes;
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw changed(input, folder, error);
  }
}

/** What happens to who edits while a folder is sent. */
export function changed(input: string, folder: string, cause?: unknown): UserError {
  return new UserError('bad-input', `${input}: ${folder} changes while it is read`, {
    hint: 'repeat the command when nobody writes there',
    ...(cause === undefined ? {} : { cause }),
  });
}
