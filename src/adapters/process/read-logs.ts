import { readdirSync } from 'node:fs';
import type { LogLine, LogOptions } from '../../ports/target.ts';
import { FolderChanges } from '../files/folder-changes.ts';
import { readStoredLogs, type StoredLog } from '../logs/read-stored-logs.ts';
import type { AttemptFolder } from './attempt-folder.ts';
import { readOutcome } from './outcome-file.ts';

const LOOK_MS = 1000;

/** The stored lines of an attempt, oldest first, some at a time; with `follow` until it has ended and everything was given. */
export async function* readLogs(
  folder: AttemptFolder,
  options: LogOptions,
  signal: AbortSignal,
): AsyncGenerator<readonly LogLine[], void> {
  const changes = options.follow ? new FolderChanges([folder.root, folder.logs]) : undefined;
  const place = {
    files: () => logFiles(folder).filter(({ container }) => (options.container ?? container) === container),
    isComplete: () => readOutcome(folder) !== undefined,
    changed: async (stop: AbortSignal) => {
      await changes?.news(LOOK_MS, stop);
      changes?.add(folder.logs);
    },
  };
  try {
    yield* readStoredLogs(place, options, signal);
  } finally {
    changes?.close();
  }
}

function logFiles(folder: AttemptFolder): readonly StoredLog[] {
  let names: readonly string[];
  try {
    names = readdirSync(folder.logs).sort();
  } catch {
    return []; // no container has begun
  }
  return names.flatMap((name) => {
    const [, container, instance] = /^([^.]+)(?:\.(\d+))?\.log$/.exec(name) ?? [];
    return container === undefined ? [] : [{ path: folder.log(container, Number(instance ?? 0)), container }];
  });
}
