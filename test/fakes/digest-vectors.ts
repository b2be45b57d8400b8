import { createHash } from 'node:crypto';

/** test/golden/digest-vectors.json: shared with the drivers' tests. */
export interface Vectors {
  readonly folders: readonly {
    readonly name: string;
    readonly files: readonly { readonly path: string; readonly text?: string; readonly base64?: string }[];
    readonly emptyFolders?: readonly string[];
    readonly listing: string;
    readonly digest: string;
    readonly size: number;
  }[];
  readonly files: readonly {
    readonly name: string;
    readonly base64: string;
    readonly digest: string;
    readonly size: number;
    readonly listing: string;
  }[];
  readonly refusedNames: readonly string[];
  readonly badListings: readonly { readonly name: string; readonly listing: string }[];
}

export function sha256Bytes(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
