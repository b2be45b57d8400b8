import type { StageResult } from '../domain/attempt/outcome.ts';

/** What an attempt made, to be stored. */
export interface AttemptToStore {
  readonly run: string;
  readonly stage: string;
  readonly attempt: number;
  readonly result: StageResult;
}

/** Reads what an attempt made; paths are relative to its outputs. */
export interface ArtifactReader {
  listing(path: string): Promise<string>;
  read(path: string, from: number): AsyncIterable<Uint8Array>;
}

/** An attempt that is stored completely. */
export interface StoredAttempt {
  readonly files: number;
  readonly bytes: number;
  /** Where its manifest lies. */
  readonly uri: string;
  /** Each with its digest: what another run takes as an input. */
  readonly artifacts: readonly { readonly name: string; readonly uri: string }[];
}

/** Where artifacts are kept for good, beside the workspace. */
export interface ArtifactArchive {
  /** Stores what is not stored yet. Throws `bad-config`, `unreachable`, and `storage-failed` for what changed since it was made. */
  store(attempt: AttemptToStore, reader: ArtifactReader, signal: AbortSignal): Promise<StoredAttempt>;
  close(): void;
}
