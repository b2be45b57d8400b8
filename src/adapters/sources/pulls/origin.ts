import type { PullHead } from '../../../domain/data/source-facts.ts';
import type { UserError } from '../../../domain/errors.ts';
import type { Scratch } from './scratch.ts';

/** Where the commits of a merge come from. Everything throws `bad-input` with the input's name. */
export interface Origin {
  /** What pull requests are merged onto. */
  onto(): Promise<string>;
  /** The commit each pull request is at now, in the order asked for. */
  heads(numbers: readonly number[]): Promise<readonly PullHead[]>;
  /** Makes a commit and its history readable in the scratch repository; `what` is its name for people. */
  bring(scratch: Scratch, commit: string, what: string): Promise<void>;
  /** The commit of the ref that a person named as base, brought as well. */
  bringBase(scratch: Scratch, ref: string): Promise<string>;
  /** The folder inside the repository that is the source, ending in `/`; empty for all of it. */
  prefix(): Promise<string>;
}

/** As GitHub (and Gitea, Forgejo) and GitLab name the head of a pull request. */
export function headRefs(number: number): readonly string[] {
  return [`refs/pull/${number}/head`, `refs/merge-requests/${number}/head`];
}

/** The heads among lines of `<commit> <ref>`. Throws what `missing` makes of the numbers that have none. */
export function headsIn(
  lines: string,
  numbers: readonly number[],
  missing: (numbers: readonly number[]) => UserError,
): readonly PullHead[] {
  const commits = new Map<string, string>();
  for (const line of lines.split('\n')) {
    const [commit, ref] = line.split(/\s+/);
    if (commit !== undefined && ref !== undefined) commits.set(ref, commit);
  }
  const found = numbers.map((number) => {
    const ref = headRefs(number).find((candidate) => commits.has(candidate));
    return { number, commit: ref === undefined ? undefined : commits.get(ref) };
  });
  const absent = found.filter(({ commit }) => commit === undefined).map(({ number }) => number);
  if (absent.length > 0) throw missing(absent);
  return found.flatMap(({ number, commit }) => (commit === undefined ? [] : [{ number, commit }]));
}

/** `pull request 3`, `pull requests 3 and 5`. */
export function pullsText(numbers: readonly number[]): string {
  const list = numbers.length < 2 ? `${numbers[0]}` : `${numbers.slice(0, -1).join(', ')} and ${numbers.at(-1)}`;
  return `pull request${numbers.length > 1 ? 's' : ''} ${list}`;
}
