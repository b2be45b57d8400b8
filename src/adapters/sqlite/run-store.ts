import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { gunzipSync, gzipSync } from 'node:zlib';
import { sha256 } from '../../domain/data/digest.ts';
import { UserError } from '../../domain/errors.ts';
import { parseRunRecord } from '../../domain/run/parse-run-record.ts';
import type { RunRecord } from '../../domain/run/run-record.ts';
import type { RunLock, RunStore, StoredRun, UnreadableRun } from '../../ports/run-store.ts';
import { guarded, openJournal, openJournalToRead } from './database.ts';
import { isLocked, takeLock } from './run-lock.ts';

/** How often a watcher asks whether another process has written; the question costs microseconds. */
const POLL_MS = 60;

/** How often a follower asks whether the driver still lives: nothing is written when it dies. */
const LIVENESS_POLL_MS = 250;

/** Runs in one SQLite file of the state folder. Opened at the first use; whoever only looks makes nothing there. */
export class SqliteRunStore implements RunStore {
  readonly place: string;
  readonly #stateDir: string;
  readonly #path: string;
  #database: DatabaseSync | undefined;

  constructor(stateDir: string) {
    this.place = stateDir;
    this.#stateDir = stateDir;
    this.#path = join(stateDir, 'journal.db');
  }

  async create(record: RunRecord, sources: string): Promise<StoredRun | undefined> {
    const digest = sha256(sources);
    return this.#transaction((database) => {
      const taken = database.prepare('SELECT 1 FROM runs WHERE name = ?').get(record.name);
      if (taken !== undefined) return undefined;
      database.prepare('INSERT OR IGNORE INTO sources VALUES (?, ?)').run(digest, gzipSync(sources));
      database
        .prepare('INSERT INTO runs VALUES (?, ?, ?, 1, ?, ?)')
        .run(record.name, record.id, record.createdAt, JSON.stringify(record), digest);
      return { record, version: '1' };
    });
  }

  async read(name: string): Promise<StoredRun | undefined> {
    return this.#look(undefined, (database) => {
      const row = database.prepare('SELECT name, version, record FROM runs WHERE name = ?').get(name);
      return row === undefined ? undefined : this.#parse(row);
    });
  }

  async readSources(name: string): Promise<string> {
    const row = this.#look(undefined, (database) =>
      database
        .prepare('SELECT digest, body FROM runs JOIN sources ON runs.sources = sources.digest WHERE name = ?')
        .get(name),
    );
    const body = row?.['body'];
    const text = body instanceof Uint8Array ? gunzipSync(body).toString('utf8') : '';
    if (row === undefined || sha256(text) !== row['digest']) {
      throw new UserError('state-broken', `the stored sources of run ${name} are missing or changed in ${this.#path}`);
    }
    return text;
  }

  async update(record: RunRecord, version: string): Promise<StoredRun | undefined> {
    return this.#guarded((database) => {
      const written = database
        .prepare('UPDATE runs SET record = ?, version = version + 1 WHERE name = ? AND version = ?')
        .run(JSON.stringify(record), record.name, Number(version));
      return written.changes === 0 ? undefined : { record, version: String(Number(version) + 1) };
    });
  }

  list(onUnreadable?: (run: UnreadableRun) => void): Promise<readonly StoredRun[]> {
    return this.listAs((run) => run, onUnreadable);
  }

  async listAs<T>(
    keep: (run: StoredRun) => T,
    onUnreadable: (run: UnreadableRun) => void = () => undefined,
  ): Promise<readonly T[]> {
    return this.#look<readonly T[]>([], (database) => {
      const rows = database.prepare('SELECT name, version, record FROM runs ORDER BY created_at DESC, rowid DESC');
      const kept: T[] = [];
      for (const row of rows.iterate()) {
        try {
          kept.push(keep(this.#parse(row)));
        } catch (error) {
          if (!(error instanceof UserError)) throw error;
          onUnreadable({ name: String(row['name']), fault: error });
        }
      }
      return kept;
    });
  }

  async remove(name: string): Promise<boolean> {
    const { changes } = this.#transaction((database) => {
      const removed = database.prepare('DELETE FROM runs WHERE name = ?').run(name);
      database.exec('DELETE FROM sources WHERE digest NOT IN (SELECT sources FROM runs)');
      return removed;
    });
    rmSync(join(this.#stateDir, 'locks', `${name}.lock`), { force: true });
    return changes !== 0;
  }

  async *watch(name: string, signal: AbortSignal): AsyncIterable<StoredRun> {
    let seen: string | undefined;
    while (!signal.aborted) {
      const version = this.#version(name);
      if (version === undefined) return;
      if (version !== seen) {
        const stored = await this.read(name);
        if (stored === undefined) return;
        seen = stored.version;
        yield stored;
      }
      await delay(POLL_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  async lock(name: string): Promise<RunLock | undefined> {
    this.#open();
    return takeLock(this.#stateDir, name);
  }

  async isLocked(name: string): Promise<boolean> {
    return isLocked(this.#stateDir, name);
  }

  async whichLocked(names: readonly string[]): Promise<ReadonlySet<string>> {
    return new Set(names.filter((name) => isLocked(this.#stateDir, name)));
  }

  async untilUndriven(name: string, signal: AbortSignal): Promise<boolean> {
    while (!signal.aborted) {
      if (!(await this.isLocked(name))) return true;
      await delay(LIVENESS_POLL_MS, undefined, { signal }).catch(() => undefined);
    }
    return false;
  }

  /** Closes the file; the store opens it again when it is used again. */
  close(): void {
    this.#database?.close();
    this.#database = undefined;
  }

  #version(name: string): string | undefined {
    return this.#look(undefined, (database) => {
      const row = database.prepare('SELECT version FROM runs WHERE name = ?').get(name);
      return row === undefined ? undefined : String(row['version']);
    });
  }

  #open(): DatabaseSync {
    this.#database ??= openJournal(this.#stateDir);
    return this.#database;
  }

  #guarded<T>(work: (database: DatabaseSync) => T): T {
    return guarded(this.#path, () => work(this.#open()));
  }

  /** `absent`: what there is to see when there is no journal. */
  #look<T>(absent: T, work: (database: DatabaseSync) => T): T {
    if (this.#database !== undefined) return this.#guarded(work);
    const opened = openJournalToRead(this.#stateDir);
    if (opened === undefined) return absent;
    if (opened.isWritable) {
      this.#database = opened.database;
      return this.#guarded(work);
    }
    try {
      return guarded(this.#path, () => work(opened.database));
    } finally {
      opened.database.close(); // it shows how the file stood when it was opened
    }
  }

  #transaction<T>(work: (database: DatabaseSync) => T): T {
    return this.#guarded((database) => {
      database.exec('BEGIN IMMEDIATE');
      try {
        const result = work(database);
        database.exec('COMMIT');
        return result;
      } catch (error) {
        // A full disk can end the transaction by itself; what counts is the first error.
        if (database.isTransaction) database.exec('ROLLBACK');
        throw error;
      }
    });
  }

  #parse(row: Record<string, unknown>): StoredRun {
    const where = { name: String(row['name']), place: this.#path };
    return { record: parseRunRecord(String(row['record']), where), version: String(row['version']) };
  }
}
