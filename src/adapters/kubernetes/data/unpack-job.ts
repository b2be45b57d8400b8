import { UserError } from '../../../domain/errors.ts';
import type { JsonObject } from '../../../domain/json.ts';
import { labelsOfPeople } from '../api/attempt-labels.ts';
import { KubeFault, type KubeObject, RESOURCES } from '../api/kube-api.ts';
import type { ClusterData } from './cluster-data.ts';
import { createJob, discardJob, endOf, nameTaken, replaceJob } from './transfer-job.ts';
import { waitForPod } from './transfer-pod.ts';
import type { WorkspaceClaim } from './workspace-claim.ts';

/** A folder that is small enough to travel in ConfigMaps. */
export interface SmallFolder {
  /** The input's name, for messages. */
  readonly input: string;
  readonly name: string;
  readonly hex: string;
  /** The pack, gzipped. */
  readonly packed: Uint8Array;
  readonly pod: JsonObject;
  readonly claim: WorkspaceClaim;
}

/**
 * Has a Job unpack the folder. The Job comes first and owns the pieces, which its pod waits for: whatever dies in between,
 * nothing stays. Two programs that send the same folder share the Job.
 */
export async function unpackFolder(data: ClusterData, folder: SmallFolder, signal: AbortSignal): Promise<void> {
  const { limits } = data;
  const pieces = piecesOf(folder.packed, limits.inline).map((bytes, index) => {
    const path = String(index).padStart(4, '0');
    return { configMap: `${folder.name}-${path}`, path, bytes };
  });
  for (let tried = 1; ; tried += 1) {
    const job = await jobFor(data, folder, pieces, signal);
    for (const piece of pieces) await createPiece(data, job, piece, signal);
    const seconds = limits.start + limits.work;
    const state =
      endOf(job) === 'Complete'
        ? ({ kind: 'succeeded' } as const)
        : await waitForPod(data, job, { goal: 'ended', seconds, signal });
    if (state.kind === 'succeeded') return discardJob(data, job);
    const message = state.kind === 'failed' ? state.message : state.kind;
    // What it said is its own fault and stays one; a pod that was taken away is tried again.
    if (/^[a-z-]+: /.test(message) || tried === limits.tries) {
      await discardJob(data, job);
      throw new UserError('cannot-start', `${folder.input} cannot be placed in the workspace claim: ${message}`, {
        hint: message.startsWith('no-space')
          ? 'free some of it: `ilab-backend prune --older-than 30d`, or enlarge the claim'
          : 'give the pods a group that may write there: `pod: { fsGroup: 1000 }` in the project file',
      });
    }
    data.say(`the pod that unpacks ${folder.input} ended: ${message}; it is tried again`);
    await replaceJob(data, job, signal);
  }
}

interface Piece {
  readonly configMap: string;
  readonly path: string;
  readonly bytes: Uint8Array;
}

async function jobFor(
  data: ClusterData,
  { name, hex, pod, claim }: SmallFolder,
  pieces: readonly Piece[],
  signal: AbortSignal,
): Promise<KubeObject> {
  const wish = {
    ...{ name, pod, claim, pieces: pieces.map(({ configMap, path }) => ({ configMap, path })) },
    mode: 'unpack',
    // Packed elsewhere, the same folder may have other bytes: zlib's versions differ.
    key: `unpack/${hex}`,
    args: ['unpack', hex],
    deadline: data.limits.start + data.limits.work,
  } as const;
  for (;;) {
    const { kind, job } = await createJob(data, wish, signal);
    if (kind === 'other') throw nameTaken(data, job);
    if (kind === 'created' || endOf(job) !== 'Failed') return job;
    await replaceJob(data, job, signal);
  }
}

async function createPiece(
  { api }: ClusterData,
  job: KubeObject,
  { configMap, bytes }: Piece,
  signal: AbortSignal,
): Promise<void> {
  const { name, uid } = job.metadata;
  const piece: JsonObject = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: configMap,
      labels: {
        ...labelsOfPeople(job.metadata['labels']),
        'app.kubernetes.io/component': 'transfer',
        'app.kubernetes.io/instance': name,
        'app.kubernetes.io/part-of': 'ilab-backend',
        'app.kubernetes.io/managed-by': 'ilab-backend',
      },
      ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name, uid }],
    },
    immutable: true,
    binaryData: { data: Buffer.from(bytes).toString('base64') },
  };
  try {
    await api.create(RESOURCES.configMaps, piece, {}, signal);
  } catch (error) {
    if (!(error instanceof KubeFault) || (error.kind !== 'exists' && error.kind !== 'ambiguous')) throw error;
  }
}

function piecesOf(bytes: Uint8Array, most: number): readonly Uint8Array[] {
  const count = Math.max(1, Math.ceil(bytes.length / most));
  return Array.from({ length: count }, (_, index) => bytes.subarray(index * most, (index + 1) * most));
}
