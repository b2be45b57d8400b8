import { firstOf } from '../../../domain/first-of.ts';
import type { RunLock } from '../../../ports/run-store.ts';
import { writeDurably } from '../../files/durable-file.ts';
import { makeFolder } from '../../files/make-folder.ts';
import { storing } from '../../files/storing.ts';
import { takeLock } from '../../sqlite/run-lock.ts';
import type { KubeApi } from '../api/kube-api.ts';
import { AttemptLogFolder } from './attempt-log-folder.ts';
import { AttemptState, type Instance } from './attempt-state.ts';
import type { FollowSlots } from './follow-slots.ts';
import { FOLLOW_TIMING, type FollowTiming } from './follow-timing.ts';
import { InstanceFollower } from './instance-follower.ts';
import { InstanceLog } from './instance-log.ts';
import { LineMask } from './lines/line-mask.ts';
import type { PodState } from './pod-state.ts';
import { LogFile } from './stored/log-file.ts';

/** Something that a person who reads the log has to know. */
export interface LogTrouble {
  /** `mark`: a sentence that stands in the log where output may be missing; `notice`: words of the kubelet, not in the log. */
  readonly kind: 'mark' | 'notice';
  readonly pod: string;
  readonly container: string;
  readonly text: string;
}

export interface FollowAttemptOptions {
  readonly api: Pick<KubeApi, 'log' | 'heardAt'>;
  /** Where the attempt's logs are kept: `<state>/logs/<cluster>/<run>/<stage>/<attempt>`. */
  readonly folder: string;
  /**
   * All pods of the attempt whenever one of them has changed, beginning with the present; a pod that is not in it any more counts as
   * deleted. It ends when the attempt has ended, so the last one shows how each container ended. It must also end when nothing more
   * will be learnt, e.g. because a node is lost: whatever still runs then is marked as cut.
   */
  readonly states: AsyncIterable<readonly PodState[]>;
  /** Shared by all attempts that this process follows. */
  readonly slots: FollowSlots;
  /** Values that must not be stored; what looks like a token never is. */
  readonly secrets?: readonly string[];
  readonly onTrouble?: (trouble: LogTrouble) => void;
  /** Absent = FOLLOW_TIMING. */
  readonly timing?: FollowTiming;
}

/**
 * Stores all logs of an attempt. Resolves when they are complete and on the disk, whoever wrote them: another process of this machine that
 * follows the same attempt is let go first, and taken over from when it dies. Rejects when `signal` fires; whoever follows next goes on.
 */
export async function followAttemptLogs(options: FollowAttemptOptions, signal: AbortSignal): Promise<void> {
  const folder = new AttemptLogFolder(options.folder);
  await storing(() => makeFolder(folder.root, 0o700));
  const attempt = new AttemptFollower(options, folder, signal);
  await attempt.run();
}

class AttemptFollower {
  readonly #options: FollowAttemptOptions;
  readonly #folder: AttemptLogFolder;
  readonly #timing: FollowTiming;
  readonly #mask: LineMask;
  readonly #state = new AttemptState();
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  readonly #waiting: Instance[] = [];
  readonly #followers = new Set<InstanceFollower>();
  readonly #running = new Set<Promise<void>>();
  #hasLock = false;

  constructor(options: FollowAttemptOptions, folder: AttemptLogFolder, signal: AbortSignal) {
    this.#options = options;
    this.#folder = folder;
    this.#timing = options.timing ?? FOLLOW_TIMING;
    this.#mask = new LineMask(options.secrets);
    this.#signal = AbortSignal.any([signal, this.#stop.signal]);
  }

