import { appendFileSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import * as z from 'zod';
import type { Clock } from '../../ports/clock.ts';
import type { JournalNote, PublicationJournal } from '../../ports/publication-journal.ts';

const line = z.looseObject({ run: z.string(), step: z.string(), kind: z.enum(['asked', 'done']) });

/**
 * A journal of one run in a file, a JSON object a line, in the disk before what it says is asked for. What a kill cut is
 * passed over. Where no file can be kept (`undefined`) it lasts as long as the process: every step is looked for anyway.
 */
export function openJournal(path: string | undefined, run: string, clock: Clock): PublicationJournal {
  const done = new Set<string>();
  const file = path === undefined ? undefined : openAppending(path);
  if (file !== undefined && path !== undefined) {
    for (const note of readNotes(path)) if (note.run === run && note.kind === 'done') done.add(note.step);
  }
  return {
    wasDone: (step) => done.has(step),
    note(note: JournalNote): void {
      if (note.kind === 'done') done.add(note.step);
      if (file === undefined) return;
      // A cut line before it must not take this one along.
      appendFileSync(file, `${JSON.stringify({ time: clock.now().toISOString(), run, ...note })}\n`);
      fsyncSync(file);
    },
  };
}

function openAppending(path: string): number | undefined {
  try {
    mkdirSync(dirname(path), { recursive: true });
    const isCut = existsSync(path) && !/(^|\n)$/.test(readFileSync(path, 'utf8'));
    const file = openSync(path, 'a', 0o644);
    if (isCut) appendFileSync(file, '\n');
    return file;
  } catch {
    return undefined;
  }
}

function readNotes(path: string): readonly z.infer<typeof line>[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .flatMap((text) => {
      try {
        const parsed = line.safeParse(JSON.parse(text));
        return parsed.success ? [parsed.data] : [];
      } catch {
        return [];
      }
    });
}
