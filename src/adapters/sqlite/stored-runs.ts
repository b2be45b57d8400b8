import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { parseRunRecord } from '../../domain/run/parse-run-record.ts';
import type { RunRecord } from '../../domain/run/run-record.ts';

/** More names than anybody chooses from. */
const MOST = 500;

/** The newest runs of a state folder, for whoever only wants their names: makes nothing, and skips what cannot be read. */
export function storedRuns(stateDir: string): readonly RunRecord[] {
  const path = join(stateDir, 'journal.db');
  if (!existsSync(path)) return [];
  const database = new DatabaseSync(path, { readOnly: true, timeout: 500 });
  try {
    const rows = database.prepare(`SELECT name, record FROM runs ORDER BY created_at DESC LIMIT ${MOST}`).all();
    return rows.flatMap(({ name, record }) => {
      try {
        return [parseRunRecord(String(record), { name: String(name), place: path })];
      } catch {
        return [];
      }
    });
  } finally {
    database.close();
  }
}
