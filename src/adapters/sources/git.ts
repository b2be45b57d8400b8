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

export type GitAnswer =
  | { readonly kind: 'ok'; readonly text: string }
  /** git is there and refused; `message` is its first line. */
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'absent' };

/** Runs one read-only git command in `folder`; never asks for a password. */
export async function git(folder: string, args: readonly string[], signal: AbortSignal): Promise<GitAnswer> {
  try {
    const done = await execa('git', ['-C', folder, ...UNTRUSTED, ...args], {
      cancelSignal: signal,
      timeout: MINUTE,
      stdin: 'ignore',
      stripFinalNewline: false,
      maxBuffer: 64 * 1024 * 1024,
      env: { GIT_TERMINAL_PROMPT: '0', GIT_OPTIONAL_LOCKS: '0', LC_ALL: 'C' },
    });
    return { kind: 'ok', text: done.stdout };
  } catch (error) {
    if (!(error instanceof ExecaError)) throw error;
    signal.throwIfAborted();
    if (error.code === 'ENOENT') return { kind: 'absent' };
    return { kind: 'refused', message: firstLine(String(error.stderr)) || error.shortMessage };
  }
}

/** The answer's entries, of a command with `-z`. */
export function entries(text: string): readonly string[] {
  return text.split('\0').filter((entry) => entry !== '');
}

function firstLine(text: string): string {
  return (text.trim().split('\n', 1)[0] ?? '').replace(/^fatal: /, '');
}
