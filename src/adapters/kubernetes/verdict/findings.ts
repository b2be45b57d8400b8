import { type KubeObject, textAt } from '../api/kube-api.ts';
import { readRefusal } from './admission.ts';
import { containerFinding } from './containers.ts';
import { isGroup, memberPhrase } from './member.ts';
import { eventsOf, eventsOfChildren, nameOf, namespaceOf, uidOf } from './objects.ts';
import { podFailure } from './pod-failure.ts';
import { startingFinding } from './pod-start.ts';
import { queueFinding } from './queue.ts';
import { schedulingFinding } from './scheduling.ts';
import type { AttemptView, Finding } from './view.ts';
import { volumeFinding } from './volumes.ts';
import { clean } from './words.ts';

/** Seconds for the Job controller's pods to be let in. */
const PODS_GRACE = 45;
/** Seconds a webhook that does not answer is given. */
const WEBHOOK_GRACE = 120;

/** The one thing to say of an attempt that does not run: what ends it goes before what only takes time. `all`: with pods that are gone. */
export function firstFinding(view: AttemptView, all = view): Finding {
  const pods = pendingPods(view);
  const found = [
    ...pods.flatMap((pod) => containerFinding(pod, view.events) ?? []),
    ...pods.flatMap((pod) => volumeFinding(pod, view) ?? []),
    ...optional(queueFinding(view)),
    ...(pods.length === 0 ? optional(podsFinding(view)) : []),
    ...pods.flatMap((pod) => schedulingFinding(pod, view) ?? []),
    ...pods.flatMap((pod) => startingFinding(pod) ?? []),
  ];
  return found.find(({ grace }) => grace !== undefined) ?? found[0] ?? nothingYet(view, all);
}

/** One of a group that has no node while others run: they wait for it, and hold what they have. */
export function missingMember(view: AttemptView): Finding | undefined {
  if (!isGroup(view.job)) return undefined;
  for (const pod of pendingPods(view)) {
    const finding = schedulingFinding(pod, view);
    if (finding === undefined) continue;
    const reason = `${memberPhrase(pod, view.job)} is not there yet, and the others wait for it: ${finding.reason}`;
    return { ...finding, reason };
  }
  return undefined;
}

/** Those that have not ended, and do not end. */
export function pendingPods(view: AttemptView): readonly KubeObject[] {
  return view.pods.filter((pod) => {
    const phase = textAt(pod, 'status', 'phase');
    return phase !== 'Succeeded' && phase !== 'Failed' && textAt(pod, 'metadata', 'deletionTimestamp') === undefined;
  });
}

function optional(finding: Finding | undefined): readonly Finding[] {
  return finding === undefined ? [] : [finding];
}

function nothingYet(view: AttemptView, all: AttemptView): Finding {
  const job = nameOf(view.job);
  const last = view.pods.at(-1);
  if (last !== undefined) {
    const why = podFailure(last)?.outcome.message ?? `pod ${nameOf(last)} has ended`;
    return { code: 'replacing', key: `replacing/${uidOf(last)}`, reason: `${why}; ${job} has no other pod yet` };
  }
  const reason =
    all.pods.length === 0 ? `${job} has no pod yet` : `the pod of ${job} is gone, and there is no other yet`;
  return { code: 'starting', key: `starting/${uidOf(view.job)}`, reason };
}

const REFUSALS = ['FailedCreate', 'FailedCreatePod'];

/** A job whose pods are refused stands there without any; only its events say why. */
function podsFinding(view: AttemptView): Finding | undefined {
  const own = eventsOf(view.events, view.job, ...REFUSALS).at(-1);
  const message = own ?? eventsOfChildren(view.events, view.job, ...REFUSALS).at(-1);
  if (message === undefined) return undefined;
  const refusal = readRefusal(message, { namespace: namespaceOf(view.job), quotas: view.quotas });
  const key = (code: string): string => `${code}/${uidOf(view.job)}`;
  if (refusal === undefined) {
    return {
      code: 'pods-not-made',
      key: key('pods-not-made'),
      grace: PODS_GRACE,
      reason: `the cluster does not let its pod in: "${clean(message.replace(/^Error creating: /, ''))}"`,
      fix: 'change what it names in the template, an overlay or `pod:`',
    };
  }
  // What others use now they give back: it waits as for a busy GPU.
  if (refusal.code === 'quota-used-up') return { ...refusal, key: key(refusal.code) };
  const grace = refusal.code === 'webhook-down' ? WEBHOOK_GRACE : PODS_GRACE;
  return { ...refusal, key: key(refusal.code), grace };
}
