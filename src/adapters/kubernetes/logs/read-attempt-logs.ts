import { join } from 'node:path';
import type { LogLine, LogOptions } from '../../../ports/target.ts';
import { FolderChanges } from '../../files/folder-changes.ts';
import { readStoredLogs } from '../../logs/read-stored-logs.ts';
import { AttemptLogFolder } from './attempt-log-folder.ts';

const LOOK_MS = 1000;

/**
 * The stored lines of an attempt, oldest first, some at a time. With `follow` it goes on while this or another process of this machine writes them,
 * and ends when they are complete; somebody has to follow the attempt for that.
 */
export async function* readAttemptLogs(
  root: string,
  options: LogOptions,
  signal: AbortSignal,
): AsyncGenerator<readonly LogLine[], void> {
  const folder = new AttemptLogFolder(root);
  const changes = options.follow ? new FolderChanges([root]) : undefined;
  const place = {
    files: () => folder.files(options.container),
    isComplete: () => folder.isComplete(),
    changed: async (stop: AbortSignal) => {
      for (const name of [root, ...folder.pods().map((pod) => join(root, pod))]) changes?.add(name);
      await changes?.news(LOOK_MS, stop);
    },
  };
  try {
    yield* readStoredLogs(place, options, signal);
  } finally {
    changes?.close();
  }
}
