/** What is known of the history of a folder from outside: `inputs/<name>.source.json` of docs/stage-contract.md. */
export interface SourceFacts {
  readonly kind: 'folder';
  /** What was checked out, or the merge; absent before the first commit. */
  readonly commit?: string;
  /** The commit that `changed` counts from. */
  readonly base?: string;
  /** The files that differ from `base`; absent when nobody asked. */
  readonly changed?: readonly string[];
  /** The folder held changes that no commit has. */
  readonly dirty: boolean;
  /** Absent when no pull request was asked for. */
  readonly merged?: MergedPulls;
}

/** The pull requests that were merged, in this order, and what onto. */
export interface MergedPulls {
  readonly onto: string;
  readonly pulls: readonly MergedPull[];
}

/** A pull request at one commit. */
export interface PullHead {
  readonly number: number;
  readonly commit: string;
}

/** A pull request as it was merged. Names of files and people are strangers' text. */
export interface MergedPull extends PullHead {
  /** The files it changes, relative to the folder. */
  readonly changed: readonly string[];
  /** Names of those who wrote its commits. */
  readonly authors: readonly string[];
}
