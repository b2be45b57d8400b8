/** A pull request as the host tells of it. */
export interface PullRequest {
  readonly number: number;
  readonly title: string;
  /** The login of who opened it; absent where the account is gone. */
  readonly author?: string;
  readonly state: 'open' | 'merged' | 'closed';
  /** The commit that its branch is at, 40 hex digits. */
  readonly head: string;
  readonly url: string;
}

/** A comment of a pull request. */
export interface HostComment {
  readonly id: number;
  readonly body: string;
  readonly url: string;
}

/** A release of a repository; `body` is Markdown. */
export interface HostRelease {
  readonly tag: string;
  readonly name: string;
  readonly body: string;
  readonly url: string;
}

/** A text file of a branch. */
export interface HostFile {
  readonly text: string;
  /** What a change of the file names as what it changes. */
  readonly blob: string;
}

/** One commit that writes one file of a branch. */
export interface FileChange {
  readonly branch: string;
  readonly path: string;
  readonly text: string;
  /** Title, and below an empty line what else there is to say. */
  readonly message: string;
  /** The blob that is replaced; absent = the file must not be there yet. */
  readonly replaces?: string;
}

/** What a token may do to one repository. */
export interface HostRights {
  /** Absent where the token has none to tell (an app's installation). */
  readonly user?: string;
  readonly contents: 'read' | 'write';
  readonly pullRequests: 'read' | 'write' | 'unknown';
  /** When the token ends; absent where the host does not tell, or it does not end. */
  readonly expires?: Date;
}

/**
 * A host of git repositories that is written to, e.g. GitHub, as the owner of a token. `repo` is `owner/name`. The adapter
 * waits out the host's limits (primary and secondary) and asks again where it is safe: reads always, writes only when the
 * host said that it did nothing. After a write whose answer did not come, whoever asked looks first whether it happened.
 * Throws `UserError`: `bad-input` where the host refuses (the missing scope or right is named, or that a branch is
 * protected), `unreachable` where it does not answer in the time that the adapter was given; or the reason of the signal.
 * What is not there is `undefined`, never thrown, where a method says so. No token is in any message.
 */
export interface CodeHost {
  rights(repo: string, signal: AbortSignal): Promise<HostRights>;
  defaultBranch(repo: string, signal: AbortSignal): Promise<string>;

  /** Pull requests of this repository that brought the commit, merged or squashed. */
  pullsOfCommit(repo: string, commit: string, signal: AbortSignal): Promise<readonly PullRequest[]>;
  pull(repo: string, number: number, signal: AbortSignal): Promise<PullRequest | undefined>;
  /** The open pull request from a branch of the same repository. */
  pullFrom(repo: string, branch: string, signal: AbortSignal): Promise<PullRequest | undefined>;
  openPull(
    repo: string,
    pull: { readonly branch: string; readonly onto: string; readonly title: string; readonly body: string },
    signal: AbortSignal,
  ): Promise<PullRequest>;

  /** The first comment by the token's owner whose text begins with `marker`. */
  findComment(repo: string, pull: number, marker: string, signal: AbortSignal): Promise<HostComment | undefined>;
  createComment(repo: string, pull: number, body: string, signal: AbortSignal): Promise<HostComment>;
  updateComment(repo: string, id: number, body: string, signal: AbortSignal): Promise<HostComment>;
  /** Adds what is not there yet. */
  addLabels(repo: string, pull: number, labels: readonly string[], signal: AbortSignal): Promise<void>;
  setStatus(
    repo: string,
    commit: string,
    status: {
      readonly context: string;
      readonly state: 'success' | 'failure';
      readonly description: string;
      readonly url: string;
    },
    signal: AbortSignal,
  ): Promise<void>;

  /** Undefined where the branch has none of that path. */
  readFile(repo: string, branch: string, path: string, signal: AbortSignal): Promise<HostFile | undefined>;
  /** `conflict`: somebody changed the file in between: read it again, then ask again. */
  changeFile(
    repo: string,
    change: FileChange,
    signal: AbortSignal,
  ): Promise<{ readonly kind: 'changed'; readonly commit: string } | { readonly kind: 'conflict' }>;
  /** The commit a branch is at; undefined where there is no such branch. */
  findBranch(repo: string, branch: string, signal: AbortSignal): Promise<string | undefined>;
  /** One that is there already is no fault and stays where it is. */
  createBranch(repo: string, branch: string, commit: string, signal: AbortSignal): Promise<void>;

  findRelease(repo: string, tag: string, signal: AbortSignal): Promise<HostRelease | undefined>;
  createRelease(
    repo: string,
    release: {
      readonly tag: string;
      readonly onto: string;
      readonly name: string;
      readonly body: string;
      /** Whether it becomes the one that the host calls the latest. */
      readonly isLatest: boolean;
    },
    signal: AbortSignal,
  ): Promise<HostRelease>;
}
