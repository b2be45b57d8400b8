import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../clock/system-clock.ts';
import type { Patience } from '../patience.ts';
import { createObjectStore } from '../s3-object-store.ts';
import { storageFromEnvironment } from '../settings.ts';
import { notStored, type OutputsToStore, storeAtEnd, storeEarly } from './store-outputs.ts';

/*
 * The sidecar that stores an attempt's outputs in object storage (templates/_shared/store.yaml). It works beside the main
 * container, and finishes after SIGTERM, which says that the main container has ended. The stage is done or not
 * without it: what it has to say is its last line and its termination message, and 0 means that all is stored.
 */

type Variables = Readonly<Record<string, string | undefined>>;

async function main(env: Variables): Promise<string> {
  const ending = new AbortController();
  process.on('SIGTERM', () => ending.abort());
  const outputs = outputsOf(env);
  // From here on it hears SIGTERM: its startup probe looks for this file, so that no stage is shorter than its start.
  leaveMessage(notStored(outputs, 'what stores it was ended before it was done'));
  const opened = openStorage(env);
  if (opened.kind === 'fault') {
    const said = notStored(outputs, opened.message);
    console.log(said);
    // Whoever ended now would be started again and again.
    if (!ending.signal.aborted) await new Promise((ended) => ending.signal.addEventListener('abort', ended));
    return said;
  }
  const { place, settings } = opened;
  const store = createObjectStore(settings, place.bucket);
  const patience = (signal: AbortSignal, seconds: number): Patience => ({
    ...{ clock: systemClock, signal, seconds },
    onAway: (fault) => outputs.say(`${fault.message}; it is tried again`),
    onBack: () => outputs.say('the storage answers again'),
  });
  const early = patience(ending.signal, Number.POSITIVE_INFINITY);
  await storeEarly(outputs, { store, place, patience: early }, ending.signal);
  const last = patience(new AbortController().signal, outputs.finish);
  const said = await storeAtEnd(outputs, { store, place, patience: last });
  store.close();
  return said;
}

function outputsOf(env: Variables): OutputsToStore {
  return {
    folder: join(env['ILAB_CONTENT'] ?? '/content', 'artifacts'),
    run: env['ILAB_STORE_RUN'] ?? '',
    stage: env['ILAB_STORE_STAGE'] ?? '',
    attempt: Number(env['ILAB_STORE_ATTEMPT']),
    clock: systemClock,
    every: 5,
    settled: 5,
    finish: Number(env['ILAB_STORE_FINISH'] ?? 0),
    say: (line) => console.log(line),
  };
}

function openStorage(env: Variables) {
  try {
    return { kind: 'open', ...storageFromEnvironment(env, (path) => readFileSync(path, 'utf8')) } as const;
  } catch (error) {
    return { kind: 'fault', message: error instanceof Error ? error.message : String(error) } as const;
  }
}

function leaveMessage(said: string): void {
  try {
    writeFileSync(process.env['ILAB_TERMINATION_LOG'] ?? '/dev/termination-log', `${said}\n`);
  } catch {
    // It stands in the log.
  }
}

main(process.env).then(
  (said) => {
    console.log(said);
    leaveMessage(said);
    if (!said.startsWith('stored ')) process.exitCode = 1;
  },
  (error: unknown) => {
    console.error(error);
    leaveMessage(notStored(outputsOf(process.env), error instanceof Error ? error.message : String(error)));
    process.exitCode = 1;
  },
);
