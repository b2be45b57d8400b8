import { createHash } from 'node:crypto';

/*
 * What a host of repositories remembers: the truth behind the test server and behind the fake in memory. Tests write and
 * read it directly.
 */

export interface StoredCommit {
  readonly sha: string;
  readonly message: string;
  readonly parent: string | undefined;
  /** Text by path. */
  readonly files: ReadonlyMap<string, string>;
}

export interface StoredPull {
  readonly number: number;
  title: string;
  body: string;
  /** Undefined: the account is gone. */
  author: string | undefined;
  state: 'open' | 'merged' | 'closed';
  /** Where it comes from; undefined = a fork that is gone. */
  from: { readonly repo: string; readonly branch: string } | undefined;
  base: string;
  head: string;
  readonly labels: string[];
  isLocked: boolean;
  /** What it brought to the base. */
  readonly commits: string[];
}

export interface StoredComment {
  readonly id: number;
  readonly pull: number;
  readonly author: string;
  readonly isBot: boolean;
  body: string;
}

export interface StoredRelease {
  readonly tag: string;
  readonly onto: string;
  readonly name: string;
  readonly body: string;
  readonly isLatest: boolean;
}

export interface StoredStatus {
  readonly sha: string;
  readonly context: string;
  readonly state: string;
  readonly description: string;
  readonly url: string;
}

export class StoredRepository {
  name: string;
  readonly id: number;
  isPrivate = false;
  isArchived = false;
  defaultBranch = 'main';
  readonly commits = new Map<string, StoredCommit>();
  readonly branches = new Map<string, string>();
  /** Nobody writes to them without a pull request. */
  readonly protectedBranches = new Set<string>();
  readonly pulls = new Map<number, StoredPull>();
  readonly comments: StoredComment[] = [];
  readonly releases: StoredRelease[] = [];
  readonly statuses: StoredStatus[] = [];
  #count = 0;

  constructor(name: string, id: number) {
    this.name = name;
    this.id = id;
  }

  get owner(): string {
    return this.name.split('/')[0] ?? '';
  }

  /** A commit that changes files of the branch, which is made where it is not there; `null` removes a file. */
  commit(branch: string, changes: Readonly<Record<string, string | null>>, message = 'a change'): string {
    const parent = this.branches.get(branch) ?? this.branches.get(this.defaultBranch);
    const files = new Map(parent === undefined ? [] : this.commits.get(parent)?.files);
    for (const [path, text] of Object.entries(changes)) {
      if (text === null) files.delete(path);
      else files.set(path, text);
    }
    const sha = hash(JSON.stringify([this.name, parent ?? '', message, [...files], this.commits.size]));
    this.commits.set(sha, { sha, message, parent, files });
    this.branches.set(branch, sha);
    return sha;
  }

  /** The text of a file of a branch. */
  file(branch: string, path: string): string | undefined {
    return this.commits.get(this.branches.get(branch) ?? '')?.files.get(path);
  }

  /** Somebody's pull request; `commits` are what it brought where it is merged. */
  addPull(pull: Partial<StoredPull>): StoredPull {
    const number = pull.number ?? this.pulls.size + 1;
    const stored: StoredPull = {
      title: `change ${number}`,
      body: '',
      author: 'contributor',
      state: 'merged',
      from: { repo: `contributor/${this.name.split('/')[1]}`, branch: `change-${number}` },
      base: this.defaultBranch,
      head: hash(`head ${number}`),
      labels: [],
      isLocked: false,
      commits: [],
      ...pull,
      number,
    };
    this.pulls.set(number, stored);
    return stored;
  }

  addComment(pull: number, author: string, body: string, isBot = false): StoredComment {
    this.#count += 1;
    const comment: StoredComment = { id: this.id * 10_000 + this.#count, pull, author, isBot, body };
    this.comments.push(comment);
    return comment;
  }

  commentsOf(pull: number): readonly StoredComment[] {
    return this.comments.filter((comment) => comment.pull === pull);
  }

  /** The branches of a commit, by way of its parents. */
  isOn(branch: string, sha: string): boolean {
    for (let at = this.branches.get(branch); at !== undefined; at = this.commits.get(at)?.parent) {
      if (at === sha) return true;
    }
    return false;
  }
}

export class HostState {
  /** Whose token it is. */
  readonly viewer: string;
  readonly #repositories: StoredRepository[] = [];
  /** Old names. */
  readonly #renamed = new Map<string, StoredRepository>();

  constructor(viewer = 'publisher') {
    this.viewer = viewer;
  }

  /** A repository with one commit on its default branch. */
  addRepository(name: string): StoredRepository {
    const repository = new StoredRepository(name, 1000 + this.#repositories.length);
    repository.commit('main', { 'README.md': `# ${name}\n` }, 'begin');
    this.#repositories.push(repository);
    return repository;
  }

  /** All of it as JSON can hold it. */
  shown(): object {
    return this.#repositories.map(({ name, branches, pulls, comments, releases, statuses, commits }) => ({
      name,
      branches: Object.fromEntries(
        [...branches].map(([branch, sha]) => {
          const { message = '', files = new Map<string, string>() } = commits.get(sha) ?? {};
          return [branch, { sha, message, files: Object.fromEntries(files) }];
        }),
      ),
      pulls: [...pulls.values()],
      ...{ comments, releases, statuses },
    }));
  }

  rename(repository: StoredRepository, name: string): void {
    this.#renamed.set(repository.name.toLowerCase(), repository);
    repository.name = name;
  }

  find(name: string): StoredRepository | undefined {
    return this.#repositories.find((repository) => repository.name.toLowerCase() === name.toLowerCase());
  }

  findById(id: number): StoredRepository | undefined {
    return this.#repositories.find((repository) => repository.id === id);
  }

  findRenamed(name: string): StoredRepository | undefined {
    return this.find(name) === undefined ? this.#renamed.get(name.toLowerCase()) : undefined;
  }
}

/** What git calls a text. */
export function blobOf(text: string): string {
  return createHash('sha1')
    .update(`blob ${Buffer.byteLength(text)}\0`)
    .update(text)
    .digest('hex');
}

function hash(text: string): string {
  return createHash('sha1').update(text).digest('hex');
}
