import { createHash, type Hash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ListingEntry } from '../../../domain/data/digest.ts';

const CHUNK = 1024 * 1024;
const { O_CREAT, O_NOFOLLOW, O_RDWR } = constants;

/** One file of a pack as it arrives: what is there already is kept, what is complete has the digest of its line. */
export class GrowingFile {
  readonly #entry: ListingEntry;
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #hash: Hash;
  #size: number;

  private constructor(
    entry: ListingEntry,
    path: string,
    file: FileHandle,
    found: { readonly hash: Hash; readonly size: number },
  ) {
    this.#entry = entry;
    this.#path = path;
    this.#file = file;
    this.#hash = found.hash;
    this.#size = found.size;
  }

  /** `kept`: what is there of it has arrived; else it begins anew. */
  static async open(folder: string, entry: ListingEntry, kept: boolean): Promise<GrowingFile> {
    const path = join(folder, entry.path);
    await mkdir(dirname(path), { recursive: true });
    const file = await open(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0o644);
    try {
      if (!kept || (await file.stat()).size > entry.size) await file.truncate(0);
      return new GrowingFile(entry, path, file, await hashSoFar(file));
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  get size(): number {
    return this.#size;
  }

  get missing(): number {
    return this.#entry.size - this.#size;
  }

  /** Appends; at most `missing` bytes. */
  async append(bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await this.#file.write(bytes, done, bytes.length - done, this.#size + done);
      done += bytesWritten;
    }
    this.#size += bytes.length;
    this.#hash.update(bytes);
  }

  /** Makes a complete file durable. False when it is not what its line says: then it is taken away. */
  async finish(): Promise<boolean> {
    const isRight = this.#hash.digest('hex') === this.#entry.sha256;
    if (isRight) await this.#file.sync();
    await this.#file.close();
    if (!isRight) await unlink(this.#path);
    return isRight;
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

async function hashSoFar(file: FileHandle): Promise<{ readonly hash: Hash; readonly size: number }> {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(CHUNK);
  let size = 0;
  for (;;) {
    const { bytesRead } = await file.read(buffer, 0, CHUNK, size);
    if (bytesRead === 0) return { hash, size };
    hash.update(buffer.subarray(0, bytesRead));
    size += bytesRead;
  }
}
