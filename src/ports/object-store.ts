/** What is known of an object without reading it. */
export interface ObjectFacts {
  /** Bytes. */
  readonly size: number;
  /** Hex, as whoever stored it noted; absent when it was not one of us. */
  readonly sha256?: string;
}

/** A part of an upload that has arrived. */
export interface StoredPart {
  /** Counts from 1. */
  readonly number: number;
  /** Bytes. */
  readonly size: number;
  /** What completes the upload; of most servers the MD5 of the part's bytes. */
  readonly etag: string;
}

/** A part before it is sent. */
export interface UploadPart {
  readonly key: string;
  readonly upload: string;
  readonly number: number;
  readonly bytes: Uint8Array;
}

/**
 * One bucket of an object storage. Every call is one request, not repeated; it throws an `ObjectFault`, or the reason of
 * the signal. An object is there completely or not at all, and writing it again takes the place of what was there.
 */
export interface ObjectStore {
  readonly bucket: string;
  /** Undefined where there is none. */
  look(key: string, signal: AbortSignal): Promise<ObjectFacts | undefined>;
  /** Stores an object with the digest of its bytes, which is checked on arrival. */
  put(key: string, bytes: Uint8Array, sha256: string, signal: AbortSignal): Promise<void>;
  /** The bytes from `from` on. */
  read(key: string, from: number, signal: AbortSignal): AsyncIterable<Uint8Array>;
  /** Uploads of exactly this key that were begun and neither completed nor given up, the newest first. */
  uploads(key: string, signal: AbortSignal): Promise<readonly string[]>;
  begin(key: string, sha256: string, signal: AbortSignal): Promise<string>;
  /** The parts of an upload that have arrived, by number. */
  parts(key: string, upload: string, signal: AbortSignal): Promise<readonly StoredPart[]>;
  /** Sends a part, checked on arrival; returns its etag. */
  putPart(part: UploadPart, signal: AbortSignal): Promise<string>;
  complete(key: string, upload: string, parts: readonly StoredPart[], signal: AbortSignal): Promise<void>;
  /** Gives an upload up; what has arrived of it is deleted. One that is not there is no fault. */
  abort(key: string, upload: string, signal: AbortSignal): Promise<void>;
  close(): void;
}
