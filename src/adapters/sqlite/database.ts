import { chmodSync, existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { UserError } from '../../domain/errors.ts';
import { shellWord } from '../../domain/typed-place.ts';
import { makeFolder } from '../files/make-folder.ts';

/** The format of the tables below; a file of a newer one is refused, never changed. */
const SCHEMA_VERSION = 1;

const SCHEMA = `
  CREATE TABLE runs (
    name TEXT PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    created_at TEXT NOT NULL,
    version INTEGER NOT NULL,
    record TEXT NOT NULL,
    sources TEXT NOT NULL
  ) STRICT;
  CREATE TABLE sources (digest TEXT PRIMARY KEY, body BLOB NOT NULL) STRICT;
`;

/** Result codes of SQLite that mean "the disk refused", not "the file is broken". */
const STORAGE_CODES: Readonly<Record<number, string>> = {
  8: 'it is read-only',
  10: 'the disk reported an error',
  13: 'the disk is full',
  14: 'it cannot be opened',
};
const STORAGE_ERRNOS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota is used up',
  EROFS: 'the file system is read-only',
  EACCES: 'it may not be written',
  EIO: 'the disk reported an error',
};
const BROKEN_CODES: ReadonlySet<number> = new Set([11, 26]);

/** Makes the state folder if it is absent (0700). */
function makeStateDir(stateDir: string): void {
  try {
    makeFolder(stateDir, 0o700);
  } catch (error) {
    throw new UserError('storage-failed', `the state folder ${stateDir} cannot be made: ${reason(error)}`, {
      cause: error,
      hint: 'choose a folder you can write to with `--state-dir` or ILAB_BACKEND_STATE_DIR',
    });
  }
}

/** What others may write to could be anybody's, and names programs that we start. */
function refuseShared(stateDir: string): void {
  const mode = statSync(stateDir).mode;
  if ((mode & 0o022) !== 0) {
    throw new UserError('storage-failed', `the state folder ${stateDir} can be written by other users`, {
      hint: `chmod go-w ${shellWord(stateDir)}`,
    });
  }
}

/** Opens the journal with its writes durable at commit; throws `state-broken`, `state-newer`, `storage-failed`. */
export function openJournal(stateDir: string): DatabaseSync {
  makeStateDir(stateDir);
  refuseShared(stateDir);
  const path = join(stateDir, 'journal.db');
  return guarded(path, () => {
    const fresh = !existsSync(path);
    const database = new DatabaseSync(path, { timeout: 10_000 });
    try {
      if (fresh) chmodSync(path, 0o600);
      database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
      migrate(database, path);
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  });
}

interface OpenedToRead {
  readonly database: DatabaseSync;
  /** False: it shows the file as it stood when it was opened, and nothing that is written later. */
  readonly isWritable: boolean;
}

/**
 * Opens the journal for whoever only looks, and makes nothing; undefined = there is none. Where nothing can be written it is
 * read as it stands. Throws as `openJournal` does.
 */
export function openJournalToRead(stateDir: string): OpenedToRead | undefined {
  const path = join(stateDir, 'journal.db');
  if (!existsSync(path)) return undefined;
  refuseShared(stateDir);
  try {
    return { database: openJournal(stateDir), isWritable: true };
  } catch (error) {
    if (!(error instanceof UserError) || error.code !== 'storage-failed') throw error;
    const database = openAsItStands(path);
    if (database === undefined) throw error;
    return { database, isWritable: false };
  }
}

/** Undefined when there is more in the log beside it than can be read without writing. */
function openAsItStands(path: string): DatabaseSync | undefined {
  const log = `${path}-wal`;
  if (existsSync(log) && statSync(log).size > 0) return undefined;
  // Without this SQLite makes a file beside it, to share the log with who writes: nobody can.
  const url = pathToFileURL(path);
  url.search = 'immutable=1';
  return guarded(path, () => new DatabaseSync(url, { readOnly: true }));
}

function migrate(database: DatabaseSync, path: string): void {
  if (schemaVersion(database) === 0) {
    // Two programs may open a new journal at once: the loser finds it made.
    database.exec('BEGIN IMMEDIATE');
    try {
      if (schemaVersion(database) === 0) database.exec(`${SCHEMA} PRAGMA user_version = ${SCHEMA_VERSION};`);
      database.exec('COMMIT');
    } catch (error) {
      // A full disk can end the transaction by itself; what counts is the first error.
      if (database.isTransaction) database.exec('ROLLBACK');
      throw error;
    }
  }
  const found = schemaVersion(database);
  if (found > SCHEMA_VERSION) {
    throw new UserError('state-newer', `${path} has format ${found}; this program knows ${SCHEMA_VERSION}`);
  }
}

function schemaVersion(database: DatabaseSync): number {
  const row = database.prepare('PRAGMA user_version').get();
  return Number(row?.['user_version'] ?? 0);
}

/** Runs a piece of database work and translates SQLite's errors; `path` names the file in messages. */
export function guarded<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw translate(path, error);
  }
}

function translate(path: string, error: unknown): unknown {
  if (error instanceof UserError) return error;
  const code = resultCode(error);
  if (code === undefined) return translateErrno(path, error);
  if (BROKEN_CODES.has(code)) {
    return new UserError('state-broken', `${path} is not a journal that can be read: ${reason(error)}`, {
      cause: error,
      hint: `keep a copy, then start afresh: mv ${dirname(path)} ${dirname(path)}.broken`,
    });
  }
  const storage = STORAGE_CODES[code];
  if (storage === undefined) return error;
  return new UserError('storage-failed', `${path} cannot be written: ${storage}`, { cause: error });
}

/** Faults of making a folder beside the database. */
function translateErrno(path: string, error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  const storage = code === undefined ? undefined : STORAGE_ERRNOS[code];
  if (storage === undefined) return error;
  return new UserError('storage-failed', `${path} cannot be written: ${storage}`, { cause: error });
}

/** SQLite's primary result code, or undefined for an error of another kind. */
export function resultCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error)) return undefined;
  return Number(error.errcode) & 0xff;
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
