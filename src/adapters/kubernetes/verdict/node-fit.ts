import type { Json, JsonObject } from '../../../domain/json.ts';
import { at, type KubeObject, listAt, textAt } from '../api/kube-api.ts';
import { condition } from './objects.ts';
import { type Amounts, amountsAt } from './requests.ts';

/** Why a node can never take a pod, even when it is empty; or why it does not take one now. */
export type NodeFit =
  | { readonly kind: 'fits' }
  /** It could, but is cordoned, not ready or under pressure. */
  | { readonly kind: 'later'; readonly why: string }
  | { readonly kind: 'selector'; readonly why: string }
  | { readonly kind: 'taint'; readonly why: string }
  | { readonly kind: 'small'; readonly resource: string; readonly has: number };

/** Taints that the cluster sets and takes away by itself. */
const PASSING_TAINT = /^node(?:\.kubernetes\.io|\.cloudprovider\.kubernetes\.io|\.cilium\.io)\//;

/** Whether a node could take a pod that wants `wants`, if it were empty. */
export function nodeFit(node: KubeObject, pod: Json | undefined, wants: Amounts): NodeFit {
  const selector = selectorFault(node, pod);
  if (selector !== undefined) return { kind: 'selector', why: selector };
  const taint = taintFault(node, pod);
  if (taint !== undefined && !PASSING_TAINT.test(taint)) return { kind: 'taint', why: taint };
  const has = amountsAt(node, 'status', 'allocatable');
  for (const [resource, amount] of wants) {
    if (amount > 0 && amount > (has.get(resource) ?? 0))
      return { kind: 'small', resource, has: has.get(resource) ?? 0 };
  }
  if (at(node, 'spec', 'unschedulable') === true) return { kind: 'later', why: 'cordoned' };
  if (condition(node, 'Ready') === undefined) return { kind: 'later', why: 'not ready' };
  return taint === undefined ? { kind: 'fits' } : { kind: 'later', why: taint.replace(PASSING_TAINT, '') };
}

function selectorFault(node: KubeObject, pod: Json | undefined): string | undefined {
  for (const [key, value] of Object.entries(objectAt(pod, 'spec', 'nodeSelector'))) {
    if (textAt(node, 'metadata', 'labels', key) !== value) return `${key}=${String(value)}`;
  }
  const terms = listAt(
    pod,
    'spec',
    'affinity',
    'nodeAffinity',
    'requiredDuringSchedulingIgnoredDuringExecution',
    'nodeSelectorTerms',
  );
  if (terms.length === 0 || terms.some((term) => matchesTerm(node, term))) return undefined;
  const keys = terms.flatMap((term) => listAt(term, 'matchExpressions').map((rule) => textAt(rule, 'key') ?? ''));
  return `node affinity${keys.length === 0 ? '' : ` on ${[...new Set(keys)].join(', ')}`}`;
}

function matchesTerm(node: KubeObject, term: JsonObject): boolean {
  const byLabel = listAt(term, 'matchExpressions').every((rule) =>
    matchesRule(textAt(node, 'metadata', 'labels', textAt(rule, 'key') ?? ''), rule),
  );
  return byLabel && listAt(term, 'matchFields').every((rule) => matchesRule(textAt(node, 'metadata', 'name'), rule));
}

function matchesRule(value: string | undefined, rule: JsonObject): boolean {
  const values = at(rule, 'values');
  const listed = Array.isArray(values) ? (values as readonly Json[]) : [];
  switch (textAt(rule, 'operator')) {
    case 'In':
      return value !== undefined && listed.includes(value);
    case 'NotIn':
      return value === undefined || !listed.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return Number(value) > Number(listed[0]);
    case 'Lt':
      return Number(value) < Number(listed[0]);
    default:
      // An operator of a newer version: nobody is told "never" because of it.
      return true;
  }
}

/** The first taint that keeps the pod away, those that stay before those that pass. */
function taintFault(node: KubeObject, pod: Json | undefined): string | undefined {
  const tolerations = listAt(pod, 'spec', 'tolerations');
  const kept = listAt(node, 'spec', 'taints')
    .filter((taint) => textAt(taint, 'effect') !== 'PreferNoSchedule')
    .filter((taint) => !tolerations.some((toleration) => tolerates(toleration, taint)))
    .map((taint) => `${textAt(taint, 'key') ?? ''}${textAt(taint, 'value') ? `=${textAt(taint, 'value')}` : ''}`);
  return kept.find((name) => !PASSING_TAINT.test(name)) ?? kept[0];
}

function tolerates(toleration: JsonObject, taint: JsonObject): boolean {
  const effect = textAt(toleration, 'effect') ?? '';
  if (effect !== '' && effect !== textAt(taint, 'effect')) return false;
  const key = textAt(toleration, 'key') ?? '';
  const operator = textAt(toleration, 'operator') ?? 'Equal';
  if (key === '') return operator === 'Exists';
  if (key !== textAt(taint, 'key')) return false;
  return operator === 'Exists' || (textAt(toleration, 'value') ?? '') === (textAt(taint, 'value') ?? '');
}

function objectAt(value: Json | undefined, ...path: readonly string[]): JsonObject {
  const found = at(value, ...path);
  return typeof found === 'object' && found !== null && !Array.isArray(found) ? (found as JsonObject) : {};
}
