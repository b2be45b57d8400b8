import { createHash, randomUUID } from 'node:crypto';
import {
  createWriteStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

export interface Manifest {
  readonly digest: string;
  readonly mediaType: string;
  readonly bytes: Buffer;
}

const DIGEST = /^sha256:[0-9a-f]{64}$/;

/** Images in a folder: `blobs/<digest>`, `repositories/<name>/<tag or digest>` (a pointer with the media type), `uploads/`. */
export class Store {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    for (const part of ['blobs', 'repositories', 'uploads']) mkdirSync(join(folder, part), { recursive: true });
  }

  /** The path of a blob that is there. */
  blob(digest: string): { readonly path: string; readonly size: number } | undefined {
    if (!DIGEST.test(digest)) return undefined;
    const path = this.#blobPath(digest);
    return existsSync(path) ? { path, size: statSync(path).size } : undefined;
  }

  startUpload(): string {
    const id = randomUUID();
    writeFileSync(this.#uploadPath(id), '');
    return id;
  }

  /** Adds bytes to an upload; its length afterwards, `undefined` when there is no such upload. */
  async append(id: string, body: Readable): Promise<number | undefined> {
    const path = this.#uploadPath(id);
    if (!existsSync(path)) return undefined;
    await pipeline(body, createWriteStream(path, { flags: 'a' }));
    return statSync(path).size;
  }

  /** Whether the upload had that digest and is a blob now. */
  finishUpload(id: string, digest: string): boolean {
    const path = this.#uploadPath(id);
    if (!DIGEST.test(digest) || digestOf(readFileSync(path)) !== digest) {
      rmSync(path);
      return false;
    }
    renameSync(path, this.#blobPath(digest));
    return true;
  }

  putManifest(name: string, reference: string, mediaType: string, bytes: Buffer): string | undefined {
    const digest = digestOf(bytes);
    if (DIGEST.test(reference) && reference !== digest) return undefined;
    writeFileSync(this.#blobPath(digest), bytes);
    const pointer = JSON.stringify({ digest, mediaType });
    for (const each of new Set([reference, digest])) {
      const path = this.#pointerPath(name, each);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(`${path}.new`, pointer);
      renameSync(`${path}.new`, path);
    }
    return digest;
  }

  manifest(name: string, reference: string): Manifest | undefined {
    const path = this.#pointerPath(name, reference);
    if (!existsSync(path)) return undefined;
    const { digest, mediaType } = JSON.parse(readFileSync(path, 'utf8')) as { digest: string; mediaType: string };
    return { digest, mediaType, bytes: readFileSync(this.#blobPath(digest)) };
  }

  tags(name: string): readonly string[] {
    const folder = dirname(this.#pointerPath(name, 'any'));
    return existsSync(folder) ? readdirSync(folder).filter((each) => !each.startsWith('sha256:')) : [];
  }

  #blobPath(digest: string): string {
    return join(this.#folder, 'blobs', digest);
  }

  #uploadPath(id: string): string {
    return join(this.#folder, 'uploads', id);
  }

  #pointerPath(name: string, reference: string): string {
    return join(this.#folder, 'repositories', encodeURIComponent(name), reference);
  }
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
