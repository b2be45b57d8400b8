import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import * as z from 'zod';
import { guarded, openJournal, openJournalToRead } from './database.ts';

const placeSchema = z.object({
  kind: z.literal('kubernetes'),
  /** The file that was named; absent = the one that is found without. */
  kubeconfig: z.string().exactOptional(),
  context: z.string(),
  namespace: z.string(),
  /** What the context meant then: another server under its name is another place. */
  server: z.string(),
});
/** Where a run lives that is not on this machine. */
export type KnownPlace = z.infer<typeof placeSchema>;

/*
 * The table stands beside those of the runs in the same file and has no part in the file's format: it is made when there is
 * something to remember, a program that does not know it leaves it alone, and without it nothing is lost but a flag to type.
 */
const TABLE = 'CREATE TABLE IF NOT EXISTS known_places (run TEXT PRIMARY KEY, place TEXT NOT NULL) STRICT';

/** What this machine remembers of where runs live, so that nobody has to say it again. A run has one place: the last one. */
export class KnownPlaces {
  readonly #stateDir: string;
  readonly #path: string;

  constructor(stateDir: string) {
    this.#stateDir = stateDir;
    this.#path = join(stateDir, 'journal.db');
  }

  /** Throws `storage-failed`. */
  remember(run: string, place: KnownPlace): void {
    const text = JSON.stringify(placeSchema.parse(place));
    this.#open(openJournal(this.#stateDir), (database) => {
      const known = hasTable(database)
        ? database.prepare('SELECT place FROM known_places WHERE run = ?').get(run)
        : undefined;
      // Asked for with every command that names a run: what is known already costs no write.
      if (known?.['place'] === text) return;
      database.exec(TABLE);
      database.prepare('INSERT OR REPLACE INTO known_places VALUES (?, ?)').run(run, text);
    });
  }

  /** Undefined when it is not known, also when a newer program remembered a kind of place that this one does not know. */
  find(run: string): KnownPlace | undefined {
    return this.#open(openJournalToRead(this.#stateDir)?.database, (database) => {
      if (!hasTable(database)) return undefined;
      const row = database.prepare('SELECT place FROM known_places WHERE run = ?').get(run);
      return row === undefined ? undefined : parsePlace(String(row['place']));
    });
  }

  /** Idempotent. */
  forget(run: string): void {
    this.#open(openJournalToRead(this.#stateDir)?.database, (database) => {
      if (hasTable(database)) database.prepare('DELETE FROM known_places WHERE run = ?').run(run);
    });
  }

  #open<T>(database: DatabaseSync | undefined, work: (database: DatabaseSync) => T): T | undefined {
    if (database === undefined) return undefined;
    try {
      return guarded(this.#path, () => work(database));
    } finally {
      database.close();
    }
  }
}

function hasTable(database: DatabaseSync): boolean {
  return database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'known_places'").get() !== undefined;
}

function parsePlace(text: string): KnownPlace | undefined {
  try {
    return placeSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
