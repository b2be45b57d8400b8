import { type KubeObject, textAt } from '../api/kube-api.ts';
import { gpuLedger, isGpu, ledgerSentence } from './gpu-ledger.ts';
import { type NodeFit, nodeFit } from './node-fit.ts';
import { condition, eventsOf, nameOf, namespaceOf, uidOf } from './objects.ts';
import { formatQuantity } from './quantity.ts';
import { type Amounts, requestsOf } from './requests.ts';
import type { AttemptView, Finding } from './view.ts';
import { clean, count } from './words.ts';

/** Seconds: an impossible request is told within 30 s, and a node may just be joining. */
const NEVER_FITS_GRACE = 15;
/** Seconds where nodes may not be read: the scheduler's words alone do not prove "never". */
const UNSEEN_GRACE = 900;

/** Why a pod has no node; undefined when it has one, or nobody said anything yet. */
export function schedulingFinding(pod: KubeObject, view: AttemptView): Finding | undefined {
  if (textAt(pod, 'spec', 'nodeName')) return undefined;
  const scheduled = condition(pod, 'PodScheduled', 'False');
  if (scheduled === undefined) return undefined;
  const message = clean(textAt(scheduled, 'message'), 600);
  if (textAt(scheduled, 'reason') === 'SchedulingGated') {
    return {
      code: 'queue-waits',
      key: `gated/${uidOf(pod)}`,
      reason: `pod ${nameOf(pod)} waits for a queue to open its gate`,
    };
  }
  if (message === '') return undefined;
  const claim = claimFault(pod, message);
  if (claim !== undefined) return claim;
  if (textAt(scheduled, 'reason') === 'SchedulerError') {
    const reason = `the scheduler could not place it and tries again: "${message}"`;
    return { code: 'not-placed', key: `not-placed/${uidOf(pod)}`, grace: UNSEEN_GRACE, reason };
  }
  if (isScalingUp(pod, view)) {
    return { code: 'node-coming', key: `unplaced/${uidOf(pod)}`, reason: 'the cluster adds a node for it' };
  }
  return view.nodes === undefined ? unseen(pod, message) : seen(pod, view, view.nodes, message);
}

/** An autoscaler that has said it will come is waited for. */
function isScalingUp(pod: KubeObject, view: AttemptView): boolean {
  return eventsOf(view.events, pod, 'TriggeredScaleUp', 'NotTriggerScaleUp', 'Nominated')
    .slice(-1)
    .some((text) => /scale.?up|nominat|should schedule/i.test(text) && !/didn't trigger|wouldn't fit/i.test(text));
}

function claimFault(pod: KubeObject, message: string): Finding | undefined {
  const [, name] = /persistentvolumeclaim "([^"]+)" not found/.exec(message) ?? [];
  if (name === undefined) return undefined;
  return {
    code: 'claim-missing',
    key: `claim-missing/${uidOf(pod)}`,
    grace: 60,
    reason: `volume claim ${name} is not in namespace ${namespaceOf(pod)}`,
    fix: `make it, or correct \`pod.workspaceClaim\`; see what there is: \`kubectl -n ${namespaceOf(pod)} get pvc\``,
  };
}

function seen(pod: KubeObject, view: AttemptView, nodes: readonly KubeObject[], message: string): Finding {
  const wants = requestsOf(pod);
  const fits = nodes.map((node) => ({ node, fit: nodeFit(node, pod, wants) }));
  const gpus = [...wants].filter(([name, amount]) => isGpu(name) && amount > 0);
  const possible = fits.filter(({ fit }) => fit.kind === 'fits' || fit.kind === 'later');
  if (possible.length === 0) {
    return {
      code: 'never-fits',
      key: `never-fits/${uidOf(pod)}`,
      grace: NEVER_FITS_GRACE,
      reason: `no node can ever take it: ${neverSentence(wants, fits)}`,
      fix: neverFix(fits.map(({ fit }) => fit)),
    };
  }
  if (gpus.length > 0 && possible.some(({ fit }) => fit.kind === 'fits')) {
    const ready = possible.filter(({ fit }) => fit.kind === 'fits').map(({ node }) => node);
    const ledger = gpuLedger(ready, view.otherPods ?? []);
    const wanted = gpus.reduce((sum, [, amount]) => sum + amount, 0);
    if (ledger.some((row) => row.free < wanted))
      return noRoom(pod, `wants ${count(wanted, 'GPU')}: ${ledgerSentence(ledger, view.hidesPods)}`);
  }
  const waiting = possible.filter(({ fit }) => fit.kind === 'later');
  if (waiting.length === possible.length) {
    const which = waiting
      .slice(0, 3)
      .map(({ node, fit }) => `${nameOf(node)} is ${fit.kind === 'later' ? fit.why : ''}`);
    return noRoom(pod, `every node that could take it is out of use: ${clean(which.join(', '))}`);
  }
  return noRoom(pod, `no node has room now: ${scheduler(message)}`);
}

