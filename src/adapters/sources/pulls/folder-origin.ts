import { UserError } from '../../../domain/errors.ts';
import { git } from '../git.ts';
import { headRefs, headsIn, type Origin, pullsText } from './origin.ts';
import type { Scratch } from './scratch.ts';

/** A clone on this machine: its commits are read where they are. */
export class FolderOrigin implements Origin {
  readonly #input: string;
  readonly #folder: string;
  readonly #signal: AbortSignal;

  constructor(input: string, folder: string, signal: AbortSignal) {
    this.#input = input;
    this.#folder = folder;
    this.#signal = signal;
  }

  async onto(): Promise<string> {
    const status = await this.#text(['status', '--porcelain', '-z', '--', '.']);
    if (status !== '') {
      throw this.#fault(`${this.#folder} holds changes that no commit has: pull requests are merged onto a commit`, {
        hint: 'commit them, or put them away: `git stash --include-untracked`',
      });
    }
    return (await this.#text(['rev-parse', '--verify', '--end-of-options', 'HEAD^{commit}'])).trim();
  }

  async heads(numbers: readonly number[]) {
    const refs = numbers.flatMap(headRefs);
    const lines = await this.#text(['for-each-ref', '--format=%(objectname) %(refname)', ...refs]);
    return headsIn(lines, numbers, (absent) => {
      const [first = ''] = headRefs(absent[0] ?? 0);
      return this.#fault(`${this.#folder} has not fetched ${pullsText(absent)}`, {
        hint: `for example \`git fetch origin ${first}:${first}\` (GitLab: refs/merge-requests/...), or name the repository's URL`,
      });
    });
  }

  async bring(scratch: Scratch, commit: string, what: string): Promise<void> {
    await scratch.borrow((await this.#text(['rev-parse', '--path-format=absolute', '--git-path', 'objects'])).trim());
    const found = await scratch.git(['cat-file', '-e', `${commit}^{commit}`]);
    if (found.kind !== 'ok') throw this.#fault(`${this.#folder} has no commit ${commit}, which ${what} is at`);
  }

  async bringBase(scratch: Scratch, ref: string): Promise<string> {
    const base = await this.#git(['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`]);
    if (base.kind !== 'ok') {
      throw this.#fault(`${this.#folder} has no commit, branch or tag ${JSON.stringify(ref)}`, {
        hint: 'fetch it first, or name another base',
      });
    }
    const commit = base.text.trim();
    await this.bring(scratch, commit, ref);
    return commit;
  }

  async prefix(): Promise<string> {
    return (await this.#text(['rev-parse', '--show-prefix'])).trimEnd();
  }

  #git(args: readonly string[]) {
    return git(this.#folder, args, this.#signal);
  }

  async #text(args: readonly string[]): Promise<string> {
    const answer = await this.#git(args);
    if (answer.kind === 'ok') return answer.text;
    const why = answer.kind === 'absent' ? 'git is not installed' : answer.message;
    throw this.#fault(`no pull request can be merged into ${this.#folder}: ${why}`, {
      hint: 'give a clone of the repository, or its URL',
    });
  }

  #fault(message: string, options: { readonly hint?: string } = {}): UserError {
    return new UserError('bad-input', `${this.#input}: ${message}`, options);
  }
}
