import { firstOf } from '../../../domain/first-of.ts';
import type { Json } from '../../../domain/json.ts';
import type { StartTimes } from '../../../ports/target.ts';
import { ATTEMPT_LABEL, RUN_LABEL, STAGE_LABEL } from '../api/attempt-labels.ts';
import { type KubeApi, type KubeObject, listAt, textAt } from '../api/kube-api.ts';
import { hasPodEnded } from '../api/pod-phase.ts';
import { type PodState, podState } from '../logs/pod-state.ts';
import { memberOf } from '../verdict/member.ts';
import { hasEnded } from './end-attempt.ts';
import type { RunObjects, RunView } from './run-objects.ts';
import { findWorkload, kindOfWorkload } from './workload-kinds.ts';

/**
 * The pods of an attempt, oldest first. Operators put objects of their own between a workload and its pods, so they are
 * known by the labels of the attempt; pods of a template that sets none, by the name that all its objects begin with.
 */
export function podsOf(view: Pick<RunView, 'pods'>, attempt: string): readonly KubeObject[] {
  return view.pods.filter((pod) => isOf(attempt, pod)).toSorted((a, b) => (createdAt(a) < createdAt(b) ? -1 : 1));
}

/** By name alone, attempt 1 of a stage `train` would have the pods of a stage `train-1`. */
function isOf(attempt: string, pod: KubeObject): boolean {
  const label = (name: string): string | undefined => textAt(pod, 'metadata', 'labels', name);
  const parts = [RUN_LABEL, STAGE_LABEL, ATTEMPT_LABEL].map(label);
  if (parts.every((part) => part !== undefined)) return parts.join('-') === attempt;
  return pod.metadata.name.startsWith(`${attempt}-`);
}

function createdAt(object: KubeObject): string {
  return textAt(object, 'metadata', 'creationTimestamp') ?? '';
}

/** What lay before the start of the pod that got a node first; empty while none has one. */
export function startTimesOf(pods: readonly KubeObject[]): StartTimes {
  const placed = pods
    .flatMap((pod) => {
      const time = sinceWhen(pod, 'PodScheduled');
      return time === undefined ? [] : [{ pod, time }];
    })
    .toSorted((a, b) => (a.time < b.time ? -1 : 1))[0];
  if (placed === undefined) return {};
  const { pod, time } = placed;
  const created = textAt(pod, 'metadata', 'creationTimestamp');
  const begun = listAt(pod, 'status', 'initContainerStatuses').flatMap(
    (status) => startOf(status, 'terminated') ?? startOf(status, 'running') ?? [],
  );
  const initStarted = begun.toSorted()[0];
  const initEnded = initStarted === undefined ? undefined : sinceWhen(pod, 'Initialized');
  return {
    ...(created === undefined ? {} : { podCreated: created }),
    placed: time,
    ...(initStarted === undefined ? {} : { initStarted }),
    ...(initEnded === undefined ? {} : { initEnded }),
  };
}

function startOf(status: Json, state: 'running' | 'terminated'): string | undefined {
  return textAt(status, 'state', state, 'startedAt');
}

/** Since when a condition of a pod is true. */
function sinceWhen(pod: KubeObject, condition: string): string | undefined {
  const found = listAt(pod, 'status', 'conditions').find(({ type, status }) => type === condition && status === 'True');
  return textAt(found, 'lastTransitionTime');
}

/** The attempt's pods now and whenever something of the run changes, until the attempt is over or `signal` fires. */
export async function* podStates(
  { api, objects }: { readonly api: KubeApi; readonly objects: Pick<RunObjects, 'use' | 'view' | 'changed'> },
  attempt: string,
  signal: AbortSignal,
): AsyncGenerator<readonly PodState[], void> {
  const left = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  const release = objects.use(await kindOfWorkload(api, attempt, signal));
  try {
    let wasThere = false;
    while (!signal.aborted) {
      const { changed } = objects;
      const view = objects.view();
      if (view.isListed) {
        const workload = view.workloads.find(({ metadata }) => metadata.name === attempt);
        wasThere ||= workload !== undefined;
        yield statesOf(view, attempt);
        // A watch that others began may not have told yet of a workload that was just created.
        const isGone = workload === undefined && (wasThere || (await findWorkload(api, attempt, signal)) === undefined);
        if ((isGone || (workload !== undefined && hasEnded(workload))) && haveEnded(podsOf(view, attempt))) return;
      }
      await firstOf([changed, left]);
    }
  } finally {
    release();
  }
}

/** What a follower of logs has to know of the attempt's pods. */
export function statesOf(view: Pick<RunView, 'pods'>, attempt: string): readonly PodState[] {
  const pods = podsOf(view, attempt);
  return pods.map((pod) => podState(pod, labelOf(pod, attempt, pods.length)));
}

function haveEnded(pods: readonly KubeObject[]): boolean {
  return pods.every((pod) => podState(pod).containers.every(({ kind }) => kind === 'ended') || hasPodEnded(pod));
}

/** What tells the pods of a group apart: what operators call them, `worker-0`. The pods of a Job follow one another. */
function labelOf(pod: KubeObject, attempt: string, count: number): string | undefined {
  const isIndexed = textAt(pod, 'metadata', 'annotations', 'batch.kubernetes.io/job-completion-index') !== undefined;
  const owners = listAt(pod, 'metadata', 'ownerReferences').map((owner) => textAt(owner, 'kind'));
  if (!isIndexed && (owners.includes('Job') || (owners.length === 0 && count === 1))) return undefined;
  return memberOf(pod, attempt)?.name ?? pod.metadata.name;
}