  async run(): Promise<void> {
    const ticks = this.#tick();
    // Taken in while another process writes, too: what it leaves is gone on with from the state of then.
    const told = this.#takeStates();
    told.catch(() => {}); // it stops everything else, which tells
    let lock: RunLock | undefined;
    try {
      lock = await this.#waitForLock();
      if (lock === undefined) return;
      this.#hasLock = true;
      this.#startAll({ isLate: true });
      await told;
      while (this.#running.size > 0) await Promise.all(this.#running);
      this.#signal.throwIfAborted();
      await this.#endLeft();
      await storing(() => writeDurably(this.#folder.complete, ''));
    } finally {
      clearInterval(ticks);
      this.#stop.abort();
      await Promise.allSettled([told, ...this.#running]);
      await lock?.release();
    }
  }

  /** Undefined when another process has completed the logs. */
  async #waitForLock(): Promise<RunLock | undefined> {
    for (;;) {
      this.#signal.throwIfAborted();
      if (this.#folder.isComplete()) return undefined;
      const lock = await storing(() => takeLock(this.#folder.root, 'writer'));
      if (lock !== undefined && !this.#folder.isComplete()) return lock;
      await lock?.release();
      await this.#state.changes.next(this.#signal, this.#timing.takeOver);
    }
  }

  async #takeStates(): Promise<void> {
    try {
      for await (const pods of untilAborted(this.#options.states, this.#signal)) {
        this.#waiting.push(...this.#state.update(pods));
        if (this.#hasLock) this.#startAll();
      }
      if (!this.#signal.aborted) this.#state.end();
    } catch (error) {
      this.#stop.abort(error);
      throw error;
    }
  }

  /** `isLate`: they may have begun while we waited. */
  #startAll({ isLate } = { isLate: false }): void {
    for (const instance of this.#waiting.splice(0)) {
      const running = this.#follow(instance, isLate || !instance.wasAwaited).catch((error: unknown) => {
        this.#stop.abort(error);
        throw error;
      });
      this.#running.add(running);
      running.then(
        () => this.#running.delete(running),
        () => {},
      );
    }
  }

  async #follow(instance: Instance, isLate: boolean): Promise<void> {
    const { pod, container, restart } = instance;
    const path = this.#folder.log(pod, container, restart);
    if (LogFile.hasEnded(path)) return;
    const tell = (kind: LogTrouble['kind'], text: string): void =>
      this.#options.onTrouble?.({ kind, pod: pod.name, container, text });
    const onMark = (text: string): void => tell('mark', text);
    const log = await InstanceLog.open(path, { mask: this.#mask, signal: this.#signal, onMark });
    if (log.isEmpty && restart > 0) log.announce(`[the container was started again: run ${restart + 1}]`);
    const { api, slots } = this.#options;
    const follower = new InstanceFollower({
      ...{ api, slots, log, timing: this.#timing },
      view: this.#state.view(instance),
      isLate,
      onNotice: (text) => tell('notice', this.#mask.mask(Buffer.from(text)).toString('utf8')),
    });
    this.#followers.add(follower);
    try {
      await follower.run(this.#signal);
    } finally {
      this.#followers.delete(follower);
      log.close();
    }
  }

  /** What somebody began to store of pods that were gone when we came: it ends where they left it. */
  async #endLeft(): Promise<void> {
    for (const { path, container } of this.#folder.files()) {
      if (LogFile.hasEnded(path)) continue;
      const onMark = (text: string): void => this.#options.onTrouble?.({ kind: 'mark', pod: '', container, text });
      const log = await InstanceLog.open(path, { mask: this.#mask, signal: this.#signal, onMark });
      try {
        await log.giveUp('the pod is gone');
      } finally {
        log.close();
      }
    }
  }

  /** Followers ask from time to time, also when nothing comes. */
  #tick(): NodeJS.Timeout {
    return setInterval(() => {
      for (const follower of this.#followers) follower.tick(this.#signal);
    }, this.#timing.checkAtLeast);
  }
}

/** The items of a source until `signal` fires, whatever the source does about it. */
async function* untilAborted<T>(source: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T, void> {
  const items = source[Symbol.asyncIterator]();
  const aborted = new Promise<undefined>((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
  try {
    for (;;) {
      const next = await firstOf([items.next(), aborted]);
      if (next === undefined || next.done === true) return;
      yield next.value;
    }
  } finally {
    if (signal.aborted) void items.return?.();
  }
}
