import { gunzipSync, gzipSync } from 'node:zlib';
import * as z from 'zod';
import { UserError } from '../../../domain/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../../domain/json.ts';
import { parseRunRecord } from '../../../domain/run/parse-run-record.ts';
import type { RunRecord } from '../../../domain/run/run-record.ts';
import { type KubeObject, textAt } from '../api/kube-api.ts';
import { ANNOTATIONS, anchorName, isOurs, labelsOf } from './names.ts';

/*
 * The anchor: the ConfigMap that is the run. `state` says how far its creation or its removal is; only a `Planned` one
 * is a run, so a crash on the way never leaves half a run to be seen.
 */

/** How far the creation or the removal of a run is; only a `Planned` one is a run. */
export type AnchorState = 'Preparing' | 'Planned' | 'Removing';

const FORMAT = 1;
const RECORD = 'record.json';
const RECORD_PACKED = 'record.json.gz';
/** Beyond it the record is stored packed: a ConfigMap holds 1 MiB, and people may read what is smaller. */
const PLAIN_MAX = 700 * 1024;
/** Bytes of a packed record; some ten times as many unpacked, which is thousands of attempts. */
const PACKED_MAX = 900 * 1024;

const manifestSchema = z.object({
  digest: z.string(),
  pieces: z.array(z.object({ name: z.string(), digest: z.string() })).readonly(),
});
/** What the pieces of the sources add up to. Digests are SHA-256 in hex: of the text, of a piece's bytes. */
export type SourcesManifest = z.infer<typeof manifestSchema>;

/** What is written beside the record. */
export interface AnchorWriting {
  readonly state: AnchorState;
  readonly sources: SourcesManifest;
  /** Those of the run's pod settings. */
  readonly labels: JsonObject;
  readonly write: string;
  readonly process: string;
}

/** A new anchor, as it is first sent. Throws `storage-failed` for a record that no ConfigMap holds. */
export function newAnchor(record: RunRecord, writing: AnchorWriting): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: anchorName(record.name),
      labels: { ...writing.labels, ...labelsOf(record.name, 'run') },
      annotations: {
        [ANNOTATIONS.format]: String(FORMAT),
        [ANNOTATIONS.key]: `${record.id}/run`,
        [ANNOTATIONS.planDigest]: record.planDigest,
        [ANNOTATIONS.createdBy]: `${record.createdBy.user}@${record.createdBy.host}`,
        [ANNOTATIONS.write]: writing.write,
        [ANNOTATIONS.process]: writing.process,
      },
    },
    ...contents(record, writing.state, JSON.stringify(writing.sources)),
  };
}

/** The stored anchor with another record or another state. What others added to it stays. */
export function changedAnchor(
  anchor: KubeObject,
  change: { readonly record?: RunRecord; readonly state?: AnchorState; readonly write: string },
): JsonObject {
  const { managedFields: _server, ...metadata } = anchor.metadata;
  const { data: _data, binaryData: _binary, ...rest } = anchor;
  const annotations = isJsonObject(metadata['annotations']) ? metadata['annotations'] : {};
  const state = change.state ?? anchorState(anchor) ?? 'Planned';
  return {
    ...rest,
    metadata: { ...metadata, annotations: { ...annotations, [ANNOTATIONS.write]: change.write } },
    ...(change.record === undefined
      ? { ...kept(anchor), data: { ...objectOr(anchor['data']), state } }
      : contents(change.record, state, textAt(anchor, 'data', 'sources.json') ?? '')),
  };
}

function kept(anchor: KubeObject): JsonObject {
  return anchor['binaryData'] === undefined ? {} : { binaryData: anchor['binaryData'] };
}

function contents(record: RunRecord, state: AnchorState, sources: string): JsonObject {
  const text = JSON.stringify(record);
  const data = { state, 'sources.json': sources };
  if (Buffer.byteLength(text) <= PLAIN_MAX) return { data: { ...data, [RECORD]: text } };
  const packed = gzipSync(text);
  if (packed.length > PACKED_MAX) {
    throw new UserError(
      'storage-failed',
      `the record of run ${record.name} has grown to ${Math.ceil(packed.length / 1024)} KiB, more than the ConfigMap ${anchorName(record.name)} holds (${PACKED_MAX / 1024} KiB)`,
      {
        hint: `nothing is lost; go on in a new run that takes over what is done: \`ilab-backend run --reuse STAGE@${record.name}\``,
      },
    );
  }
  return { data, binaryData: { [RECORD_PACKED]: packed.toString('base64') } };
}

/** Undefined for a ConfigMap that is no anchor of ours. */
export function anchorState(anchor: KubeObject): AnchorState | undefined {
  if (!isOurs(anchor)) return undefined;
  const state = textAt(anchor, 'data', 'state');
  return state === 'Preparing' || state === 'Planned' || state === 'Removing' ? state : undefined;
}

/** The run that an anchor is of. */
export function runOf(anchor: KubeObject): string {
  return anchor.metadata.name.replace(/-run$/, '');
}

/** The record in it. Throws `state-newer`, `state-broken`. */
export function recordIn(anchor: KubeObject): RunRecord {
  const place = `ConfigMap ${anchor.metadata.name}`;
  const origin = { name: runOf(anchor), place };
  if (Number(textAt(anchor, 'metadata', 'annotations', ANNOTATIONS.format)) > FORMAT) {
    throw new UserError('state-newer', `run ${origin.name} in ${place} was written by a newer ilab-backend`);
  }
  const packed = textAt(anchor, 'binaryData', RECORD_PACKED);
  return parseRunRecord(packed === undefined ? (textAt(anchor, 'data', RECORD) ?? '') : unpack(packed), origin);
}

/** Text that is no record when it cannot be unpacked: the parser has the words for it. */
function unpack(packed: string): string {
  try {
    return gunzipSync(Buffer.from(packed, 'base64')).toString('utf8');
  } catch {
    return '';
  }
}

/** Undefined when it cannot be read. */
export function sourcesIn(anchor: KubeObject): SourcesManifest | undefined {
  try {
    return manifestSchema.safeParse(JSON.parse(textAt(anchor, 'data', 'sources.json') ?? '')).data;
  } catch {
    return undefined;
  }
}

function objectOr(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}
