import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseStageResult } from '../../../domain/attempt/stage-result.ts';
import { ObjectFault } from '../../../domain/data/object-fault.ts';
import { keyBelow } from '../../../domain/data/object-uri.ts';
import type { Clock } from '../../../ports/clock.ts';
import { digestFile } from '../../files/file-digest.ts';
import { attemptKey, ChangedFile, type Storing, storeAttempt } from '../store-attempt.ts';
import { storeFile } from '../store-file.ts';
import { settledFiles } from './early-files.ts';
import { readerOf } from './outputs-reader.ts';

/** Whose outputs are stored, and how patiently. Seconds. */
export interface OutputsToStore {
  /** The attempt's artifacts folder. */
  readonly folder: string;
  readonly run: string;
  readonly stage: string;
  readonly attempt: number;
  readonly clock: Clock;
  /** Between two looks at the folder. */
  readonly every: number;
  /** How long a file must rest before it is stored while the stage goes on. */
  readonly settled: number;
  /** How long the storage may be away once the stage has ended. */
  readonly finish: number;
  readonly say: (line: string) => void;
}

/** How long a storage that refuses is left alone: somebody may mend it while the stage goes on. */
const REFUSED_PAUSE_S = 60;

/**
 * Stores what has settled, again and again, until `ending` fires. What is found wanting here is said and left to the end:
 * nothing that happens here is a fault of the stage.
 */
export async function storeEarly(outputs: OutputsToStore, storing: Storing, ending: AbortSignal): Promise<void> {
  const { clock, every, say } = outputs;
  const known = new Map<string, string>();
  while (!ending.aborted) {
    let pause = every;
    try {
      await storeSettled(outputs, storing, known, ending);
    } catch (error) {
      if (ending.aborted) return;
      say(`not stored for now: ${reasonOf(error)}`);
      pause = REFUSED_PAUSE_S;
    }
    await clock.sleep(pause, ending).catch(() => undefined);
  }
}

async function storeSettled(
  { folder, clock, settled, say, ...attempt }: OutputsToStore,
  { store, place, patience, partBytes }: Storing,
  known: Map<string, string>,
  ending: AbortSignal,
): Promise<void> {
  const base = keyBelow(place, attemptKey(attempt));
  for (const file of settledFiles(folder, clock.now().getTime(), settled * 1000)) {
    if (ending.aborted) return;
    if (known.get(file.path) === file.version) continue;
    const { sha256, size } = digestFile(join(folder, file.path), file.path);
    const read = () => readerOf(folder).read(file.path, 0);
    const done = await storeFile(store, { key: `${base}/${file.path}`, sha256, size, read }, patience, partBytes);
    if (done === 'stored') say(`stored ${file.path} (${size} bytes)`);
    if (done !== 'changed') known.set(file.path, file.version);
  }
}

/** Stores all that the ended stage says it made, and returns the sentence that tells what came of it. Never throws. */
export async function storeAtEnd(outputs: OutputsToStore, storing: Storing): Promise<string> {
  const { folder, run, stage, attempt } = outputs;
  const result = join(folder, 'result.json');
  if (!existsSync(result)) return 'the stage left no result: nothing more was stored';
  try {
    const parsed = parseStageResult(readFileSync(result, 'utf8'), []);
    if (parsed.kind === 'invalid') return notStored(outputs, `its result ${parsed.fault}`);
    const done = await storeAttempt(storing, { run, stage, attempt, result: parsed.result }, readerOf(folder));
    return `stored ${done.files === 1 ? '1 file' : `${done.files} files`} (${done.bytes} bytes) in ${done.uri}`;
  } catch (error) {
    return notStored(outputs, reasonOf(error));
  }
}

/** Why something is not stored, and what to type when that is mended. */
export function notStored({ run, stage }: Pick<OutputsToStore, 'run' | 'stage'>, why: string): string {
  return `not stored: ${why}; the run goes on from the workspace. To store it later: \`ilab-backend artifacts ${run} ${stage} --push\``;
}

function reasonOf(error: unknown): string {
  if (error instanceof ObjectFault)
    return error.hint === undefined ? error.message : `${error.message} (${error.hint})`;
  if (error instanceof ChangedFile) return error.message;
  return error instanceof Error ? error.message : String(error);
}
