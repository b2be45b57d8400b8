import { UserError } from '../../src/domain/errors.ts';
import type { CodeHost, HostComment, HostRelease, HostRights, PullRequest } from '../../src/ports/code-host.ts';
import {
  blobOf,
  HostState,
  type StoredComment,
  type StoredPull,
  type StoredRelease,
  type StoredRepository,
} from '../github/host-state.ts';
import { AskedPlace } from './asked-place.ts';

/** A host in memory. `state` is written and read by tests. A request is e.g. `createComment o/r 7`. */
export class MemoryCodeHost extends AskedPlace implements CodeHost {
  readonly state: HostState;
  rightsOf: (repo: string) => Omit<HostRights, 'user'> = () => ({ contents: 'write', pullRequests: 'write' });

  constructor(state: HostState = new HostState()) {
    super();
    this.state = state;
  }

  async rights(repo: string, signal: AbortSignal): Promise<HostRights> {
    return this.#ask('rights', repo, signal, () => ({ user: this.state.viewer, ...this.rightsOf(repo) }));
  }

  async defaultBranch(repo: string, signal: AbortSignal): Promise<string> {
    return this.#ask('defaultBranch', repo, signal, ({ defaultBranch }) => defaultBranch);
  }

  async pullsOfCommit(repo: string, commit: string, signal: AbortSignal): Promise<readonly PullRequest[]> {
    return this.#ask(`pullsOfCommit ${commit}`, repo, signal, ({ name, pulls }) =>
      [...pulls.values()]
        .filter(({ state, commits }) => state === 'merged' && commits.includes(commit))
        .map((pull) => pullOf(name, pull)),
    );
  }

  async pull(repo: string, number: number, signal: AbortSignal): Promise<PullRequest | undefined> {
    return this.#ask(`pull ${number}`, repo, signal, ({ name, pulls }) => {
      const found = pulls.get(number);
      return found && pullOf(name, found);
    });
  }

  async pullFrom(repo: string, branch: string, signal: AbortSignal): Promise<PullRequest | undefined> {
    return this.#ask(`pullFrom ${branch}`, repo, signal, (repository) => {
      const found = openFrom(repository, branch);
      return found && pullOf(repository.name, found);
    });
  }

  async openPull(
    repo: string,
    { branch, onto, title, body }: Parameters<CodeHost['openPull']>[1],
    signal: AbortSignal,
  ): Promise<PullRequest> {
    return this.#ask(`openPull ${branch}`, repo, signal, (repository) => {
      const { name, branches, defaultBranch } = repository;
      const head = branches.get(branch);
      if (head === undefined || !branches.has(onto)) throw refusal(`there is no branch ${branch} or ${onto}`);
      if (openFrom(repository, branch) !== undefined) throw refusal(`a pull request from ${branch} is open`);
      if (repository.isOn(onto, head)) throw refusal(`${branch} has nothing that is not on ${defaultBranch}`);
      const from = { repo: name, branch };
      const { viewer: author } = this.state;
      return pullOf(name, repository.addPull({ title, body, author, state: 'open', from, base: onto, head }));
    });
  }

  async findComment(repo: string, pull: number, marker: string, signal: AbortSignal): Promise<HostComment | undefined> {
    return this.#ask(`findComment ${pull}`, repo, signal, (repository) => {
      pullIn(repository, pull);
      const found = repository
        .commentsOf(pull)
        .find(({ author, body }) => author === this.state.viewer && body.startsWith(marker));
      return found && commentOf(repository.name, found);
    });
  }

  async createComment(repo: string, pull: number, body: string, signal: AbortSignal): Promise<HostComment> {
    return this.#ask(`createComment ${pull}`, repo, signal, (repository) => {
      if (pullIn(repository, pull).isLocked) throw refusal(`pull request ${pull} is locked`);
      return commentOf(repository.name, repository.addComment(pull, this.state.viewer, body));
    });
  }

  async updateComment(repo: string, id: number, body: string, signal: AbortSignal): Promise<HostComment> {
    return this.#ask(`updateComment ${id}`, repo, signal, (repository) => {
      const found = repository.comments.find((comment) => comment.id === id);
      if (found === undefined) throw refusal(`there is no comment ${id}`);
      found.body = body;
      return commentOf(repository.name, found);
    });
  }

  async addLabels(repo: string, pull: number, labels: readonly string[], signal: AbortSignal): Promise<void> {
    this.#ask(`addLabels ${pull}`, repo, signal, (repository) => {
      const { labels: there } = pullIn(repository, pull);
      there.push(...labels.filter((label) => !there.includes(label)));
    });
  }

  async setStatus(
    repo: string,
    commit: string,
    status: Parameters<CodeHost['setStatus']>[2],
    signal: AbortSignal,
  ): Promise<void> {
    this.#ask(`setStatus ${commit}`, repo, signal, (repository) => {
      if (!knows(repository, commit)) throw refusal(`there is no commit ${commit}`);
      repository.statuses.push({ sha: commit, ...status });
    });
  }

  async readFile(...[repo, branch, path, signal]: Parameters<CodeHost['readFile']>): ReturnType<CodeHost['readFile']> {
    return this.#ask(`readFile ${branch} ${path}`, repo, signal, (repository) => {
      const text = repository.file(branch, path);
      return text === undefined ? undefined : { text, blob: blobOf(text) };
    });
  }

  async changeFile(...[repo, change, signal]: Parameters<CodeHost['changeFile']>): ReturnType<CodeHost['changeFile']> {
    const { branch, path, text, message, replaces } = change;
    return this.#ask(`changeFile ${branch} ${path}`, repo, signal, (repository) => {
      if (!repository.branches.has(branch)) throw refusal(`there is no branch ${branch}`);
      if (repository.protectedBranches.has(branch)) throw refusal(`a rule of the repository protects ${branch}`);
      const there = repository.file(branch, path);
      if ((there === undefined ? undefined : blobOf(there)) !== replaces) return { kind: 'conflict' } as const;
      return { kind: 'changed', commit: repository.commit(branch, { [path]: text }, message) } as const;
    });
  }

  async findBranch(repo: string, branch: string, signal: AbortSignal): Promise<string | undefined> {
    return this.#ask(`findBranch ${branch}`, repo, signal, ({ branches }) => branches.get(branch));
  }

  async createBranch(repo: string, branch: string, commit: string, signal: AbortSignal): Promise<void> {
    this.#ask(`createBranch ${branch}`, repo, signal, (repository) => {
      if (repository.branches.has(branch)) return;
      if (!repository.commits.has(commit)) throw refusal(`there is no commit ${commit}`);
      repository.branches.set(branch, commit);
    });
  }

  async findRelease(repo: string, tag: string, signal: AbortSignal): Promise<HostRelease | undefined> {
    return this.#ask(`findRelease ${tag}`, repo, signal, ({ name, releases }) => {
      const found = releases.find((release) => release.tag === tag);
      return found && releaseOf(name, found);
    });
  }

  async createRelease(
    repo: string,
    release: Parameters<CodeHost['createRelease']>[1],
    signal: AbortSignal,
  ): Promise<HostRelease> {
    return this.#ask(`createRelease ${release.tag}`, repo, signal, ({ name, releases }) => {
      if (releases.some(({ tag }) => tag === release.tag)) throw refusal(`there is a release ${release.tag}`);
      releases.push(release);
      return releaseOf(name, release);
    });
  }

  #ask<T>(what: string, repo: string, signal: AbortSignal, work: (repository: StoredRepository) => T): T {
    const [verb = '', ...about] = what.split(' ');
    return this.ask([verb, repo, ...about].join(' '), signal, () => {
      const repository = this.state.find(repo) ?? this.state.findRenamed(repo);
      if (repository === undefined) throw refusal(`there is no repository ${repo}, or the token may not see it`);
      return work(repository);
    });
  }
}

