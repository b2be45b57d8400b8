import type { MergedPull, PullHead } from '../../../domain/data/source-facts.ts';
import { UserError } from '../../../domain/errors.ts';
import { entries } from '../git.ts';
import { pullsText } from './origin.ts';
import type { Scratch } from './scratch.ts';

/** The same inputs give the same merge, down to its name. */
const MERGER = {
  GIT_AUTHOR_NAME: 'ilab-backend',
  GIT_AUTHOR_EMAIL: 'ilab-backend@localhost',
  GIT_AUTHOR_DATE: '@0 +0000',
  GIT_COMMITTER_NAME: 'ilab-backend',
  GIT_COMMITTER_EMAIL: 'ilab-backend@localhost',
  GIT_COMMITTER_DATE: '@0 +0000',
};
const MOST_AUTHORS = 50;
const MOST_SHOWN = 10;

/** What came of merging. */
export interface Merge {
  /** The commit with everything in it. */
  readonly commit: string;
  readonly pulls: readonly MergedPull[];
}

/**
 * Merges the pull requests one after the other, in the order given. All their commits are in the scratch repository.
 * Throws `bad-input` that names every pull request that cannot be merged, and its files.
 */
export async function mergePulls(
  scratch: Scratch,
  input: string,
  onto: string,
  heads: readonly PullHead[],
): Promise<Merge> {
  const pulls: MergedPull[] = [];
  const faults: string[] = [];
  let current = onto;
  for (const head of heads) {
    const contribution = await contributionOf(scratch, onto, head);
    if (contribution === undefined) {
      faults.push(`${pullsText([head.number])} shares no history with ${onto.slice(0, 12)}, the commit to merge onto`);
      continue;
    }
    const merged = await mergeOne(scratch, current, head);
    if (merged.kind === 'merged') {
      current = merged.commit;
      pulls.push(contribution);
    } else {
      faults.push(`${pullsText([head.number])} conflicts in ${conflictText(merged.files, pulls)}`);
    }
  }
  if (faults.length > 0) {
    throw new UserError('bad-input', `${input}: ${faults.join('\n')}`, {
      hint: 'leave it out of this batch, or have it rebased onto what is merged before it',
    });
  }
  return { commit: current, pulls };
}

async function contributionOf(scratch: Scratch, onto: string, head: PullHead): Promise<MergedPull | undefined> {
  const shared = await scratch.git(['merge-base', onto, head.commit]);
  if (shared.kind !== 'ok') return undefined;
  const parted = shared.text.trim();
  const changed = entries(await scratch.text(['diff', '--name-only', '--no-renames', '-z', parted, head.commit]));
  const written = entries(await scratch.text(['log', '-z', '--format=%an', `${parted}..${head.commit}`]));
  return { ...head, changed: [...changed].sort(), authors: [...new Set(written)].sort().slice(0, MOST_AUTHORS) };
}

type Merged =
  | { readonly kind: 'merged'; readonly commit: string }
  | { readonly kind: 'conflict'; readonly files: readonly string[] };

async function mergeOne(scratch: Scratch, current: string, { number, commit }: PullHead): Promise<Merged> {
  const answer = await scratch.git([
    'merge-tree',
    '--write-tree',
    '-z',
    '--name-only',
    '--no-messages',
    current,
    commit,
  ]);
  if (answer.kind === 'refused' && answer.exitCode === 1) {
    return { kind: 'conflict', files: entries(answer.text).slice(1) };
  }
  if (answer.kind !== 'ok') {
    const why = answer.kind === 'absent' ? 'git is not installed' : answer.message;
    throw new UserError('bad-input', `pull request ${number} cannot be merged: ${why}`, {
      hint: 'merging needs git 2.38 or newer: `git --version`',
    });
  }
  const tree = entries(answer.text)[0] ?? '';
  const parents = ['-p', current, '-p', commit];
  const message = `Merge pull request ${number}`;
  const made = await scratch.text(['commit-tree', tree, ...parents, '-m', message], { env: MERGER });
  return { kind: 'merged', commit: made.trim() };
}

function conflictText(files: readonly string[], before: readonly MergedPull[]): string {
  const others = before.filter((pull) => files.some((file) => pull.changed.includes(file)));
  const more = files.length > MOST_SHOWN ? ` and ${files.length - MOST_SHOWN} more` : '';
  const against = others.length === 0 ? 'the base' : pullsText(others.map(({ number }) => number));
  return `${files.slice(0, MOST_SHOWN).map(shown).join(', ')}${more}, which ${against} changed too`;
}

/** A stranger's file name on one line. */
export function shown(file: string): string {
  return /^[\w./ -]+$/.test(file) ? file : JSON.stringify(file);
}
