import type { Clock } from '../../../ports/clock.ts';
import type { WorkspaceObjects } from '../../../ports/workspace-objects.ts';
import type { KubeApi } from '../api/kube-api.ts';

/** What moving data on a cluster needs. */
export interface ClusterData {
  readonly api: KubeApi;
  readonly clock: Clock;
  readonly objects: WorkspaceObjects;
  /** The reference of the program's own image, whose `transfer.js` the Jobs run. Throws `cannot-start` when there is none. */
  readonly image: () => Promise<string>;
  /** Tells a person what is going on and what it waits for. */
  readonly say: (message: string) => void;
  readonly limits: DataLimits;
}

/** Sizes in bytes, times in seconds. */
export interface DataLimits {
  /** What is larger, packed, goes through the pod proxy. */
  readonly inline: number;
  readonly chunk: number;
  /** From a Job's creation until its pod runs. */
  readonly start: number;
  /** How long a pod that serves may live. */
  readonly serve: number;
  /** How long it stays when nobody asks. */
  readonly idle: number;
  /** How long a pod that unpacks or removes may live. */
  readonly work: number;
  /** How long an ended Job stays for who wants to look at it. */
  readonly keep: number;
  /** How often something is tried without any progress. */
  readonly tries: number;
}

const KIB = 1024;
const MINUTE = 60;

export const DATA_LIMITS: DataLimits = {
  // A ConfigMap holds 1 MiB, which is 1.4 MB of JSON on the way.
  inline: 700 * KIB,
  chunk: 4 * KIB * KIB,
  start: 5 * MINUTE,
  serve: 12 * 60 * MINUTE,
  idle: MINUTE,
  work: 30 * MINUTE,
  keep: 5 * MINUTE,
  tries: 8,
};
