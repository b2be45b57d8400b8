/*
 * What the program and its pod say to each other through the API server's pod proxy (docs/data.md). Only GET and POST: for
 * the proxy's rights PUT would be `update`. The pod answers 200 or 206 whatever it has to say, and says so in a header of
 * its own: what comes without that header, or with another status, is somebody's on the way.
 */

/** Where the pod listens. */
export const TRANSFER_PORT = 8484;

/** Where the claim is mounted in the pod. */
export const WORKSPACE_MOUNT = '/workspace';

/** Where what a Job unpacks is mounted. */
export const PIECES_MOUNT = '/pieces';

/** Header names, in lower case as Node gives them. */
export const HEADER = {
  /** 256 bits in hex. Not `Authorization`, which the API server takes away; not in a URL, which it writes down. */
  token: 'x-ilab-token',
  /** A path in the workspace, base64url of its UTF-8: no name survives every proxy's idea of a URL. */
  path: 'x-ilab-path',
  /** Hex digest of the folder that is sent. */
  digest: 'x-ilab-digest',
  /** Where in the pack a chunk begins. */
  offset: 'x-ilab-offset',
  /** Hex digest of a chunk. */
  sha256: 'x-ilab-sha256',
  /** On every answer of the pod: `ok`, or the code of a fault whose message is the body. */
  answer: 'x-ilab-answer',
} as const;

/** What the pod at the other end serves. */
export const ROUTE = {
  hello: '/v1/hello',
  /** GET: how much of a pack has arrived. POST: its next chunk. */
  intake: '/v1/intake',
  /** GET: the listing beside an artifact, or made from its bytes where there is none. */
  listing: '/v1/listing',
  /** GET: the listing made from the bytes as they are now. */
  contents: '/v1/contents',
  /** GET, with `Range: bytes=N-`: a file. */
  file: '/v1/file',
} as const;

/** What the pod refuses with. */
export const FAULT_CODES = [
  /** The token is another. */
  'wrong-token',
  /** A request that no client of ours makes. */
  'bad-request',
  /** No such file or folder in the workspace. */
  'absent',
  /** What was asked for is a link, a device, or lies behind a link. */
  'no-file',
  /** A chunk that arrived damaged. */
  'damaged',
  /** A chunk that begins elsewhere than where the last one ended; ask again where that is. */
  'wrong-offset',
  /** The bytes are not what the digest or the listing says: the folder changed while it was read. */
  'wrong-data',
  'no-space',
  /** The workspace refuses to be written or read. */
  'denied',
  /** The pod failed at something nobody expected. */
  'broken',
] as const;
export type FaultCode = (typeof FAULT_CODES)[number];

/** How far a folder has arrived. */
export interface IntakeState {
  /** `present`: complete and in its place. */
  readonly kind: 'partial' | 'present';
  /** Bytes of the pack that need not be sent again. */
  readonly offset: number;
}

/** A path may hold any character, a header may not. */
export function encodePath(path: string): string {
  return Buffer.from(path).toString('base64url');
}

/** What `encodePath` made. */
export function decodePath(header: string): string {
  return Buffer.from(header, 'base64url').toString();
}
