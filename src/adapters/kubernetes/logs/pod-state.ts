import type { JsonObject } from '../../../domain/json.ts';
import { at, type KubeObject, listAt, textAt } from '../api/kube-api.ts';

/** What the follower has to know of a pod; nothing in it is judged by this machine's clock. */
export interface PodState {
  readonly name: string;
  readonly uid: string;
  /** Absent before it is placed. */
  readonly node?: string;
  /** What tells its lines from those of the other pods of the attempt (`worker-0`): a DNS label; absent when there is only one pod. */
  readonly label?: string;
  readonly containers: readonly ContainerState[];
}

/** One run of a container: a container that is started again is another. */
export interface ContainerState {
  readonly name: string;
  /** How often it was started again. */
  readonly restart: number;
  readonly kind: 'waiting' | 'running' | 'ended';
  /** RFC 3339, of the node's clock. */
  readonly startedAt?: string;
}

/** Reads a pod of the API: init containers and sidecars first, as they run. */
export function podState(pod: KubeObject, label?: string): PodState {
  const node = textAt(pod, 'spec', 'nodeName');
  const statuses = ['initContainerStatuses', 'containerStatuses', 'ephemeralContainerStatuses'].flatMap((list) =>
    listAt(pod, 'status', list),
  );
  return {
    name: pod.metadata.name,
    uid: pod.metadata.uid,
    ...(node === undefined ? {} : { node }),
    ...(label === undefined ? {} : { label }),
    containers: statuses.map(containerState),
  };
}

function containerState(status: JsonObject): ContainerState {
  const restart = at(status, 'restartCount');
  const now = state(status, 'state');
  // Between two runs a container waits, and what can be read is the last one.
  const last = now.kind === 'waiting' ? state(status, 'lastState') : now;
  const shown = last.kind === 'ended' ? last : now;
  return {
    name: textAt(status, 'name') ?? '',
    restart: typeof restart === 'number' ? restart : 0,
    // What was never made is called ended where its pod was deleted: no log of it can be missing.
    ...(wasMade(status) ? shown : { kind: 'waiting' as const }),
  };
}

function wasMade(status: JsonObject): boolean {
  const id = textAt(status, 'containerID') ?? '';
  return id !== '' || ['state', 'lastState'].some((key) => state(status, key).startedAt !== undefined);
}

function state(status: JsonObject, key: string): Pick<ContainerState, 'kind' | 'startedAt'> {
  const startedAt = textAt(status, key, 'running', 'startedAt') ?? textAt(status, key, 'terminated', 'startedAt');
  const kind =
    at(status, key, 'running') !== undefined
      ? 'running'
      : at(status, key, 'terminated') !== undefined
        ? 'ended'
        : 'waiting';
  return { kind, ...(startedAt === undefined ? {} : { startedAt }) };
}
