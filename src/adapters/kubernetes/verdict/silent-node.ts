import type { JsonObject } from '../../../domain/json.ts';
import { at, type KubeObject, listAt, textAt } from '../api/kube-api.ts';
import { hasPodEnded } from '../api/pod-phase.ts';
import { span } from '../api/span.ts';
import { condition, containersOf, nameOf, numberAt, timeAt, uidOf } from './objects.ts';
import type { AttemptView, Finding } from './view.ts';
import { clean } from './words.ts';

/** Seconds that the cluster lets a pod stay on a node that does not answer, where the pod does not say. */
const TOLERATED = 300;
/** Seconds beyond it: a cluster that takes no pods away leaves that to us. */
const EVICTION_GRACE = 60;
/** Seconds that a pod which was taken from a silent node may stay: until the node is back, nobody can end it. */
const STRANDED_GRACE = 30;
/** The same of one in which nothing ran. */
const NEVER_BEGUN_GRACE = 120;

/**
 * A node that does not answer under a pod that runs. Judged by the pod, which is watched, and not by nodes: those were
 * read while it waited, and what ends a healthy attempt must not be old. How long it may last is the pod's to say: its
 * tolerations decide when the cluster takes it away.
 */
export function nodeTrouble(view: AttemptView): Finding | undefined {
  for (const pod of view.pods) {
    const unready = textAt(pod, 'status', 'phase') === 'Running' ? cutOff(pod) : undefined;
    if (unready === undefined) continue;
    const node = nodeOf(pod);
    const since = timeAt(unready, 'lastTransitionTime');
    const when = since === undefined ? '' : ` since ${since}`;
    const seconds = toleratedSeconds(pod);
    const limit =
      seconds === undefined ? '' : `; when that lasts ${span(seconds)} (tolerationSeconds), the pod is taken away`;
    return {
      code: 'node-silent',
      key: `node-silent/${uidOf(pod)}`,
      ...(seconds === undefined ? {} : { grace: seconds + EVICTION_GRACE }),
      reason: `node ${node} under pod ${nameOf(pod)} does not answer (NotReady)${when}${limit}`,
      fix: seeNode(node),
    };
  }
  return undefined;
}

/**
 * A pod that is being ended on a node that does not answer: it may stay so for ever, and what runs in it may run on. Of one
 * that never began nothing is lost, so it is not asked why it stays.
 */
export function strandedPod(view: AttemptView): Finding | undefined {
  const ending = view.pods.filter((pod) => isEnding(pod));
  const stranded = ending.find((pod) => cutOff(pod) !== undefined || isOnSilentNode(pod, view));
  const pod = stranded ?? ending.find((candidate) => !hasBegun(candidate));
  if (pod === undefined) return undefined;
  const node = nodeOf(pod);
  const isSilent = stranded !== undefined;
  return {
    code: 'node-silent',
    key: `stranded/${uidOf(pod)}/${isSilent}`,
    grace: isSilent ? STRANDED_GRACE : NEVER_BEGUN_GRACE,
    reason: isSilent
      ? `node ${node} does not answer (NotReady), so pod ${nameOf(pod)} does not end there${hasBegun(pod) ? ' and may still run' : ''}`
      : `pod ${nameOf(pod)} does not end on node ${node}; nothing has run in it`,
    fix: seeNode(node),
  };
}

function isEnding(pod: KubeObject): boolean {
  const isOnNode = textAt(pod, 'spec', 'nodeName') !== undefined;
  return isOnNode && !hasPodEnded(pod) && textAt(pod, 'metadata', 'deletionTimestamp') !== undefined;
}

function hasBegun(pod: KubeObject): boolean {
  return containersOf(pod).some(
    ({ status }) => at(status, 'state', 'running') !== undefined || at(status, 'state', 'terminated') !== undefined,
  );
}

/** Where nodes may be listed. A kubelet that says itself that it is not ready says `False`, and ends what it is told to end. */
function isOnSilentNode(pod: KubeObject, { nodes = [] }: AttemptView): boolean {
  return nodes.some((node) => nameOf(node) === nodeOf(pod) && condition(node, 'Ready', 'Unknown') !== undefined);
}

/** When a node is silent, the cluster takes `Ready` from its pods, and leaves what the kubelet last said of containers. */
function cutOff(pod: KubeObject): JsonObject | undefined {
  if (condition(pod, 'ContainersReady') === undefined || listAt(pod, 'spec', 'readinessGates').length > 0)
    return undefined;
  return condition(pod, 'Ready', 'False');
}

/** Undefined: it stays whatever happens. As the cluster counts: the least of what its tolerations say. */
function toleratedSeconds(pod: KubeObject): number | undefined {
  const matching = listAt(pod, 'spec', 'tolerations').filter(toleratesSilence);
  const seconds = matching.flatMap((toleration) => numberAt(toleration, 'tolerationSeconds') ?? []);
  if (seconds.length > 0) return Math.max(0, Math.min(...seconds));
  return matching.length > 0 ? undefined : TOLERATED;
}

function toleratesSilence(toleration: JsonObject): boolean {
  const key = textAt(toleration, 'key') ?? '';
  const effect = textAt(toleration, 'effect') ?? '';
  return ['', 'node.kubernetes.io/unreachable'].includes(key) && ['', 'NoExecute'].includes(effect);
}

function nodeOf(pod: KubeObject): string {
  return clean(textAt(pod, 'spec', 'nodeName'), 253);
}

function seeNode(node: string): string {
  return `see the node: \`kubectl describe node ${node}\``;
}
