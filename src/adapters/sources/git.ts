import { ExecaError, execa } from 'execa';

/*
 * git, asked with the least trust: a folder may be a stranger's repository, whose configuration can name programs to
 * run. Nothing here changes a repository.
 */
const UNTRUSTED = [
  '-c',
  'core.fsmonitor=false',
  '-c',
  'core.hooksPath=/dev/null',
  '-c',
  'core.quotePath=false',
  '-c',
  'protocol.ext.allow=never',
];
const MINUTE = 60_000;

/** How a call of git ended; `absent`: this machine has no git. */
export type GitAnswer =
  | { readonly kind: 'ok'; readonly text: string }
  /** git is there and refused; `message` is its first line, `text` what it said to stdout. */
  | { readonly kind: 'refused'; readonly message: string; readonly text: string; readonly exitCode: number | undefined }
  | { readonly kind: 'absent' };

export interface GitOptions {
  /** Milliseconds; a minute when absent. */
  readonly timeout?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Bytes of the largest file that git may write; it ends when it wants to write more. */
  readonly largestFile?: number;
}

/** Runs one git command in `folder` that does not change it; never asks for a password. */
export async function git(
  folder: string,
  args: readonly string[],
  signal: AbortSignal,
  options: GitOptions = {},
): Promise<GitAnswer> {
  try {
    const done = await started(folder, args, signal, options);
    return { kind: 'ok', text: Buffer.from(done.stdout).toString() };
  } catch (error) {
    if (!(error instanceof ExecaError)) throw error;
    signal.throwIfAborted();
    if (error.code === 'ENOENT') return { kind: 'absent' };
    return {
      kind: 'refused',
      message: firstLine(textOf(error.stderr)) || error.shortMessage,
      text: textOf(error.stdout),
      exitCode: error.exitCode,
    };
  }
}

/** What a command writes that cannot fail, as it is. */
export async function gitBytes(
  folder: string,
  args: readonly string[],
  signal: AbortSignal,
  options: GitOptions = {},
): Promise<Uint8Array> {
  return (await started(folder, args, signal, options)).stdout;
}

function started(
  folder: string,
  args: readonly string[],
  signal: AbortSignal,
  { timeout = MINUTE, env = {}, largestFile }: GitOptions,
) {
  const command = ['git', '-C', folder, ...UNTRUSTED, ...args];
  const [program = '', ...rest] = largestFile === undefined ? command : limited(command, largestFile);
  return execa(program, rest, {
    cancelSignal: signal,
    timeout,
    stdin: 'ignore',
    stripFinalNewline: false,
    encoding: 'buffer',
    maxBuffer: 64 * 1024 * 1024,
    env: { GIT_TERMINAL_PROMPT: '0', GIT_OPTIONAL_LOCKS: '0', LC_ALL: 'C', ...env },
  });
}

function textOf(bytes: unknown): string {
  return bytes instanceof Uint8Array ? Buffer.from(bytes).toString() : '';
}

/** Only a shell can set such a limit; the command is passed as arguments, never as text. */
function limited(command: readonly string[], largestFile: number): readonly string[] {
  return ['sh', '-c', 'ulimit -f "$1" && shift && exec "$@"', 'sh', String(largestFile / 512), ...command];
}

/** The answer's entries, of a command with `-z`. */
export function entries(text: string): readonly string[] {
  return text.split('\0').filter((entry) => entry !== '');
}

function firstLine(text: string): string {
  return (text.trim().split('\n', 1)[0] ?? '').replace(/^fatal: /, '');
}
