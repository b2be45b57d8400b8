import { Writable } from 'node:stream';

/** A reader that takes everything at once and remembers it. */
export class Reader extends Writable {
  text = '';

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

/** A reader that takes nothing until it is told to. */
export class SlowReader extends Writable {
  text = '';
  #pending: (() => void) | undefined;
  #awake = false;

  constructor() {
    super({ highWaterMark: 64 });
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk.toString();
    if (this.#awake) done();
    else this.#pending = done;
  }

  wake(): void {
    this.#awake = true;
    this.#pending?.();
  }
}

/** A reader that goes away after so many writes, as `head` does. */
export class LeavingReader extends Writable {
  text = '';
  #left: number;

  constructor(writes: number) {
    super();
    this.#left = writes;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    this.#left -= 1;
    if (this.#left < 0) {
      done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
      return;
    }
    this.text += chunk.toString();
    done();
  }
}
