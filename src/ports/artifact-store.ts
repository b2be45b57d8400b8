import type { AttemptRef } from './target.ts';

/** Looks at what attempts left in the workspace, and takes it out or away. */
export interface ArtifactStore {
  /** The folder of an attempt's outputs on this machine; undefined where the workspace is elsewhere. */
  folder(ref: AttemptRef): string | undefined;
  /** The files of an artifact, relative to it, sorted; of a single file its own name alone. Empty when it is gone, or cannot be looked at from here. */
  files(ref: AttemptRef, artifact: { readonly path: string }): Promise<readonly string[]>;
  /**
   * Checks that an artifact is still what was recorded: names and sizes, with `contents` the bytes too. Returns what
   * differs, empty when nothing does. Where the workspace is elsewhere, only `contents` looks at all.
   */
  verify(
    ref: AttemptRef,
    artifact: { readonly name: string; readonly path: string; readonly digest: string },
    options: { readonly contents: boolean },
  ): Promise<readonly string[]>;
  /** The listing of an artifact, as its producer wrote it, else made from its bytes. `path` as recorded. Throws `not-found`. */
  listing(ref: AttemptRef, path: string, signal: AbortSignal): Promise<string>;
  /** The bytes of one file from `from` on; `path` is relative to the attempt's outputs. What is cut on the way is gone on with. */
  read(ref: AttemptRef, path: string, from: number, signal: AbortSignal): AsyncIterable<Uint8Array>;
  /** Deletes the outputs of attempts of one run, and what their stages kept from attempt to attempt. Idempotent. */
  discard(refs: readonly AttemptRef[], signal: AbortSignal): Promise<void>;
  /** Ends what was opened to look at contents. To be called when a command is done with them; idempotent. */
  release(): Promise<void>;
}
