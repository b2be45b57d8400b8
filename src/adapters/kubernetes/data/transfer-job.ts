import { UserError } from '../../../domain/errors.ts';
import type { JsonObject } from '../../../domain/json.ts';
import type { TransferValues } from '../../../ports/workspace-objects.ts';
import { KubeFault, type KubeObject, listAt, RESOURCES, textAt } from '../api/kube-api.ts';
import type { ClusterData } from './cluster-data.ts';
import { TRANSFER_PORT } from './wire.ts';
import { nodeOfClaim, type WorkspaceClaim } from './workspace-claim.ts';

const KEY = 'ilab-backend.dev/key';
/** A try to clean up must not hang what it cleans up after. */
const CLEAN_UP_MS = 15_000;

/** What a transfer Job is to do. */
export interface JobWish {
  readonly name: string;
  readonly mode: 'serve' | 'unpack' | 'fetch' | 'remove';
  /** Same key, same work: a Job that is found is as good as one that is made. */
  readonly key: string;
  readonly args: readonly string[];
  readonly deadline: number;
  readonly tokenSha256?: string;
  readonly pieces?: TransferValues['pieces'];
  readonly pod: JsonObject;
  readonly claim: WorkspaceClaim;
}

/** The Job of a name: made, or found with the same key, or found with another one. */
export type JobFound =
  | { readonly kind: 'created' | 'same'; readonly job: KubeObject }
  | { readonly kind: 'other'; readonly job: KubeObject };

/** Makes the Job, at most one of its name. Throws the cluster's `KubeFault`. */
export async function createJob(data: ClusterData, wish: JobWish, signal: AbortSignal): Promise<JobFound> {
  const { api, limits } = data;
  const node = await nodeOfClaim(api, wish.claim, signal);
  const { name, mode, key, args, deadline, tokenSha256, pieces = [] } = wish;
  const values: TransferValues = {
    ...{ name, mode, key, args, deadline, pieces, keep: limits.keep, port: TRANSFER_PORT },
    image: await data.image(),
    ...(node === undefined ? {} : { node }),
    ...(tokenSha256 === undefined ? {} : { tokenSha256 }),
  };
  const [job] = data.objects.transfer(values, wish.pod);
  if (job === undefined) throw new Error('the template of the transfer Job gives no object');
  for (let tried = 0; ; tried += 1) {
    try {
      return { kind: 'created', job: await api.create(RESOURCES.jobs, job, {}, signal) };
    } catch (error) {
      if (!(error instanceof KubeFault) || (error.kind !== 'exists' && error.kind !== 'ambiguous')) throw error;
      const found = await api.get(RESOURCES.jobs, name, signal);
      if (found !== undefined)
        return { kind: textAt(found, 'metadata', 'annotations', KEY) === key ? 'same' : 'other', job: found };
      if (tried === limits.tries) throw error;
    }
  }
}

/** How a Job has ended; undefined while it has not. */
export function endOf(job: KubeObject): 'Complete' | 'Failed' | undefined {
  const ended = listAt(job, 'status', 'conditions').find(
    ({ type, status }) => status === 'True' && (type === 'Complete' || type === 'Failed'),
  );
  return ended === undefined ? undefined : (ended['type'] as 'Complete' | 'Failed');
}

/** Waits until somebody's Job has ended or is gone. */
export async function waitForEnd(data: ClusterData, job: KubeObject, signal: AbortSignal): Promise<void> {
  const { name, uid } = job.metadata;
  for await (const event of data.api.watch(RESOURCES.jobs, { fields: `metadata.name=${name}` }, signal)) {
    if (event.kind === 'listed') {
      const found = event.items.find((item) => item.metadata.uid === uid);
      if (found === undefined || endOf(found) !== undefined) return;
    } else if (event.kind === 'changed' || event.kind === 'deleted') {
      if (event.object.metadata.uid === uid && (event.kind === 'deleted' || endOf(event.object) !== undefined)) return;
    }
  }
  signal.throwIfAborted();
}

/** Deletes a Job and waits until its pods are gone: what comes next may write where they did. */
export async function replaceJob(data: ClusterData, job: KubeObject, signal: AbortSignal): Promise<void> {
  const { api } = data;
  await api.delete(RESOURCES.jobs, job.metadata.name, { uid: job.metadata.uid, propagation: 'Foreground' }, signal);
  const fields = `metadata.name=${job.metadata.name}`;
  for await (const event of api.watch(RESOURCES.jobs, { fields }, signal)) {
    const isGone =
      (event.kind === 'listed' && event.items.every((item) => item.metadata.uid !== job.metadata.uid)) ||
      (event.kind === 'deleted' && event.object.metadata.uid === job.metadata.uid);
    if (isGone) return;
  }
  signal.throwIfAborted();
}

/** Takes a Job away that nobody needs any more. What cannot be done now the cluster does by itself later. */
export async function discardJob({ api }: ClusterData, job: KubeObject): Promise<void> {
  const { name, uid } = job.metadata;
  try {
    await api.delete(RESOURCES.jobs, name, { uid }, AbortSignal.timeout(CLEAN_UP_MS));
  } catch (error) {
    if (!(error instanceof KubeFault) && (error as Error).name !== 'TimeoutError') throw error;
  }
}

/** A Job of that name which does something else: nobody of ours makes one. */
export function nameTaken(data: ClusterData, job: KubeObject): UserError {
  const { namespace } = data.api.place;
  return new UserError('name-taken', `a Job ${job.metadata.name} that is not ours is in namespace ${namespace}`, {
    hint: 'delete it if nobody needs it',
  });
}
