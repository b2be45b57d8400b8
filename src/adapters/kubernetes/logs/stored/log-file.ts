import { closeSync, existsSync, openSync, writeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { isPassing, syncFile, writeDurably } from '../../../files/durable-file.ts';
import { storing } from '../../../files/storing.ts';
import { StoredBytes } from './stored-bytes.ts';

const FIRST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 5000;

/** How a log has ended, as it is kept beside it. */
export type LogEnd = 'complete' | 'cut';

/** The file of a log. A disk that takes no more delays what is written, and loses nothing. */
export class LogFile {
  readonly path: string;
  /** What is to be written next. */
  readonly pending = new StoredBytes();
  readonly #file: number;
  readonly #signal: AbortSignal;
  #size: number;

  /** Of `file` only the first `size` bytes count. `signal` ends the waiting for a disk. */
  constructor(path: string, { file, size, signal }: { file: number; size: number; signal: AbortSignal }) {
    this.path = path;
    this.#file = file;
    this.#size = size;
    this.#signal = signal;
  }

  /** Whether a log is over: nobody has to open it any more. */
  static hasEnded(path: string): boolean {
    return existsSync(endPath(path));
  }

  static open(path: string): number {
    return openSync(path, existsSync(path) ? 'r+' : 'w+', 0o600);
  }

  /** Bytes that are written. */
  get size(): number {
    return this.#size;
  }

  get isEmpty(): boolean {
    return this.#size === 0 && this.pending.isEmpty;
  }

  async flush(): Promise<void> {
    if (this.pending.isEmpty) return;
    const bytes = this.pending.take();
    for (let done = 0; done < bytes.length; ) {
      const from = done;
      done += await this.#patiently(() => writeSync(this.#file, bytes, from, bytes.length - from, this.#size + from));
    }
    this.#size += bytes.length;
  }

  /** Nothing will come any more: what was written is on the disk, and says so. */
  async end(how: LogEnd): Promise<void> {
    await this.#patiently(() => syncFile(this.path));
    await this.#patiently(() => writeDurably(endPath(this.path), `${how}\n`));
  }

  close(): void {
    closeSync(this.#file);
  }

  #patiently<T>(work: () => T): Promise<T> {
    return storing(async () => {
      for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
        try {
          return work();
        } catch (error) {
          if (!isPassing(error)) throw error;
        }
        await delay(wait, undefined, { signal: this.#signal });
      }
    });
  }
}

function endPath(path: string): string {
  return path.replace(/\.log$/, '.end');
}
