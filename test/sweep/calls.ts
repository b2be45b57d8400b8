import { isAbsolute, join } from 'node:path';

/** The system calls that change what lies under the state folder; each is a moment to die at. */
export const SYSCALLS = [
  'openat',
  'write',
  'writev',
  'pwrite64',
  'pwritev',
  'fsync',
  'fdatasync',
  'ftruncate',
  'copy_file_range',
  'rename',
  'renameat',
  'renameat2',
  'link',
  'linkat',
  'symlink',
  'symlinkat',
  'unlink',
  'unlinkat',
  'rmdir',
  'mkdir',
  'mkdirat',
] as const;
export type Syscall = (typeof SYSCALLS)[number];

/** One system call of a traced process, as strace wrote it. */
export interface Call {
  /** strace counts by thread. Every other one is the one thread of the pool. */
  readonly thread: 'main' | 'pool';
  readonly syscall: Syscall;
  /** The paths it names, absolute; of a descriptor the file behind it. */
  readonly paths: readonly string[];
  /** It can change something: an `openat` without O_CREAT cannot. */
  readonly changes: boolean;
  /** strace let it fail or killed here. */
  readonly injected: boolean;
}

/** What strace saw of one process. */
export interface Trace {
  readonly pid: number;
  readonly calls: readonly Call[];
  /** How it ended was written; before, the log may lack the last calls. */
  readonly isComplete: boolean;
  readonly wasKilled: boolean;
}

/** Reads a log of `strace -f -y -o`; the first process in it is the main thread. */
export function parseTrace(log: string): Trace {
  const calls = parseCalls(log);
  const pid = Number.parseInt(log, 10);
  const [, end] = new RegExp(`^${pid} +\\+\\+\\+ (.*) \\+\\+\\+$`, 'm').exec(log) ?? [];
  return { pid, calls, isComplete: end !== undefined, wasKilled: end === 'killed by SIGKILL' };
}

function parseCalls(log: string): readonly Call[] {
  const calls: Call[] = [];
  const unfinished = new Map<string, number>();
  let main: string | undefined;
  for (const line of log.split('\n')) {
    const [, thread, rest] = /^(\d+) +(.*)$/.exec(line) ?? [];
    if (thread === undefined || rest === undefined) continue;
    main ??= thread;
    if (rest.startsWith('<... ')) {
      const index = unfinished.get(thread);
      const call = index === undefined ? undefined : calls[index];
      if (index !== undefined && call !== undefined && rest.endsWith('(INJECTED)')) {
        calls[index] = { ...call, injected: true };
      }
      continue;
    }
    const [, name, args] = /^([a-z0-9_]+)\((.*)$/.exec(rest) ?? [];
    const syscall = SYSCALLS.find((known) => known === name);
    if (syscall === undefined || args === undefined) continue;
    if (rest.endsWith('<unfinished ...>')) unfinished.set(thread, calls.length);
    calls.push({
      thread: thread === main ? 'main' : 'pool',
      syscall,
      paths: pathsOf(args),
      changes: syscall !== 'openat' || args.includes('O_CREAT'),
      injected: rest.endsWith('(INJECTED)'),
    });
  }
  return calls;
}

/** The calls that change what lies in `folder` or below it. */
export function callsBelow(folder: string, calls: readonly Call[]): readonly Call[] {
  return calls.filter((call) => call.changes && call.paths.some((path) => path.startsWith(`${folder}/`)));
}

/** `fd</file>`, `"path"` and `AT_FDCWD</folder>, "relative"`; nothing of what is written is taken for a path. */
function pathsOf(args: string): readonly string[] {
  const paths: string[] = [];
  let folder = '/';
  // With `-s 0` strace prints data as "" and paths in full.
  for (const [, descriptor, text] of args.matchAll(/(?:\b(?:\d+|AT_FDCWD)<([^>]*)>)|"((?:[^"\\]|\\.)+)"/g)) {
    if (descriptor !== undefined) {
      folder = descriptor;
      paths.push(descriptor);
    } else if (text !== undefined) {
      if (paths.at(-1) === folder) paths.pop(); // the folder of a relative name
      paths.push(isAbsolute(text) ? text : join(folder, text));
    }
  }
  return paths.map((path) => path.replace(/ ?\(deleted\)$/, ''));
}

/** A path of the folder without what differs between two runs: the folder, the process id, random names. */
export function shapeOf(path: string, folder: string, pid: number): string {
  const below = path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : path;
  return below.replace(UUID, RANDOM).replace(new RegExp(`(?<!\\d)${pid}(?!\\d)`, 'g'), '{pid}');
}

const UUID = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;
/** Stands for a name that no two runs share. */
export const RANDOM = '{random}';

/** What a call does to which files of the folder, as it looks in every run. */
export function shapeOfCall(call: Call, folder: string, pid: number): string {
  const below = call.paths.filter((path) => path.startsWith(`${folder}/`)).map((path) => shapeOf(path, folder, pid));
  return [call.syscall, ...new Set(below)].join(' ');
}
