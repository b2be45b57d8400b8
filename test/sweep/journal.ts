import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type RunRecord, runRecordSchema } from '../../src/domain/run/run-record.ts';

/**
 * What the journal would say to the program that opens it next; undefined when it holds no such run. A copy is opened,
 * because opening repairs.
 */
export function recordIn(state: string, run: string): RunRecord | undefined {
  if (!existsSync(join(state, 'journal.db'))) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'ilab-journal-'));
  try {
    for (const end of ['', '-wal']) {
      const file = join(state, `journal.db${end}`);
      if (existsSync(file)) copyFileSync(file, join(folder, `journal.db${end}`));
    }
    const database = new DatabaseSync(join(folder, 'journal.db'));
    try {
      const tables = database.prepare("SELECT name FROM sqlite_schema WHERE name = 'runs'").all();
      if (tables.length === 0) return undefined;
      const row = database.prepare('SELECT record FROM runs WHERE name = ?').get(run);
      return row === undefined ? undefined : runRecordSchema.parse(JSON.parse(String(row['record'])));
    } finally {
      database.close();
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}
