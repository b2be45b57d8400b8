import type { KubeApi, Resource } from '../api/kube-api.ts';

/** Older Kueues serve the second only, newer ones will serve the first only; what is read of them is the same. */
const VERSIONS = ['kueue.x-k8s.io/v1beta2', 'kueue.x-k8s.io/v1beta1'];

/** The objects in which Kueue says how it stands with what waits in its queues; undefined where there is no Kueue. */
export async function queueWorkloads(api: KubeApi, signal?: AbortSignal): Promise<Resource | undefined> {
  for (const apiVersion of VERSIONS) {
    const resource = await api.resourceOf(apiVersion, 'Workload', signal);
    if (resource !== undefined) return resource;
  }
  return undefined;
}
