import { UserError } from '../../../domain/errors.ts';
import type { GitAnswer } from '../git.ts';
import { git } from '../git.ts';
import { pinGitUrl } from '../git-url.ts';
import { headRefs, headsIn, type Origin, pullsText } from './origin.ts';
import type { Scratch } from './scratch.ts';

/** All that comes of one fetch, bytes: a pack is one file, and git ends when it grows beyond that. */
const MOST_FETCHED = 512 * 1024 * 1024;
const FETCH_MS = 15 * 60_000;

/** A repository by URL: its commits are fetched, whole histories of them, because a merge needs to know where they parted. */
export class UrlOrigin implements Origin {
  readonly #input: string;
  readonly #location: string;
  readonly #cwd: string;
  readonly #signal: AbortSignal;
  readonly #largest: number;

  constructor(
    input: string,
    location: string,
    { cwd, signal, largest = MOST_FETCHED }: { cwd: string; signal: AbortSignal; largest?: number },
  ) {
    this.#input = input;
    this.#location = location;
    this.#cwd = cwd;
    this.#signal = signal;
    this.#largest = largest;
  }

  get #url(): string {
    return this.#location.split('#', 1)[0] ?? '';
  }

  async onto(): Promise<string> {
    return (await pinGitUrl(this.#input, this.#location, this.#cwd, this.#signal)).commit;
  }

  async heads(numbers: readonly number[]) {
    const answer = await git(this.#cwd, ['ls-remote', '--', this.#url, ...numbers.flatMap(headRefs)], this.#signal);
    const lines = this.#checked(answer, `${this.#url} cannot be read`);
    return headsIn(lines, numbers, (absent) => this.#fault(`${this.#url} has no ${pullsText(absent)}`));
  }

  bring(scratch: Scratch, commit: string, what: string): Promise<void> {
    return this.#fetch(scratch, commit, what);
  }

  async bringBase(scratch: Scratch, ref: string): Promise<string> {
    // There is one remote here, and its branches have no prefix.
    const base = `${this.#url}#${ref.replace(/^origin\//, '')}`;
    const { commit } = await pinGitUrl(this.#input, base, this.#cwd, this.#signal);
    await this.#fetch(scratch, commit, ref);
    return commit;
  }

  prefix(): Promise<string> {
    return Promise.resolve('');
  }

  async #fetch(scratch: Scratch, commit: string, what: string): Promise<void> {
    const args = ['fetch', '--quiet', '--no-tags', '--no-recurse-submodules', '--no-auto-gc', '--no-write-fetch-head'];
    const options = { timeout: FETCH_MS, largestFile: this.#largest };
    const answer = await scratch.reach([...args, '--', this.#url, `${commit}:refs/brought/${commit}`], options);
    this.#checked(answer, `${what} cannot be fetched from ${this.#url}`);
  }

  #checked(answer: GitAnswer, what: string): string {
    switch (answer.kind) {
      case 'ok':
        return answer.text;
      case 'refused': {
        const most = `${this.#largest / 1024 / 1024} MiB`;
        const why = isTooLarge(answer.message) ? `it is larger than ${most}, or was cut off` : answer.message;
        throw this.#fault(`${what}: ${why}`, 'check the URL and your credentials: `git ls-remote URL`');
      }
      case 'absent':
        throw this.#fault(`git is needed to read ${this.#url} and is not installed`);
    }
  }

  #fault(message: string, hint?: string): UserError {
    return new UserError('bad-input', `${this.#input}: ${message}`, hint === undefined ? {} : { hint });
  }
}

/** What git says when it may not write on, by the number of objects. */
function isTooLarge(message: string): boolean {
  return /File too large|file size limit|signal 25|invalid index-pack output/i.test(message);
}
