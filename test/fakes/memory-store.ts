import { type RunRecord, runRecordSchema } from '../../src/domain/run/run-record.ts';
import type { RunLock, RunStore, StoredRun } from '../../src/ports/run-store.ts';
import { Bell } from './bell.ts';

interface Entry {
  text: string;
  version: number;
  sources: string;
}

/** Where a test lets a driver die or fail: called before and after every durable write. */
export type WriteHook = (moment: 'before' | 'after', count: number) => void;

/** A RunStore in memory that keeps records as text, as a real one does; several drivers may share it. */
export class MemoryStore implements RunStore {
  readonly place = 'memory';
  readonly #runs = new Map<string, Entry>();
  readonly #locked = new Map<string, AbortController>();
  readonly #changed = new Bell();
  #writes = 0;
  hook: WriteHook = () => undefined;

  async create(record: RunRecord, sources: string): Promise<StoredRun | undefined> {
    if (this.#runs.has(record.name)) return undefined;
    return this.#write(() => {
      this.#runs.set(record.name, { text: JSON.stringify(record), version: 1, sources });
      return { record, version: '1' };
    });
  }

  async read(name: string): Promise<StoredRun | undefined> {
    const entry = this.#runs.get(name);
    return entry === undefined ? undefined : parse(entry);
  }

  /** The record at this moment, for conditions of tests. */
  now(name: string): RunRecord | undefined {
    const entry = this.#runs.get(name);
    return entry === undefined ? undefined : parse(entry).record;
  }

  async readSources(name: string): Promise<string> {
    return this.#runs.get(name)?.sources ?? '';
  }

  async update(record: RunRecord, version: string): Promise<StoredRun | undefined> {
    const entry = this.#runs.get(record.name);
    if (entry === undefined || String(entry.version) !== version) return undefined;
    return this.#write(() => {
      entry.text = JSON.stringify(record);
      entry.version += 1;
      return { record, version: String(entry.version) };
    });
  }

  async list(): Promise<readonly StoredRun[]> {
    return this.listAs((run) => run);
  }

  async listAs<T>(keep: (run: StoredRun) => T): Promise<readonly T[]> {
    return [...this.#runs.values()].reverse().map((entry) => keep(parse(entry)));
  }

  async remove(name: string): Promise<boolean> {
    const there = this.#runs.delete(name);
    this.#changed.ring();
    return there;
  }

  async *watch(name: string, signal: AbortSignal): AsyncIterable<StoredRun> {
    let seen = '';
    while (!signal.aborted) {
      // Read and waited for without a pause: a change in between would wake nobody.
      const entry = this.#runs.get(name);
      if (entry === undefined) return;
      const stored = parse(entry);
      if (stored.version !== seen) {
        seen = stored.version;
        yield stored;
        continue;
      }
      await this.#changed.heard(signal);
    }
  }

  async lock(name: string): Promise<RunLock | undefined> {
    if (this.#locked.has(name)) return undefined;
    const lost = new AbortController();
    this.#locked.set(name, lost);
    const release = async (): Promise<void> => {
      if (this.#locked.get(name) === lost) this.releaseAsDead(name);
    };
    return { lost: lost.signal, release };
  }

  async isLocked(name: string): Promise<boolean> {
    return this.#locked.has(name);
  }

  async whichLocked(names: readonly string[]): Promise<ReadonlySet<string>> {
    return new Set(names.filter((name) => this.#locked.has(name)));
  }

  async untilUndriven(name: string, signal: AbortSignal): Promise<boolean> {
    while (!signal.aborted) {
      if (!this.#locked.has(name)) return true;
      await this.#changed.heard(signal);
    }
    return false;
  }

  /** What the operating system does when the process that held the lock dies. */
  releaseAsDead(name: string): void {
    this.#locked.delete(name);
    this.#changed.ring();
  }

  /** What a cluster does to a driver that has not renewed its Lease: the right is free, and its holder is told. */
  lose(name: string): void {
    const lost = this.#locked.get(name);
    this.releaseAsDead(name);
    lost?.abort();
  }

  #write(work: () => StoredRun): StoredRun {
    this.#writes += 1;
    this.hook('before', this.#writes);
    const stored = work();
    this.#changed.ring();
    this.hook('after', this.#writes);
    return stored;
  }
}

function parse(entry: Entry): StoredRun {
  return { record: runRecordSchema.parse(JSON.parse(entry.text)), version: String(entry.version) };
}
