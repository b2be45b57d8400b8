import type { IncomingMessage } from 'node:http';
import { finished } from 'node:stream';
import { Timeout } from './network-error.ts';

export interface ChunkOptions {
  /** Milliseconds without a byte after which an answer that is waited for is given up; absent = never. */
  readonly quiet?: number | undefined;
  /** Milliseconds for more to come before a chunk is given; absent = what is there when the event loop has turned. */
  readonly gather?: number | undefined;
  /** The reader is done with a chunk when it asks for the next one: its memory may be used again. */
  readonly reuse?: boolean | undefined;
}

/** Bytes that are a chunk in any case; no more is read while nobody takes them. */
const ENOUGH = 128 * 1024;

/**
 * The bytes of an answer as fast as they are taken. What comes while the reader is busy is one chunk: a server may send each line
 * by itself, and each chunk has its price. An answer that breaks off throws once all that came of it is taken.
 */
export async function* chunksOf(body: IncomingMessage, options: ChunkOptions = {}): AsyncGenerator<Buffer> {
  const arrivals = new Arrivals(body, options);
  try {
    for (let chunk = await arrivals.next(); chunk !== undefined; chunk = await arrivals.next()) yield chunk;
  } finally {
    body.destroy();
  }
}

class Arrivals {
  readonly #body: IncomingMessage;
  readonly #options: ChunkOptions;
  #coming = new Collected();
  #given = new Collected();
  #end: { readonly fault?: Error } | undefined;
  /** Of the reader that waits. */
  #wake: (() => void) | undefined;
  #isGathering = false;

  constructor(body: IncomingMessage, options: ChunkOptions) {
    this.#body = body;
    this.#options = options;
    body.on('data', (part: Buffer) => this.#take(part));
    finished(body, { writable: false }, (fault) => {
      this.#end = fault == null ? {} : { fault };
      this.#wake?.();
    });
  }

  /** Undefined at the end. */
  async next(): Promise<Buffer | undefined> {
    if (this.#coming.size === 0 && this.#end === undefined) await this.#wait();
    if (this.#coming.size === 0) {
      if (this.#end?.fault !== undefined) throw this.#end.fault;
      return undefined;
    }
    const chunk = this.#coming.take();
    if (this.#options.reuse === true) [this.#coming, this.#given] = [this.#given, this.#coming];
    else this.#coming = new Collected();
    this.#body.resume();
    return chunk;
  }

  /** How long the reader takes is the reader's affair: silence counts only while it waits. */
  async #wait(): Promise<void> {
    const { quiet } = this.#options;
    const late =
      quiet === undefined
        ? undefined
        : setTimeout(() => this.#body.destroy(new Timeout(`no byte came for ${quiet / 1000} s`)), quiet);
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    this.#wake = undefined;
    clearTimeout(late);
  }

  #take(part: Buffer): void {
    this.#coming.add(part);
    if (this.#coming.size >= ENOUGH) {
      this.#body.pause();
      this.#wake?.();
    } else if (!this.#isGathering) this.#gather();
  }

  #gather(): void {
    this.#isGathering = true;
    const done = (): void => {
      this.#isGathering = false;
      if (this.#coming.size > 0) this.#wake?.();
    };
    const { gather } = this.#options;
    if (gather === undefined) setImmediate(done);
    else setTimeout(done, gather);
  }
}

/**
 * Bytes that came one after the other, in one piece. They are copied as they come: a small buffer of Node's that has to wait for the
 * others costs far more memory than it holds.
 */
class Collected {
  #bytes = Buffer.alloc(0);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(part: Buffer): void {
    const size = this.#size + part.length;
    if (size > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(size, this.#bytes.length * 2));
      this.#bytes.copy(larger, 0, 0, this.#size);
      this.#bytes = larger;
    }
    part.copy(this.#bytes, this.#size);
    this.#size = size;
  }

  /** What was added; good until something is added anew. */
  take(): Buffer {
    const taken = this.#bytes.subarray(0, this.#size);
    this.#size = 0;
    return taken;
  }
}
