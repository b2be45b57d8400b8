/** Where models are found and published, e.g. Hugging Face. */
export interface ModelHub {
  /** The commit that a revision of `org/name` is at now. Throws `bad-input` (no such model, no access), `unreachable`. */
  resolveRevision(repo: string, revision: string, signal: AbortSignal): Promise<string>;
}

/** What a commit says of itself. */
export interface HubCommit {
  /** The revision, 40 hex digits. */
  readonly oid: string;
  readonly title: string;
  /** Below the title; empty where there is none. */
  readonly message: string;
}

/** A file of a repository at one revision. */
export interface HubFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Hex, where the hub knows it (large files); absent for small ones. */
  readonly sha256?: string;
}

/** A file to be published. */
export type HubUpload =
  | { readonly path: string; readonly kind: 'text'; readonly text: string }
  /** `file` is a path of the machine that publishes; its digest and size were taken before and are checked on arrival. */
  | {
      readonly path: string;
      readonly kind: 'file';
      readonly file: string;
      readonly size: number;
      readonly sha256: string;
    };

/** One commit that writes and deletes files. */
export interface HubCommitRequest {
  readonly repo: string;
  readonly branch: string;
  /** The commit that the branch must still be at; another one there is `conflict`. */
  readonly parent: string;
  readonly title: string;
  readonly message: string;
  readonly uploads: readonly HubUpload[];
  /** Paths that the new commit no longer has. */
  readonly deletions: readonly string[];
}

/** What the owner of a token may do. */
export interface HubRights {
  /** The name of the person, organisation or application. */
  readonly user: string;
  /** Undefined = the hub does not tell. */
  readonly mayWrite: boolean | undefined;
  /** What is missing and where it is given, a sentence; only where `mayWrite` is false. */
  readonly lacking?: string;
}

/** What a call for a commit came to. */
export type HubCommitted =
  | { readonly kind: 'committed'; readonly oid: string }
  /** Somebody else committed in between: look again, then ask again. */
  | { readonly kind: 'conflict' };

/**
 * A model hub that is written to, as the owner of a token. What is asked once is asked again by the adapter while the hub
 * is busy (429, 5xx, no answer), but for `commit`: after an answer that did not come, whoever asked looks first whether it
 * happened. Throws `UserError`: `bad-input` where the hub refuses (the missing right is named), `unreachable` where it does
 * not answer in the time that the adapter was given; or the reason of the signal. No token is in any message.
 */
export interface ModelPublisher {
  /** Whose token it is, and whether it may write to `repo` (or make it). */
  rights(repo: string, signal: AbortSignal): Promise<HubRights>;
  /** Undefined where there is none that the token can see. `head`: the commit of the branch `main`. */
  findRepository(
    repo: string,
    signal: AbortSignal,
  ): Promise<{ readonly isPrivate: boolean; readonly head: string } | undefined>;
  /** One that is there already is no fault; its visibility is left as it is. */
  createRepository(repo: string, options: { readonly isPrivate: boolean }, signal: AbortSignal): Promise<void>;
  /** Commits of a branch or tag, the newest first. */
  commits(repo: string, revision: string, signal: AbortSignal): AsyncIterable<HubCommit>;
  files(repo: string, revision: string, signal: AbortSignal): AsyncIterable<HubFile>;
  /** A small text file; undefined where the revision has none of that path. */
  readText(repo: string, revision: string, path: string, signal: AbortSignal): Promise<string | undefined>;
  /** One commit with all of it, or nothing. Bytes that the hub has are not sent again. `onProgress`: bytes sent so far. */
  commit(request: HubCommitRequest, onProgress: (sent: number) => void, signal: AbortSignal): Promise<HubCommitted>;
  /** The commit that a tag is at; undefined where there is no such tag. */
  findTag(repo: string, tag: string, signal: AbortSignal): Promise<string | undefined>;
  /** One that is there at the same commit is no fault; at another one: `bad-input`. */
  createTag(
    repo: string,
    tag: { readonly name: string; readonly oid: string; readonly message: string },
    signal: AbortSignal,
  ): Promise<void>;
  /** The address of a repository, or of a revision of it, for people. */
  address(repo: string, revision?: string): string;
}