function noRoom(pod: KubeObject, reason: string): Finding {
  return {
    code: 'no-room',
    key: `unplaced/${uidOf(pod)}`,
    reason,
    fix: 'it starts when there is room; to end it: `ilab-backend cancel`',
  };
}

interface Fitted {
  readonly node: KubeObject;
  readonly fit: NodeFit;
}

/** What lacks, by the reason that most nodes have: `it wants 8 nvidia.com/gpu, the largest node (n1) has 4, all 2 together 8`. */
function neverSentence(wants: Amounts, fits: readonly Fitted[]): string {
  if (fits.length === 0) return 'the cluster has no node';
  const small = fits.flatMap(({ node, fit }) => (fit.kind === 'small' ? [{ node, ...fit }] : []));
  const parts: string[] = [];
  for (const resource of new Set(small.map((entry) => entry.resource))) {
    parts.push(smallSentence(resource, wants, small));
  }
  const selectors = fits.flatMap(({ fit }) => (fit.kind === 'selector' ? [fit.why] : []));
  if (selectors.length > 0) parts.push(`${count(selectors.length, 'node')} without ${selectors[0]}`);
  const taints = fits.flatMap(({ fit }) => (fit.kind === 'taint' ? [fit.why] : []));
  if (taints.length > 0) parts.push(`${count(taints.length, 'node')} with taint ${taints[0]}, which is not tolerated`);
  return clean(parts.join('; '), 400);
}

function smallSentence(
  resource: string,
  wants: Amounts,
  small: readonly { readonly node: KubeObject; readonly resource: string; readonly has: number }[],
): string {
  const [largest, ...others] = small
    .filter((entry) => entry.resource === resource)
    .sort((a, b) => b.has - a.has || (nameOf(a.node) < nameOf(b.node) ? -1 : 1));
  const show = (value: number): string => formatQuantity(resource, value);
  const noun = isGpu(resource) ? 'GPUs' : `of ${resource}`;
  const all = others.reduce((sum, entry) => sum + entry.has, largest?.has ?? 0);
  const together = others.length === 0 ? '' : `, all ${others.length + 1} together ${show(all)}`;
  const name = largest === undefined ? '' : nameOf(largest.node);
  return `it wants ${show(wants.get(resource) ?? 0)} ${noun}, the largest node (${name}) has ${show(largest?.has ?? 0)}${together}`;
}

function neverFix(fits: readonly NodeFit[]): string {
  const kinds = new Set(fits.map((fit) => fit.kind));
  if (kinds.has('small')) return 'ask for less in the profile, or use another cluster';
  if (kinds.has('taint')) return 'add the toleration to `pod.tolerations`';
  if (kinds.has('selector')) return 'correct `pod.nodeSelector`; see the labels: `kubectl get nodes --show-labels`';
  return 'add a node that fits';
}

/**
 * The scheduler tells apart what room would mend ("No preemption victims found") from what it would not ("Preemption is
 * not helpful"): an amount no node has, a label, a taint; but also a node that is out of use, and then nothing is sure.
 */
function unseen(pod: KubeObject, message: string): Finding {
  const busy = /No preemption victims|preemptionPolicy/.test(message);
  const hopeless = !busy && /Preemption is not helpful/.test(message);
  const wants = [...requestsOf(pod)].map(([name, amount]) => `${formatQuantity(name, amount)} ${name}`).join(', ');
  const asked = wants === '' ? '' : `; it wants ${clean(wants, 200)}`;
  const words = `${scheduler(message)}${asked}`;
  if (hopeless && isForGood(message)) {
    const reason = `no node can ever take it: ${words}`;
    return {
      code: 'never-fits',
      key: `never-fits/${uidOf(pod)}`,
      grace: NEVER_FITS_GRACE,
      reason,
      fix: 'ask for less in the profile, or correct `pod.nodeSelector` and `pod.tolerations`',
    };
  }
  const fix = 'to be told who holds what, have the right to list nodes: `ilab-backend rbac --cluster`';
  if (busy) return { ...noRoom(pod, `no node has room now: ${words}`), fix };
  return {
    code: 'not-placed',
    key: `not-placed/${uidOf(pod)}`,
    grace: UNSEEN_GRACE,
    reason: `no node takes it: ${words}`,
    fix,
  };
}

const FOR_GOOD =
  /^\d+ (?:Insufficient \S+|node\(s\) didn't match Pod's node affinity\/selector|node\(s\) had untolerated taint(?:\(s\)| \{(?!node\.)[^}]*\}))$/;

/** Every reason that the scheduler counts is one that neither time nor room changes. */
function isForGood(message: string): boolean {
  const [, list = ''] = /nodes are available: (.*?)\. (?=preemption|no new claims)/i.exec(message) ?? [];
  return list !== '' && list.split(', ').every((part) => FOR_GOOD.test(part) && !/taint\(s\)/.test(part));
}

/** Its first sentence holds the counts by reason; what follows is about preemption. */
function scheduler(message: string): string {
  const [first = ''] = message.split(/\. (?=preemption|no new claims)|, preemption:/i);
  return first === '' ? 'the scheduler gives no reason' : `"${clean(first, 300)}"`;
}
