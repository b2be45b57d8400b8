import { UserError } from '../../domain/errors.ts';
import { entries, git } from './git.ts';

/** What git knows of a folder that lies in a work tree. */
export interface WorkTree {
  /** Tracked files and new ones that are not ignored, relative to the folder, sorted by code unit. */
  readonly files: readonly string[];
  /** HEAD; absent before the first commit. */
  readonly commit?: string;
  /** Something in the folder is not committed. */
  readonly dirty: boolean;
  /** With a base: the files that differ from where HEAD left it, new ones included. */
  readonly changed?: readonly string[];
  readonly base?: string;
}

/** Undefined when the folder is in no work tree, git is absent, or git knows none of its files (the folder is ignored). */
export async function readWorkTree(
  input: string,
  folder: string,
  changedSince: string | undefined,
  signal: AbortSignal,
): Promise<WorkTree | undefined> {
  const listed = await git(
    folder,
    ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--deduplicate', '--', '.'],
    signal,
  );
  if (listed.kind !== 'ok') {
    if (changedSince === undefined) return undefined;
    const why = listed.kind === 'absent' ? 'git is not installed' : listed.message;
    throw new UserError(
      'bad-input',
      `${input}: what changed since ${changedSince} cannot be told for ${folder}: ${why}`,
      {
        hint: 'give a git work tree with its history, or leave the base out',
      },
    );
  }
  const deleted = new Set(entries(await text(folder, ['ls-files', '-z', '--deleted', '--', '.'], signal)));
  const files = entries(listed.text)
    .filter((file) => !deleted.has(file))
    .sort();
  if (files.length === 0) return undefined;
  const head = await git(folder, ['rev-parse', '--verify', '--quiet', 'HEAD'], signal);
  const dirty = (await text(folder, ['status', '--porcelain', '-z', '--', '.'], signal)) !== '';
  return {
    files,
    dirty,
    ...(head.kind === 'ok' ? { commit: head.text.trim() } : {}),
    ...(changedSince === undefined ? {} : await changes(input, folder, changedSince, signal)),
  };
}

/** As upstream counts: against the newest commit that HEAD shares with the base, with what is not committed yet. */
async function changes(input: string, folder: string, changedSince: string, signal: AbortSignal) {
  const base = await git(
    folder,
    ['rev-parse', '--verify', '--quiet', '--end-of-options', `${changedSince}^{commit}`],
    signal,
  );
  if (base.kind !== 'ok') {
    throw new UserError(
      'bad-input',
      `${input}: ${folder} has no commit, branch or tag ${JSON.stringify(changedSince)}`,
      {
        hint: 'fetch it first, or name another base',
      },
    );
  }
  const shared = await git(folder, ['merge-base', base.text.trim(), 'HEAD'], signal);
  if (shared.kind !== 'ok') {
    throw new UserError('bad-input', `${input}: HEAD of ${folder} shares no history with ${changedSince}`, {
      hint: 'a shallow clone has none: `git fetch --unshallow`',
    });
  }
  const differing = await text(
    folder,
    ['diff', '--name-only', '--relative', '--no-ext-diff', '--diff-filter=d', '-z', shared.text.trim(), '--', '.'],
    signal,
  );
  const untracked = await text(folder, ['ls-files', '-z', '--others', '--exclude-standard', '--', '.'], signal);
  const changed = [...new Set([...entries(differing), ...entries(untracked)])].sort();
  return { changed, base: shared.text.trim() };
}

async function text(folder: string, args: readonly string[], signal: AbortSignal): Promise<string> {
  const answer = await git(folder, args, signal);
  if (answer.kind === 'ok') return answer.text;
  throw new UserError(
    'bad-input',
    `git cannot read ${folder}: ${answer.kind === 'refused' ? answer.message : 'it is not installed'}`,
  );
}
