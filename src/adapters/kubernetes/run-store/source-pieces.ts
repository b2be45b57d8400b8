import { gunzipSync, gzipSync } from 'node:zlib';
import { sha256 } from '../../../domain/data/digest.ts';
import { UserError } from '../../../domain/errors.ts';
import type { JsonObject } from '../../../domain/json.ts';
import { labelsOfPeople } from '../api/attempt-labels.ts';
import { type KubeObject, textAt } from '../api/kube-api.ts';
import type { SourcesManifest } from './anchor.ts';
import { labelsOf, ownedBy, pieceName } from './names.ts';

/** Bytes of a piece: a ConfigMap holds 1 MiB, names and labels included. */
const PIECE_MAX = 900 * 1024;
const PART = 'part';

/** The sources of a run as they are sent. */
export interface PackedSources {
  readonly manifest: SourcesManifest;
  /** In the order of the manifest. */
  readonly pieces: readonly { readonly name: string; readonly digest: string; readonly bytes: Buffer }[];
}

/** Compresses the sources and cuts them into as many pieces as ConfigMaps can hold; digests are SHA-256 in hex, that of the manifest of the text. */
export function packSources(run: string, text: string): PackedSources {
  const packed = gzipSync(text);
  const pieces: PackedSources['pieces'][number][] = [];
  for (let start = 0; start < packed.length; start += PIECE_MAX) {
    const bytes = packed.subarray(start, start + PIECE_MAX);
    pieces.push({ name: pieceName(run, pieces.length + 1), digest: sha256(bytes), bytes });
  }
  return { manifest: { digest: sha256(text), pieces: pieces.map(({ name, digest }) => ({ name, digest })) }, pieces };
}

/** An immutable ConfigMap with one piece, which goes with the anchor. */
export function pieceObject(run: string, anchor: KubeObject, piece: PackedSources['pieces'][number]): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: piece.name,
      labels: { ...labelsOfPeople(anchor.metadata['labels']), ...labelsOf(run, 'sources') },
      ownerReferences: ownedBy(anchor),
    },
    immutable: true,
    binaryData: { [PART]: piece.bytes.toString('base64') },
  };
}

/** Whether a stored object is that piece. */
export function isPiece(object: KubeObject, digest: string): boolean {
  return sha256(bytesOf(object)) === digest;
}

/** Puts the pieces together; `undefined` among them is one that is not there. Throws `state-broken`. */
export function unpackSources(
  run: string,
  manifest: SourcesManifest,
  pieces: readonly (KubeObject | undefined)[],
): string {
  const parts = manifest.pieces.map(({ name, digest }, index) => {
    const found = pieces[index];
    if (found === undefined) throw broken(run, `ConfigMap ${name} is missing`);
    if (!isPiece(found, digest)) throw broken(run, `ConfigMap ${name} was changed`);
    return bytesOf(found);
  });
  const text = gunzipSync(Buffer.concat(parts)).toString('utf8');
  if (sha256(text) !== manifest.digest) throw broken(run, 'their digest is another');
  return text;
}

function broken(run: string, why: string): UserError {
  return new UserError('state-broken', `the stored sources of run ${run} cannot be used: ${why}`, {
    hint: `start it again under another name; its results can be taken over: \`ilab-backend run --reuse STAGE@${run}\``,
  });
}

function bytesOf(piece: KubeObject): Buffer {
  return Buffer.from(textAt(piece, 'binaryData', PART) ?? '', 'base64');
}
