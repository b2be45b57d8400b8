import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { RunLock } from '../../ports/run-store.ts';
import { makeFolder } from '../files/make-folder.ts';
import { guarded, resultCode } from './database.ts';

const SQLITE_BUSY = 5;
const LONGEST_LOOK_MS = 10_000;

/** The operating system takes this lock from nobody who lives. */
const NEVER = new AbortController().signal;

/*
 * Who drives a run on this machine: the process that holds an exclusive transaction on the run's lock file. The
 * operating system drops it with the process, however it dies, so there is no stale lock to judge.
 */

/** Undefined when another process holds it. `share`: called for all that it stands in and for itself, where others take it, too. */
export function takeLock(stateDir: string, run: string, share?: (path: string) => void): RunLock | undefined {
  const path = lockPath(stateDir, run);
  return guarded(path, () => {
    makeFolder(dirname(path), share === undefined ? 0o700 : 0o777);
    for (const folder of [stateDir, dirname(path)]) share?.(folder);
    const database = new DatabaseSync(path, { timeout: 50 });
    try {
      share?.(path);
      if (!begin(database, path)) {
        database.close();
        return undefined;
      }
    } catch (error) {
      database.close();
      throw error;
    }
    const release = async (): Promise<void> => {
      if (database.isOpen) database.close();
    };
    return { lost: NEVER, release };
  });
}

/**
 * False when another has the lock. Who only looks with `isLocked` holds a shared one for microseconds, or as long as a busy
 * machine lets it stand there: that is waited out, for it is no driver.
 */
function begin(database: DatabaseSync, path: string): boolean {
  for (const until = performance.now() + LONGEST_LOOK_MS; ; ) {
    try {
      database.exec('BEGIN EXCLUSIVE');
      return true;
    } catch (error) {
      if (resultCode(error) !== SQLITE_BUSY) throw error;
    }
    if (isHeld(path) || performance.now() > until) return false;
  }
}

/** Whether a process drives the run now. Takes the lock from nobody, makes nothing. Throws `storage-failed`. */
export function isLocked(stateDir: string, run: string): boolean {
  const path = lockPath(stateDir, run);
  if (!existsSync(path)) return false;
  return guarded(path, () => isHeld(path));
}

function isHeld(path: string): boolean {
  const database = new DatabaseSync(path, { readOnly: true, timeout: 0 });
  try {
    database.prepare('SELECT count(*) FROM sqlite_schema').get();
    return false;
  } catch (error) {
    if (resultCode(error) === SQLITE_BUSY) return true;
    throw error;
  } finally {
    database.close();
  }
}

function lockPath(stateDir: string, run: string): string {
  return join(stateDir, 'locks', `${run}.lock`);
}
