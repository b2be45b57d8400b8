import { type FSWatcher, watch } from 'node:fs';

/** How often folders are looked at where the system cannot tell of changes, and where it might have missed one. */
const BLIND_MS = 100;
const WATCHING_MS = 1000;

/** Tells when something in some folders may have changed: soon after it did, and from time to time for nothing. */
export class FolderChanges {
  readonly #watchers = new Map<string, FSWatcher>();
  readonly #waiting = new Set<() => void>();
  readonly #listeners = new Set<() => void>();
  readonly #timer: NodeJS.Timeout;
  #blind = false;
  #ticks = 0;
  #told = 0;
  #heard = 0;

  constructor(folders: readonly string[]) {
    for (const folder of folders) this.add(folder);
    this.#timer = setInterval(() => this.#tick(), BLIND_MS);
  }

  /** Folders that are not there yet are looked at from time to time only, until they are added again. */
  add(folder: string): void {
    if (this.#watchers.has(folder)) return;
    try {
      const watcher = watch(folder, () => this.#tell());
      watcher.on('error', () => {
        watcher.close();
        this.#watchers.delete(folder);
        this.#blind = true;
      });
      this.#watchers.set(folder, watcher);
    } catch {
      this.#blind = true; // too many watches, or a file system without
    }
  }

  /** Resolves at the next change, or after `ms`, or when `signal` fires. */
  changed(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.#waiting.add(done);
      signal?.addEventListener('abort', done);
      if (signal?.aborted === true) done();
    });
  }

  /** As `changed`, and at once when something has changed since it was asked last: for who reads between two changes. */
  async news(ms: number, signal?: AbortSignal): Promise<void> {
    if (this.#told === this.#heard) await this.changed(ms, signal);
    this.#heard = this.#told;
  }

  /** Calls `listener` at each change until the returned function is called. */
  on(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    clearInterval(this.#timer);
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
    this.#tell();
  }

  #tick(): void {
    this.#ticks += 1;
    if (this.#blind || this.#ticks % (WATCHING_MS / BLIND_MS) === 0) this.#tell();
  }

  #tell(): void {
    this.#told += 1;
    for (const done of [...this.#waiting]) done();
    for (const listener of this.#listeners) listener();
  }
}
