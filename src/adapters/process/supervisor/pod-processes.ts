import { setTimeout as delay } from 'node:timers/promises';
import {
  isAlive,
  type ListedProcess,
  listProcesses,
  type ProcessIdentity,
  signalProcess,
  wasStartedWith,
} from '../../machine/process-identity.ts';

/** The first wait before one looks whether those that were killed are gone; each next is twice as long, up to a second. */
export const KILL_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 1000;

/** The processes around one container. */
export interface Pod {
  /** The shell that leads the session; undefined when the container was never started. */
  readonly shim: ProcessIdentity | undefined;
  /** The shell that waits for the main process; undefined before that is there. */
  readonly runner: ProcessIdentity | undefined;
  readonly main: ProcessIdentity | undefined;
  /** What only this container's processes have in their environment. */
  readonly mark: string;
}

/**
 * What the container has started and what is still there: the processes of its session (but for the shells and the
 * collectors that carry it) and, where the system shows environments, those that have left it. Empty when its command
 * was never started.
 */
export function strangers(pod: Pod): readonly ListedProcess[] {
  const { shim, runner } = pod;
  if (shim === undefined || runner === undefined) return [];
  const all = listProcesses();
  const own = isAlive(shim) ? carriers(all, shim.pid, runner) : undefined;
  return all.filter((process) => !own?.has(process.pid) && belongs(process, pod, own !== undefined));
}

/** Everything around the container, also what carries it. */
export function sessionOf(pod: Pod): readonly ListedProcess[] {
  const lives = pod.shim !== undefined && isAlive(pod.shim);
  return listProcesses().filter((process) => belongs(process, pod, lives));
}

/** What runs for an attempt, with what carries it: all was started with its content root in the environment. */
export function marked(content: string): readonly ListedProcess[] {
  const mark = `ILAB_CONTENT=${content}`;
  return listProcesses().filter(({ pid }) => pid !== globalThis.process.pid && wasStartedWith(pid, mark));
}

/** SIGKILL to all that `find` finds, until it finds nobody: one may have started others before it died. */
export async function killEach(find: () => readonly ListedProcess[]): Promise<void> {
  for (let pause = KILL_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    const found = find();
    const sent = found.filter(({ pid }) => signalProcess(pid, 'SIGKILL'));
    // Who has gone by itself since it was found may have started others as well; who lives is not ours to kill.
    if (sent.length === 0 && found.every(isAlive)) return;
    await delay(pause);
  }
}

/** The number of a session is not given away while its leader lives; after that only the mark tells its processes. */
function belongs(process: ListedProcess, { shim, main, mark }: Pod, leaderLives: boolean): boolean {
  if (process.pid === globalThis.process.pid) return false;
  if (process.pid === main?.pid && process.start === main.start) return true;
  return (leaderLives && process.session === shim?.pid) || wasStartedWith(process.pid, mark);
}

/** The shim and what descends from it, but for what descends from the runner: that is the container. */
function carriers(all: readonly ListedProcess[], shim: number, runner: ProcessIdentity): ReadonlySet<number> {
  const found = new Set([shim]);
  for (let grown = true; grown; ) {
    grown = false;
    for (const process of all) {
      if (found.has(process.pid) || !found.has(process.parent) || process.parent === runner.pid) continue;
      found.add(process.pid);
      grown = true;
    }
  }
  return found;
}
