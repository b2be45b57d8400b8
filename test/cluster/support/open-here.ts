import { homedir } from 'node:os';
import type { KubeApi } from '../../../src/adapters/kubernetes/api/kube-api.ts';
import { openCluster } from '../../../src/adapters/kubernetes/api/open-cluster.ts';

/** The API of the cluster as the program opens it. */
export function openHere(kubeconfig: string, namespace: string): Promise<KubeApi> {
  return openCluster({ env: {}, home: homedir(), kubeconfig, namespace, userAgent: 'ilab-backend/test' });
}
