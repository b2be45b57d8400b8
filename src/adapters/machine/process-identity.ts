import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** A process, told from a later one with the same number by `start`: when it began, and in which boot of the machine. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly start: string;
}

/** A process as the system lists it. */
export interface ListedProcess extends ProcessIdentity {
  readonly parent: number;
  /** The session where the system tells it, else the process group. */
  readonly session: number;
}

/**
 * Shell function `who PID`: one line that `parseIdentity` reads. It uses only what a POSIX shell and the two kinds of
 * system have: /proc, else ps.
 */
export const WHO = `who() {
  if [ -r /proc/$1/stat ]; then
    read -r who_boot </proc/sys/kernel/random/boot_id
    read -r who_stat </proc/$1/stat
    printf '%s %s\\n' "$who_boot" "$who_stat"
  else
    printf 'ps %s %s\\n' "$1" "$(ps -o lstart= -p "$1")"
  fi
}`;

/** Undefined for a line that is none, e.g. one that a crash of the machine has cut. */
export function parseIdentity(line: string): ProcessIdentity | undefined {
  const [boot, ...rest] = line.trim().split(' ');
  const text = rest.join(' ');
  if (boot === 'ps') {
    const [, pid, start] = /^([0-9]+) +(\S.*)$/.exec(text) ?? [];
    return start === undefined ? undefined : { pid: Number(pid), start: start.trim() };
  }
  const stat = parseStat(text);
  return stat === undefined || boot === undefined ? undefined : { pid: stat.pid, start: `${boot}/${stat.start}` };
}

/** The identity of a living process; undefined when there is none with this number, or only its remains. */
export function identityOf(pid: number): ProcessIdentity | undefined {
  if (process.platform !== 'linux') return listWithPs(['-p', String(pid)])[0];
  const stat = readStat(pid);
  return stat === undefined ? undefined : { pid, start: `${bootId()}/${stat.start}` };
}

/** Whether that very process lives, and not another one that has its number now. */
export function isAlive(identity: ProcessIdentity): boolean {
  return identityOf(identity.pid)?.start === identity.start;
}

/** Every living process. */
export function listProcesses(): readonly ListedProcess[] {
  if (process.platform !== 'linux') return listWithPs(['-A']);
  const boot = bootId();
  const found: ListedProcess[] = [];
  for (const name of readdirSync('/proc')) {
    const stat = /^[0-9]+$/.test(name) ? readStat(Number(name)) : undefined;
    if (stat === undefined) continue;
    found.push({ pid: stat.pid, parent: stat.parent, session: stat.session, start: `${boot}/${stat.start}` });
  }
  return found;
}

/** Whether the environment a process was started with holds `entry` (`NAME=value`); false where nobody may look. */
export function wasStartedWith(pid: number, entry: string): boolean {
  return environmentOf(pid).includes(entry);
}

/** The environment a process was started with, as `NAME=value`; empty where nobody may look. */
export function environmentOf(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

/** Sends a signal; false when there is nobody any more to take it, or nobody who has to. */
export function signalProcess(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ESRCH' || code === 'EPERM') return false;
    throw error;
  }
}

interface Stat {
  readonly pid: number;
  readonly parent: number;
  readonly session: number;
  /** Clock ticks since boot. */
  readonly start: string;
}

function readStat(pid: number): Stat | undefined {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return undefined;
  }
}

/** `pid (name) state ppid pgrp session ...`; the name may hold anything, also `)`. */
function parseStat(line: string): Stat | undefined {
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  const [state, parent, , session] = fields;
  const start = fields[19];
  if (start === undefined || state === 'Z' || state === 'X') return undefined;
  return { pid: Number.parseInt(line, 10), parent: Number(parent), session: Number(session), start };
}

let boot: string | undefined;
function bootId(): string {
  boot ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return boot;
}

function listWithPs(which: readonly string[]): readonly ListedProcess[] {
  let text: string;
  try {
    text = execFileSync('ps', [...which, '-o', 'pid=,ppid=,pgid=,stat=,lstart='], {
      encoding: 'utf8',
      env: { LC_ALL: 'C', PATH: '/usr/bin:/bin' },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch {
    return []; // ps ends with 1 when it finds no process
  }
  const found: ListedProcess[] = [];
  for (const line of text.split('\n')) {
    const [, pid, parent, session, state, start] = /^ *(\d+) +(\d+) +(\d+) +(\S+) +(\S.*?) *$/.exec(line) ?? [];
    if (start === undefined || state?.startsWith('Z') === true) continue;
    found.push({ pid: Number(pid), parent: Number(parent), session: Number(session), start });
  }
  return found;
}
