import { UserError } from '../../../domain/errors.ts';
import type { KubeObject, WatchEvent } from '../api/kube-api.ts';
import { at, listAt, RESOURCES, textAt } from '../api/kube-api.ts';
import type { ClusterData } from './cluster-data.ts';

/** A pod of a transfer Job as its Job's owner sees it. */
export type PodState =
  | { readonly kind: 'waiting'; readonly reason: string; readonly isHopeless: boolean }
  | { readonly kind: 'running'; readonly name: string; readonly uid: string }
  /** `message`: what it said at its end. */
  | { readonly kind: 'succeeded'; readonly message?: string }
  /** `message`: its last words. */
  | { readonly kind: 'failed'; readonly message: string };

/** Container states that no waiting mends. */
const HOPELESS: ReadonlySet<string> = new Set([
  'ErrImageNeverPull',
  'ErrImagePull',
  'ImagePullBackOff',
  'InvalidImageName',
  'CreateContainerConfigError',
  'RunContainerError',
]);

/** What a pod says of itself. */
export function podState(pod: KubeObject): PodState {
  const [status] = listAt(pod, 'status', 'containerStatuses');
  switch (textAt(pod, 'status', 'phase')) {
    case 'Succeeded':
      return succeeded(textAt(status, 'state', 'terminated', 'message')?.trim());
    case 'Failed': {
      const last = textAt(status, 'state', 'terminated', 'message') ?? textAt(pod, 'status', 'message');
      return { kind: 'failed', message: last?.trim() ?? textAt(pod, 'status', 'reason') ?? 'it said nothing' };
    }
    case 'Running':
      if (at(status, 'state', 'running') !== undefined && at(pod, 'metadata', 'deletionTimestamp') === undefined)
        return { kind: 'running', name: pod.metadata.name, uid: pod.metadata.uid };
      return { kind: 'waiting', reason: 'it is starting or ending', isHopeless: false };
    default:
      return waiting(pod, status);
  }
}

function succeeded(message: string | undefined): PodState {
  return message === undefined || message === '' ? { kind: 'succeeded' } : { kind: 'succeeded', message };
}

function waiting(pod: KubeObject, status: Parameters<typeof at>[0]): PodState {
  const reason = textAt(status, 'state', 'waiting', 'reason');
  const said = textAt(status, 'state', 'waiting', 'message');
  if (reason !== undefined && reason !== 'ContainerCreating' && reason !== 'PodInitializing')
    return {
      kind: 'waiting',
      reason: said === undefined ? reason : `${reason}: ${said}`,
      isHopeless: HOPELESS.has(reason),
    };
  const placed = listAt(pod, 'status', 'conditions').find((condition) => condition['type'] === 'PodScheduled');
  const where = textAt(placed, 'message');
  if (placed?.['status'] === 'False' && where !== undefined)
    return { kind: 'waiting', reason: where, isHopeless: false };
  return { kind: 'waiting', reason: 'its container is being made', isHopeless: false };
}

/** What ends the wait for a pod. */
export type PodGoal = 'running' | 'ended';

/**
 * Waits until the Job's pod runs, or until it has ended. Throws `cannot-start` for a pod that never can, or does not
 * within `seconds`; with `ended` a pod that is gone is a failed one.
 */
export async function waitForPod(
  data: ClusterData,
  job: KubeObject,
  { goal, seconds, signal }: { readonly goal: PodGoal; readonly seconds: number; readonly signal: AbortSignal },
): Promise<PodState> {
  const { api, clock } = data;
  const name = job.metadata.name;
  const over = new AbortController();
  const patience = new AbortController();
  const timer = clock.sleep(seconds, patience.signal).then(
    () => over.abort(),
    () => undefined,
  );
  let last = 'no pod was made for it';
  try {
    const labels = `app.kubernetes.io/component=transfer,app.kubernetes.io/instance=${name}`;
    for await (const event of api.watch(RESOURCES.pods, { labels }, AbortSignal.any([signal, over.signal]))) {
      const state = stateIn(event, job);
      if (state === undefined) continue;
      if (state.kind === 'waiting') {
        last = state.reason;
        if (state.isHopeless) break;
      } else if (state.kind !== 'running' || goal === 'running') return state;
    }
  } finally {
    patience.abort();
    await timer;
  }
  signal.throwIfAborted();
  throw new UserError('cannot-start', `the transfer Job ${name} does not start: ${await whyNot(data, job, last)}`, {
    hint: hintFor(last),
  });
}

function stateIn(event: WatchEvent, job: KubeObject): PodState | undefined {
  switch (event.kind) {
    case 'listed':
      return event.items.filter((pod) => isOf(pod, job)).map(podState)[0];
    case 'changed':
      return isOf(event.object, job) ? podState(event.object) : undefined;
    case 'deleted':
      return isOf(event.object, job) ? { kind: 'failed', message: 'its pod was deleted' } : undefined;
  }
}

function isOf(pod: KubeObject, job: KubeObject): boolean {
  return listAt(pod, 'metadata', 'ownerReferences').some((owner) => owner['uid'] === job.metadata.uid);
}

/** What the Job controller says when it may not make a pod: a quota, Pod Security. */
async function whyNot({ api }: ClusterData, job: KubeObject, last: string): Promise<string> {
  const fields = `involvedObject.uid=${job.metadata.uid},type=Warning`;
  const events = await api.list(RESOURCES.events, { fields }).catch(() => undefined);
  return events?.items.map((event) => textAt(event, 'message')).findLast((message) => message !== undefined) ?? last;
}

function hintFor(reason: string): string {
  return /image/i.test(reason)
    ? 'build the image of the program and make it known to the cluster: `ilab-backend images build`'
    : 'see the Job: `kubectl describe job -l app.kubernetes.io/component=transfer`';
}
