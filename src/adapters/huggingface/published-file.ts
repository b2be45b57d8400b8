import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { UserError } from '../../domain/errors.ts';
import type { HubUpload } from '../../ports/model-hub.ts';

const PIECE = 256 * 1024;

/**
 * A file, or a part of it, that is read from the disk while it is sent. It is held to the size and digest that were taken
 * of it before: the last bytes of whatever is read come only when those before are known to be the right ones, so that what
 * has changed never arrives whole.
 */
export class PublishedFile extends Blob {
  override readonly size: number;
  readonly #source: Source;
  readonly #start: number;
  readonly #end: number;
  readonly #onBytes: (bytes: number) => void;

  private constructor(source: Source, [start, end]: readonly [number, number], onBytes: (bytes: number) => void) {
    super([]);
    this.size = end - start;
    this.#source = source;
    this.#start = start;
    this.#end = end;
    this.#onBytes = onBytes;
  }

  static of(upload: Extract<HubUpload, { kind: 'file' }>): PublishedFile {
    return new PublishedFile(new Source(upload), [0, upload.size], () => undefined);
  }

  /** Why it cannot be published as it is, once that is known. */
  get changed(): UserError | undefined {
    return this.#source.changed;
  }

  /** No part of it is read any more once this is there; whoever reads on is thrown an error. */
  async end(): Promise<void> {
    await this.#source.end();
  }

  /** The same bytes; each piece is told of as it is taken. */
  watched(onBytes: (bytes: number) => void): PublishedFile {
    return new PublishedFile(this.#source, [this.#start, this.#end], onBytes);
  }

  /** Throws when the file is another now. Its bytes are not read for that. */
  async check(): Promise<void> {
    await this.#source.check();
  }

  override slice(start = 0, end = this.size): PublishedFile {
    const last = Math.min(this.#start + end, this.#end);
    return new PublishedFile(this.#source, [this.#start + start, last], this.#onBytes);
  }

  override async arrayBuffer(): Promise<ArrayBuffer> {
    const bytes = new Uint8Array(this.size);
    let at = 0;
    for await (const piece of this.#source.read(this.#start, this.#end)) {
      bytes.set(piece, at);
      at += piece.length;
    }
    return bytes.buffer;
  }

  override async text(): Promise<string> {
    return new TextDecoder().decode(await this.arrayBuffer());
  }

  override stream(): ReturnType<Blob['stream']> {
    return ReadableStream.from(this.#pieces()) as ReturnType<Blob['stream']>;
  }

  async *#pieces(): AsyncGenerator<Uint8Array> {
    for await (const piece of this.#source.read(this.#start, this.#end)) {
      yield piece;
      this.#onBytes(piece.length);
    }
  }
}

class Source {
  readonly #file: string;
  readonly #size: number;
  readonly #sha256: string;
  readonly #reads = new Set<AsyncGenerator<Uint8Array>>();
  #identity: string | undefined;
  #isEnded = false;
  changed: UserError | undefined;

  constructor({ file, size, sha256 }: Extract<HubUpload, { kind: 'file' }>) {
    this.#file = file;
    this.#size = size;
    this.#sha256 = sha256;
  }

  async check(): Promise<void> {
    await using handle = await this.#open();
    await this.#checkIdentity(handle);
  }

  async end(): Promise<void> {
    this.#isEnded = true;
    await Promise.all([...this.#reads].map((read) => read.return(undefined)));
  }

  async *read(start: number, end: number): AsyncGenerator<Uint8Array> {
    if (this.#isEnded) throw this.#ended();
    const read = this.#read(start, end);
    this.#reads.add(read);
    try {
      yield* read;
    } finally {
      this.#reads.delete(read);
    }
    if (this.#isEnded) throw this.#ended();
  }

  async *#read(start: number, end: number): AsyncGenerator<Uint8Array> {
    await using handle = await this.#open();
    await this.#checkIdentity(handle);
    if (start === end) return;
    const hash = start === 0 && end === this.#size ? createHash('sha256') : undefined;
    let held: Uint8Array | undefined;
    let left = end - start;
    for await (const piece of this.#bytes(handle, start, end)) {
      hash?.update(piece);
      left -= piece.length;
      if (held !== undefined) yield held;
      held = piece;
    }
    if (left !== 0 || (hash !== undefined && hash.digest('hex') !== this.#sha256)) throw this.#refuse();
    await this.#checkIdentity(handle);
    if (held !== undefined) yield held;
  }

  async *#bytes(handle: FileHandle, start: number, end: number): AsyncGenerator<Uint8Array> {
    // Not by a stream: one that is destroyed closes the handle by itself, and nobody can wait for that.
    for (let at = start; at < end; ) {
      const buffer = Buffer.allocUnsafe(Math.min(PIECE, end - at));
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, at).catch((error: unknown) => {
        throw this.#unreadable(error);
      });
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
      at += bytesRead;
    }
  }

  async #open(): Promise<FileHandle> {
    try {
      return await open(this.#file);
    } catch (error) {
      throw this.#unreadable(error);
    }
  }

  async #checkIdentity(handle: FileHandle): Promise<void> {
    const { dev, ino, size, mtimeNs } = await handle.stat({ bigint: true });
    const identity = `${dev} ${ino} ${mtimeNs}`;
    this.#identity ??= identity;
    if (size !== BigInt(this.#size) || identity !== this.#identity) throw this.#refuse();
  }

  #ended(): Error {
    return new Error(`${this.#file} is not to be read any more`);
  }

  #unreadable(cause: unknown): UserError {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    this.changed = new UserError('bad-input', `${this.#file} is to be published and cannot be read (${code})`, {
      cause,
      hint: 'nothing was published',
    });
    return this.changed;
  }

  #refuse(): UserError {
    this.changed = new UserError('bad-input', `${this.#file} is not the file that was to be published any more`, {
      hint: 'something wrote to it since its digest was taken: publish anew what is there now, or find out what wrote',
    });
    return this.changed;
  }
}