function refusal(message: string): UserError {
  return new UserError('bad-input', message);
}

function pullIn({ pulls }: StoredRepository, number: number): StoredPull {
  const found = pulls.get(number);
  if (found === undefined) throw refusal(`there is no pull request ${number}`);
  return found;
}

/** The head of a pull request from elsewhere is known here, too. */
function knows({ commits, pulls }: StoredRepository, sha: string): boolean {
  return commits.has(sha) || [...pulls.values()].some(({ head }) => head === sha);
}

function openFrom({ name, pulls }: StoredRepository, branch: string): StoredPull | undefined {
  return [...pulls.values()].find(
    ({ state, from }) => state === 'open' && from?.repo === name && from.branch === branch,
  );
}

function pullOf(repo: string, { number, title, author, state, head }: StoredPull): PullRequest {
  const who = author === undefined ? {} : { author };
  return { number, title, ...who, state, head, url: `https://host.test/${repo}/pull/${number}` };
}

function commentOf(repo: string, { id, pull, body }: StoredComment): HostComment {
  return { id, body, url: `https://host.test/${repo}/pull/${pull}#issuecomment-${id}` };
}

function releaseOf(repo: string, { tag, name, body }: StoredRelease): HostRelease {
  return { tag, name, body, url: `https://host.test/${repo}/releases/tag/${tag}` };
}
