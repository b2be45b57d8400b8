import type { PullHead } from '../domain/data/source-facts.ts';
import type { JsonObject } from '../domain/json.ts';

/** Data from outside that a stage reads, pinned: what it is and a digest that changes when it does. */
export type PinnedSource =
  /** A folder, copied into the workspace under its digest so that later edits do not reach the run. */
  | {
      readonly kind: 'folder';
      readonly path: string;
      readonly digest: string;
      readonly subPath: string;
      readonly companions: readonly string[];
      /** The commits it is merged of, where pull requests were asked for; `path` may be a git URL then. */
      readonly merged?: PinnedMerge;
    }
  /** An artifact in object storage, fetched into the workspace under its digest. */
  | {
      readonly kind: 'object';
      /** `s3://bucket/key@sha256:<hex>`. */
      readonly uri: string;
      readonly digest: string;
      readonly subPath: string;
      readonly companions: readonly string[];
    }
  | { readonly kind: 'git'; readonly url: string; readonly commit: string }
  | { readonly kind: 'hub'; readonly repo: string; readonly revision: string }
  /** A name the engine knows, e.g. `tiny`. */
  | { readonly kind: 'builtin'; readonly name: string };

/** Pull requests to merge, in this order, and what onto. */
export interface PinnedMerge {
  readonly onto: string;
  readonly pulls: readonly PullHead[];
}

/** Which data a person named for an input. */
export interface SourceRequest {
  /** The input's name, for messages. */
  readonly input: string;
  /** An absolute folder, a git URL, `hf:<org>/<name>`, `s3://bucket/key`, or one of `builtin`. */
  readonly location: string;
  readonly builtin: readonly string[];
  /** A git ref: what changed since it is listed beside the folder. */
  readonly changedSince?: string;
  /** Numbers of pull requests that are merged into it, in this order; only of a git repository. */
  readonly pulls?: readonly number[];
}

/** Pins sources at plan time and places folders in the workspace before a stage needs them. */
export interface SourceStore {
  /** Computes identity and digest without writing; `pod` says how object storage is reached. Throws `bad-input` with the input's name. */
  pin(request: SourceRequest, signal: AbortSignal, pod?: JsonObject): Promise<PinnedSource>;
  /** Puts a pinned folder or object into the workspace under its digest; idempotent; throws `bad-input` when it changed since it was pinned. */
  place(source: PinnedSource, request: SourceRequest, context: PlaceContext): Promise<void>;
  /** The folders that were placed and not freed since. */
  placed(): Promise<readonly PlacedFolder[]>;
  /**
   * Frees placed folders. Once nobody can find them any more, `isNamed` is asked again whether a run names the digest:
   * such a folder stays. Returns what was freed. Interrupted, it is finished by calling it again.
   */
  free(
    folders: readonly PlacedFolder[],
    isNamed: (digests: readonly string[]) => Promise<ReadonlySet<string>>,
    context: PlaceContext,
  ): Promise<readonly PlacedFolder[]>;
}

/** A folder of the workspace that came from outside. */
export interface PlacedFolder {
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
  /** RFC 3339. */
  readonly placedAt: string;
  /** The claim it is in; absent on this machine. */
  readonly claim?: string;
}

/** For whom data is placed. */
export interface PlaceContext {
  /** The pod settings of the run: which claim, and what a pod needs to reach it. */
  readonly pod: JsonObject;
  readonly signal: AbortSignal;
}
