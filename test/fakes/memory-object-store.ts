import { createHash } from 'node:crypto';
import { ObjectFault } from '../../src/domain/data/object-fault.ts';
import type { ObjectFacts, ObjectStore, StoredPart, UploadPart } from '../../src/ports/object-store.ts';
import { AskedPlace } from './asked-place.ts';

interface Upload {
  readonly id: string;
  readonly key: string;
  readonly sha256: string;
  readonly parts: Map<number, Uint8Array>;
}

/** A bucket in memory. A request is e.g. `put`. */
export class MemoryObjectStore extends AskedPlace implements ObjectStore {
  readonly bucket: string = 'memory';
  readonly objects = new Map<string, { readonly bytes: Uint8Array; readonly sha256: string }>();
  #uploads: Upload[] = [];
  #count = 0;

  async look(key: string, signal: AbortSignal): Promise<ObjectFacts | undefined> {
    return this.ask('look', signal, () => {
      const found = this.objects.get(key);
      return found && { size: found.bytes.length, sha256: found.sha256 };
    });
  }

  async put(key: string, bytes: Uint8Array, sha256: string, signal: AbortSignal): Promise<void> {
    this.ask('put', signal, () => this.objects.set(key, { bytes: Buffer.from(bytes), sha256 }));
  }

  async *read(key: string, from: number, signal: AbortSignal): AsyncIterable<Uint8Array> {
    yield this.ask('read', signal, () => {
      const found = this.objects.get(key);
      if (found === undefined) throw new ObjectFault('absent', `no ${key}`, {});
      return found.bytes.subarray(from);
    });
  }

  async uploads(key: string, signal: AbortSignal): Promise<readonly string[]> {
    return this.ask('uploads', signal, () =>
      this.#uploads
        .filter((upload) => upload.key === key)
        .map(({ id }) => id)
        .reverse(),
    );
  }

  async begin(key: string, sha256: string, signal: AbortSignal): Promise<string> {
    return this.ask('begin', signal, () => {
      this.#count += 1;
      const id = `upload-${this.#count}`;
      this.#uploads.push({ id, key, sha256, parts: new Map() });
      return id;
    });
  }

  async parts(_: string, upload: string, signal: AbortSignal): Promise<readonly StoredPart[]> {
    return this.ask('parts', signal, () =>
      [...this.#upload(upload).parts].map(([number, bytes]) => ({ number, size: bytes.length, etag: etagOf(bytes) })),
    );
  }

  async putPart({ upload, number, bytes }: UploadPart, signal: AbortSignal): Promise<string> {
    return this.ask(`part ${number}`, signal, () => {
      this.#upload(upload).parts.set(number, Buffer.from(bytes));
      return etagOf(bytes);
    });
  }

  async complete(key: string, upload: string, parts: readonly StoredPart[], signal: AbortSignal): Promise<void> {
    this.ask('complete', signal, () => {
      const found = this.#upload(upload);
      const bytes = Buffer.concat(parts.map(({ number }) => found.parts.get(number) ?? Buffer.alloc(0)));
      this.objects.set(key, { bytes, sha256: found.sha256 });
      this.#uploads = this.#uploads.filter((one) => one !== found);
    });
  }

  async abort(_: string, upload: string, signal: AbortSignal): Promise<void> {
    this.ask('abort', signal, () => {
      this.#uploads = this.#uploads.filter(({ id }) => id !== upload);
    });
  }

  close(): void {
    // Nothing is open.
  }

  #upload(id: string): Upload {
    const found = this.#uploads.find((upload) => upload.id === id);
    if (found === undefined) throw new ObjectFault('absent', `no upload ${id}`, {});
    return found;
  }
}

function etagOf(bytes: Uint8Array): string {
  return `"${createHash('md5').update(bytes).digest('hex')}"`;
}
