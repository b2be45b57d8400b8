import type { ClusterPlace } from '../kube-api.ts';
import type { KubeconfigRequest } from './read-kubeconfig.ts';
import type { ClusterEntry, UserEntry } from './schema.ts';

/** Which cluster, as whom, in which namespace. */
export interface Place extends ClusterPlace {
  readonly url: URL;
  readonly cluster: ClusterEntry;
  readonly user: UserEntry;
}

/** What a person may say about it. */
export interface PlaceRequest extends KubeconfigRequest {
  readonly context?: string;
  readonly namespace?: string;
  /** Where a pod finds its service account; tests have their own. */
  readonly serviceAccountDir?: string;
}
