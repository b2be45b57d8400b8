import type { JsonObject } from '../../../domain/json.ts';
import { at, type KubeApi, KubeFault, type KubeObject, listAt, RESOURCES, textAt } from '../api/kube-api.ts';
import { hasPodEnded } from '../api/pod-phase.ts';

/** The claim that runs share. */
export interface WorkspaceClaim {
  readonly name: string;
  /** A claim that was deleted and made again has another, and nothing in it. */
  readonly uid: string;
  /** At most one node may mount it at a time. */
  readonly isOfOneNode: boolean;
}

/**
 * The claim of the name in `wanted`: made when there is none, used as it is when there is one. It is never deleted by us.
 * Throws the cluster's `KubeFault`.
 */
export async function ensureWorkspaceClaim(
  api: KubeApi,
  wanted: JsonObject,
  signal?: AbortSignal,
): Promise<WorkspaceClaim> {
  const name = textAt(wanted, 'metadata', 'name') ?? '';
  const found = await api.get(RESOURCES.claims, name, signal);
  if (found !== undefined) return claimOf(found);
  try {
    return claimOf(await api.create(RESOURCES.claims, wanted, {}, signal));
  } catch (error) {
    // Another program made it meanwhile, or nobody knows whether it was made: then it is there, or it is not.
    if (!(error instanceof KubeFault) || (error.kind !== 'exists' && error.kind !== 'ambiguous')) throw error;
    const made = await api.get(RESOURCES.claims, name, signal);
    if (made === undefined) throw error;
    return claimOf(made);
  }
}

function claimOf(claim: KubeObject): WorkspaceClaim {
  const modes = at(claim, 'spec', 'accessModes');
  const isOfOneNode = !(Array.isArray(modes) && modes.includes('ReadWriteMany'));
  return { name: claim.metadata.name, uid: claim.metadata.uid, isOfOneNode };
}

/** The node that mounts the claim now, when only one may; undefined when any node will do. */
export async function nodeOfClaim(
  api: KubeApi,
  claim: WorkspaceClaim,
  signal?: AbortSignal,
): Promise<string | undefined> {
  if (!claim.isOfOneNode) return undefined;
  const { items } = await api.list(RESOURCES.pods, {}, signal);
  const users = items.filter((pod) => !hasPodEnded(pod) && usesClaim(pod, claim.name));
  return users.map((pod) => textAt(pod, 'spec', 'nodeName')).find((node) => node !== undefined);
}

function usesClaim(pod: KubeObject, name: string): boolean {
  return listAt(pod, 'spec', 'volumes').some((volume) => textAt(volume, 'persistentVolumeClaim', 'claimName') === name);
}
