import { randomUUID } from 'node:crypto';
import { type KubeApi, KubeFault, type KubeObject, RESOURCES } from '../api/kube-api.ts';
import { anchorState, changedAnchor } from './anchor.ts';
import { anchorName, isOurs, isOwnedBy, selectorOf } from './names.ts';
import type { Patience } from './patience.ts';

const { configMaps } = RESOURCES;

export interface RemoveDeps {
  readonly api: KubeApi;
  readonly patience: Patience;
  readonly removeLease: (run: string, anchor: KubeObject) => Promise<void>;
}

/**
 * Takes away what makes a run, the anchor last; false when there was nothing. From the first write on it is no run any
 * more, and nobody can drive it; interrupted, it is finished by calling it again.
 */
export async function removeRun(deps: RemoveDeps, run: string): Promise<boolean> {
  const anchor = await markRemoving(deps, run);
  // Pieces without their anchor are the garbage collector's; here they might be those of the next run of the name.
  if (anchor === undefined) return false;
  await removePieces(deps, run, anchor);
  await deps.removeLease(run, anchor);
  await remove(deps, anchor);
  return true;
}

/** Undefined when there is none of ours. */
async function markRemoving(deps: RemoveDeps, run: string): Promise<KubeObject | undefined> {
  const { api, patience } = deps;
  for (;;) {
    const anchor = await api.get(configMaps, anchorName(run));
    if (anchor === undefined || !isOurs(anchor)) return undefined;
    if (anchorState(anchor) === 'Removing') return anchor;
    try {
      const marked = changedAnchor(anchor, { state: 'Removing', write: randomUUID() });
      return await patience.write(
        () => api.replace(configMaps, marked),
        async () => undefined,
      );
    } catch (error) {
      // A driver wrote in between, or another one removes it too.
      if (!(error instanceof KubeFault) || (error.kind !== 'conflict' && error.kind !== 'not-found')) throw error;
    }
  }
}

async function removePieces(deps: RemoveDeps, run: string, anchor: KubeObject): Promise<void> {
  const labels = selectorOf('sources', run);
  const { items } = await deps.api.list(configMaps, { labels });
  for (const piece of items) if (isOwnedBy(piece, anchor)) await remove(deps, piece);
}

async function remove(deps: RemoveDeps, object: KubeObject): Promise<void> {
  const { name, uid } = object.metadata;
  await deps.api.delete(configMaps, name, { uid });
}
