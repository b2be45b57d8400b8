import { type KubeObject, listAt, textAt } from '../api/kube-api.ts';
import { span } from '../api/span.ts';
import { condition, timeAt, uidOf } from './objects.ts';
import type { Sightings } from './sightings.ts';
import type { AttemptView, Finding } from './view.ts';

/** What of a view says how long an attempt has waited. */
type Waiting = Pick<AttemptView, 'job' | 'pods' | 'now' | 'deadlines'>;

/**
 * What is left of the deadline that runs, in seconds, and the finding when it is over. It runs from what the cluster's
 * stamps say, so that drivers which follow each other count on; and from what this one saw, where that is more: stamps
 * do not tell of a pod that was there before, and the server may not have shown its clock yet. `pending`: the pods that
 * have not ended. What is said to do about that which only took time is of no use any more.
 */
export function deadlineOf(
  view: Waiting,
  pending: readonly KubeObject[],
  sightings: Sightings,
  waitsFor: Finding,
): { readonly left: number; readonly over?: Finding } {
  const isPlaced = pending.length > 0 && pending.every(hasNode);
  const [code, limit, key, since] = isPlaced
    ? (['start-timeout', view.deadlines.start, `placed/${uids(pending)}`, latest(pending.map(placedAt))] as const)
    : (['queue-timeout', view.deadlines.queue, `queued/${uidOf(view.job)}`, queuedAt(view, pending)] as const);
  const byStamps = since === undefined || view.now === undefined ? 0 : view.now - since;
  const left = limit - Math.max(sightings.age(key), byStamps) / 1000;
  if (left > 0) return { left };
  const what = isPlaced ? `did not start within ${span(limit)} of being placed` : `found no room within ${span(limit)}`;
  const more = isPlaced ? '`--start-timeout`, `timeouts.start`' : '`--queue-timeout`, `timeouts.queue`';
  const fix = waitsFor.grace === undefined ? `to give it more: ${more} of the stage` : waitsFor.fix;
  const { container } = waitsFor;
  const blamed = isPlaced && waitsFor.class !== undefined ? { class: waitsFor.class } : {};
  const told = {
    code,
    key,
    reason: `it ${what}: ${waitsFor.reason}`,
    ...(container === undefined ? {} : { container }),
    ...blamed,
  };
  return { left: 0, over: { ...told, ...(fix === undefined ? {} : { fix }) } };
}

function hasNode(pod: KubeObject): boolean {
  return textAt(pod, 'spec', 'nodeName') !== undefined;
}

function uids(pods: readonly KubeObject[]): string {
  return pods.map(uidOf).sort().join();
}

/** The scheduler's clock is another than the server's: no pod was placed before it was made. */
function placedAt(pod: KubeObject): number | undefined {
  return latest([madeAt(pod), milliseconds(condition(pod, 'PodScheduled'), 'lastTransitionTime')]);
}

/**
 * A pod that waits may stand for one that ran and was taken away, of which nothing is left: it is never held against it
 * how old its Job is. Without a pod it is the Job that waits, since it was made or was last suspended or let go.
 */
function queuedAt({ job, pods }: Waiting, pending: readonly KubeObject[]): number | undefined {
  const unplaced = pending.filter((pod) => !hasNode(pod)).flatMap((pod) => madeAt(pod) ?? []);
  if (pending.length > 0) return unplaced.length === 0 ? undefined : Math.min(...unplaced);
  if (pods.length > 0) return undefined;
  const suspended = listAt(job, 'status', 'conditions').find((entry) => textAt(entry, 'type') === 'Suspended');
  return latest([madeAt(job), milliseconds(suspended, 'lastTransitionTime')]);
}

function madeAt(object: KubeObject | undefined): number | undefined {
  return milliseconds(object, 'metadata', 'creationTimestamp');
}

function latest(times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}

function milliseconds(...path: Parameters<typeof timeAt>): number | undefined {
  const text = timeAt(...path);
  return text === undefined ? undefined : Date.parse(text);
}
