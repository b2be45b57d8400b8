import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type GitAnswer, type GitOptions, git, gitBytes } from '../git.ts';

/** Nothing of a person's or a machine's settings decides what a merge gives, and no program they name is run. */
const OWN_RULES = {
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_ATTR_NOSYSTEM: '1',
  GIT_NO_REPLACE_OBJECTS: '1',
};

/**
 * A repository of our own that holds the commits of a merge for as long as it takes. It has no work tree: nothing is
 * checked out, so no hook, no filter, no link and no submodule of a stranger acts.
 */
export class Scratch {
  readonly repository: string;
  /** Where the merged files are laid. */
  readonly files: string;
  readonly #signal: AbortSignal;

  private constructor(folder: string, signal: AbortSignal) {
    this.repository = join(folder, 'merge.git');
    this.files = join(folder, 'files');
    this.#signal = signal;
  }

  static async with<T>(signal: AbortSignal, use: (scratch: Scratch) => Promise<T>): Promise<T> {
    const folder = await mkdtemp(join(tmpdir(), 'ilab-merge-'));
    try {
      const scratch = new Scratch(folder, signal);
      await mkdir(scratch.repository);
      await mkdir(scratch.files);
      await scratch.text(['init', '--quiet', '--bare', '--template=', '.']);
      return await use(scratch);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** Lets the commits of a repository of this machine be read as if they were here. */
  async borrow(objects: string): Promise<void> {
    await writeFile(join(this.repository, 'objects', 'info', 'alternates'), `${JSON.stringify(objects)}\n`);
  }

  git(args: readonly string[], options: GitOptions = {}): Promise<GitAnswer> {
    return git(this.repository, args, this.#signal, { ...options, env: { ...OWN_RULES, ...options.env } });
  }

  /** With the person's own settings: they hold what it takes to reach a server. */
  reach(args: readonly string[], options: GitOptions): Promise<GitAnswer> {
    return git(this.repository, args, this.#signal, options);
  }

  /** The bytes of a file as git stores it. */
  bytes(object: string): Promise<Uint8Array> {
    return gitBytes(this.repository, ['cat-file', 'blob', object], this.#signal, { env: OWN_RULES });
  }

  /** What a command says that cannot fail on a sound repository. */
  async text(args: readonly string[], options: GitOptions = {}): Promise<string> {
    const answer = await this.git(args, options);
    if (answer.kind === 'ok') return answer.text;
    const why = answer.kind === 'absent' ? 'git is not installed' : answer.message;
    throw new Error(`git ${args[0]}: ${why}`);
  }
}
