import { type KubeApi, KubeFault, type KubeObject, RESOURCES } from '../api/kube-api.ts';
import { isTerminating } from '../api/terminating.ts';
import type { Patience } from '../run-store/patience.ts';

const PROBE = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'ilab-backend-probe' } };

/**
 * Whether the namespace is being deleted or is gone, with all that is in it. Asked by a write that is not stored: to read
 * a namespace takes a right that runs do not need. Throws the `KubeFault` of a server that stays away.
 */
export async function isPlaceEnding(api: KubeApi, patience: Patience): Promise<boolean> {
  const ask = (): Promise<KubeObject> => api.create(RESOURCES.configMaps, PROBE, { dryRun: true });
  try {
    await patience.write(ask, async () => undefined);
    return false;
  } catch (error) {
    if (!(error instanceof KubeFault)) throw error;
    if (error.kind === 'not-found' || isTerminating(error)) return true;
    if (['exists', 'forbidden', 'denied', 'quota', 'invalid'].includes(error.kind)) return false;
    throw error;
  }
}
