import { join } from 'node:path';
import { attemptName } from '../../../domain/naming.ts';
import type { AttemptRef, LogLine, LogOptions } from '../../../ports/target.ts';
import { removeTree } from '../../files/remove-tree.ts';
import type { KubeApi } from '../api/kube-api.ts';
import { AttemptLogFolder } from '../logs/attempt-log-folder.ts';
import { followAttemptLogs, type LogTrouble } from '../logs/follow-attempt-logs.ts';
import { FollowSlots } from '../logs/follow-slots.ts';
import { readAttemptLogs } from '../logs/read-attempt-logs.ts';
import { podStates, statesOf } from './attempt-pods.ts';
import { readLogsNow } from './read-logs-now.ts';
import type { RunObjects } from './run-objects.ts';
import { kindOfWorkload } from './workload-kinds.ts';

export interface ClusterLogsOptions {
  readonly api: KubeApi;
  /** Where the logs of this cluster's runs are kept on this machine. */
  readonly folder: string;
  readonly objects: (run: string) => RunObjects;
  readonly onTrouble: (ref: AttemptRef, trouble: LogTrouble) => void;
}

/** One attempt's log as it is being stored. */
export interface Following {
  /** Resolves when every line that can be had is on the disk. */
  readonly complete: Promise<void>;
  /** Nothing more will come: what there is now is all, and says so. */
  giveUp(): void;
  /** Lets go; what others of this process follow goes on. */
  release(): void;
}

interface Shared {
  readonly complete: Promise<void>;
  readonly stop: AbortController;
  readonly enough: AbortController;
  users: number;
}

/**
 * The logs of attempts on a cluster, stored on this machine by whoever follows them: a pod's log ends with the pod. Each
 * attempt is followed once in this process, whoever wants it.
 */
export class ClusterLogs {
  readonly #options: ClusterLogsOptions;
  readonly #slots = new FollowSlots();
  readonly #shared = new Map<string, Shared>();

  constructor(options: ClusterLogsOptions) {
    this.#options = options;
  }

  follow(ref: AttemptRef): Following {
    const folder = this.#folder(ref);
    const shared = this.#shared.get(folder) ?? this.#start(ref, folder);
    shared.users += 1;
    let held = true;
    return {
      complete: shared.complete,
      giveUp: () => shared.enough.abort(),
      release: () => {
        if (!held) return;
        held = false;
        shared.users -= 1;
        if (shared.users > 0) return;
        shared.stop.abort();
        this.#shared.delete(folder);
      },
    };
  }

  async *read(ref: AttemptRef, options: LogOptions, signal: AbortSignal): AsyncGenerator<readonly LogLine[], void> {
    const folder = this.#folder(ref);
    if (new AttemptLogFolder(folder).isComplete() || (!options.follow && this.#shared.has(folder))) {
      yield* readAttemptLogs(folder, options, signal);
    } else if (options.follow) {
      const following = this.follow(ref);
      try {
        yield* readAttemptLogs(folder, options, signal);
        if (!signal.aborted) await following.complete;
      } finally {
        following.release();
      }
    } else {
      yield await this.#readNow(ref, options, signal);
    }
  }

  remove(ref: AttemptRef): void {
    removeTree(this.#folder(ref));
  }

  /** Nobody follows it here, and it may go on: what was stored of it is not all, what the kubelet has may be. */
  async #readNow(ref: AttemptRef, options: LogOptions, signal: AbortSignal): Promise<readonly LogLine[]> {
    const { api } = this.#options;
    const objects = this.#options.objects(ref.run);
    const release = objects.use(await kindOfWorkload(api, attemptName(ref), signal));
    try {
      while (!objects.view().isListed && !signal.aborted) await objects.changed;
      return await readLogsNow(api, statesOf(objects.view(), attemptName(ref)), options, signal);
    } finally {
      release();
    }
  }

  #start(ref: AttemptRef, folder: string): Shared {
    const { api, objects, onTrouble } = this.#options;
    const stop = new AbortController();
    const enough = new AbortController();
    const watched = objects(ref.run);
    const complete = followAttemptLogs(
      {
        api,
        folder,
        states: until(
          enough.signal,
          podStates({ api, objects: watched }, attemptName(ref), AbortSignal.any([stop.signal, enough.signal])),
        ),
        slots: this.#slots,
        onTrouble: (trouble) => onTrouble(ref, trouble),
      },
      stop.signal,
    );
    // Whoever waits for it sees the fault; when nobody does any more, it is none.
    complete.catch(() => undefined);
    const shared = { complete, stop, enough, users: 0 };
    this.#shared.set(folder, shared);
    return shared;
  }

  #folder({ run, stage, attempt }: AttemptRef): string {
    return join(this.#options.folder, run, stage, String(attempt));
  }
}

/** Ends when `enough` fires; that a request was cut by it is no fault. */
async function* until<T>(enough: AbortSignal, items: AsyncIterable<T>): AsyncGenerator<T, void> {
  try {
    yield* items;
  } catch (error) {
    if (!enough.aborted) throw error;
  }
}
