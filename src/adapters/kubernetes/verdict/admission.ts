import type { KubeObject } from '../api/kube-api.ts';
import type { VerdictCode } from './codes.ts';
import { nameOf } from './objects.ts';
import { formatQuantity, parseQuantity } from './quantity.ts';
import { amountsAt } from './requests.ts';
import { clean } from './words.ts';

/** Why a server did not take an object, from what it says: at our own POST, or to the Job controller that makes the pods. */
export interface Refusal {
  readonly code: VerdictCode;
  /** Completes "the cluster refuses ...: " or stands alone. */
  readonly reason: string;
  readonly fix: string;
}

/** What is known beside a server's words. */
export interface RefusalAbout {
  /** Where the object was to be made: for the commands that are advised. */
  readonly namespace: string;
  /** Those that were read, with what is used. */
  readonly quotas?: readonly KubeObject[] | undefined;
}

type Reader = (text: string, about: RefusalAbout) => Refusal | undefined;

/** The first reader that knows the words; undefined when none does. */
export function readRefusal(message: string, about: RefusalAbout): Refusal | undefined {
  const text = clean(message, 2000);
  for (const read of READERS) {
    const found = read(text, about);
    if (found !== undefined) return found;
  }
  return undefined;
}

const READERS: readonly Reader[] = [
  quota,
  podSecurity,
  webhookDown,
  webhookDenied,
  policyDenied,
  constraints,
  serviceAccount,
  limitRange,
  priorityClass,
  runtimeClass,
];

/** `exceeded quota: q, requested: limits.memory=64Mi, used: limits.memory=1Gi, limited: limits.memory=1Gi` */
function quota(text: string, { namespace, quotas = [] }: RefusalAbout): Refusal | undefined {
  const [, name] = /exceeded quota: ([^\s,]+)/.exec(text) ?? [];
  if (name === undefined) {
    const [, lacking, what] = /failed quota: ([^\s:]+): must specify (\S.*)$/.exec(text) ?? [];
    if (lacking === undefined || what === undefined) return undefined;
    return {
      code: 'quota-too-small',
      reason: `quota ${lacking} counts ${clean(what.replace(/ for: [^;]+/g, '').replaceAll(';', ','), 200)}, and a container of the pod sets none`,
      fix: "set the stage's resources, or ask for a LimitRange with defaults in the namespace",
    };
  }
  const requested = amountsIn(text, 'requested');
  const used = amountsIn(text, 'used');
  const limited = amountsIn(text, 'limited');
  const stored = quotas.find((object) => nameOf(object) === name);
  const parts = [...requested.keys()].map((resource) => {
    const hard = limited.get(resource) ?? amountsAt(stored, 'status', 'hard').get(resource);
    const taken = used.get(resource) ?? amountsAt(stored, 'status', 'used').get(resource);
    return { resource, wanted: requested.get(resource) ?? 0, hard, taken };
  });
  const never = parts.filter(({ wanted, hard }) => hard !== undefined && wanted > hard);
  const told = (never.length > 0 ? never : parts).map(({ resource, wanted, hard, taken }) => {
    const show = (value: number | undefined): string => (value === undefined ? '?' : formatQuantity(resource, value));
    return `${resource}: wants ${show(wanted)}, ${show(taken)} of ${show(hard)} used`;
  });
  const what = told.length === 0 ? '' : ` (${told.join('; ')})`;
  return never.length > 0
    ? {
        code: 'quota-too-small',
        reason: `quota ${name} is smaller than what the stage asks for${what}`,
        fix: 'ask for less in the profile, or have the quota raised',
      }
    : {
        code: 'quota-used-up',
        reason: `quota ${name} is used up${what}`,
        fix: `see who uses it: \`kubectl -n ${namespace} describe quota ${name}\``,
      };
}

function amountsIn(text: string, heading: string): ReadonlyMap<string, number> {
  const [, list = ''] = new RegExp(`\\b${heading}: ((?:[\\w./-]+=[^,\\s]+,?)+)`).exec(text) ?? [];
  const amounts = new Map<string, number>();
  for (const pair of list.split(',')) {
    const [name = '', value] = pair.split('=');
    const amount = parseQuantity(value);
    if (amount !== undefined) amounts.set(name, amount);
  }
  return amounts;
}

/** `violates PodSecurity "restricted:latest": runAsNonRoot != true (pod or container "main" must set ...), ...` */
function podSecurity(text: string): Refusal | undefined {
  const [, level, faults] = /violates PodSecurity "([^"]+)": (.+)$/.exec(text) ?? [];
  if (level === undefined || faults === undefined) return undefined;
  return {
    code: 'pod-security',
    reason: `the namespace enforces PodSecurity "${level}", and the pod breaks it: ${clean(faults, 400)}`,
    fix: 'set what it names in the template or an overlay, or have the label pod-security.kubernetes.io/enforce changed',
  };
}

function webhookDown(text: string): Refusal | undefined {
  const [, name, why = ''] = /failed calling webhook "([^"]+)":? ?(.*)$/.exec(text) ?? [];
  if (name === undefined) return undefined;
  return {
    code: 'webhook-down',
    reason: `admission webhook ${name} does not answer${why === '' ? '' : `: "${clean(why, 200)}"`}`,
    fix: 'it belongs to the cluster: tell whoever runs it; the program tries again',
  };
}

function webhookDenied(text: string): Refusal | undefined {
  const [, name, why = ''] = /admission webhook "([^"]+)" denied the request:? ?(.*)$/.exec(text) ?? [];
  if (name === undefined) return undefined;
  return {
    code: 'policy-denied',
    reason: `admission webhook ${name} refuses it: "${clean(why || 'no reason given')}"`,
    fix: 'change what it names in the template, an overlay or `pod:`',
  };
}

/** `ValidatingAdmissionPolicy 'p' with binding 'b' denied request: ...` */
function policyDenied(text: string): Refusal | undefined {
  const [, name, why = ''] =
    /ValidatingAdmissionPolicy '([^']+)' with binding '[^']+' denied request:? ?(.*)$/.exec(text) ?? [];
  if (name === undefined) return undefined;
  return {
    code: 'policy-denied',
    reason: `admission policy ${name} refuses it: "${clean(why || 'no reason given')}"`,
    fix: 'change what it names in the template, an overlay or `pod:`',
  };
}

/** OpenShift. */
function constraints(text: string): Refusal | undefined {
  const [, why] = /unable to validate against any security context constraint:? ?(.*)$/.exec(text) ?? [];
  if (why === undefined) return undefined;
  return {
    code: 'pod-security',
    reason: `no security context constraint allows the pod: ${clean(why, 400)}`,
    fix: 'leave `pod.runAsUser` and `pod.fsGroup` unset, or have the ServiceAccount given a constraint that allows them',
  };
}

function serviceAccount(text: string, { namespace }: RefusalAbout): Refusal | undefined {
  const [, name] = /serviceaccounts? "([^"]+)" not found/i.exec(text) ?? [];
  if (name === undefined) return undefined;
  return {
    code: 'service-account-missing',
    reason: `ServiceAccount ${name} is not in the namespace`,
    fix: `make it: \`kubectl -n ${namespace} create serviceaccount ${name}\`, or correct \`pod.serviceAccountName\``,
  };
}

/** `maximum memory usage per Container is 1Gi, but limit is 2Gi` */
function limitRange(text: string, { namespace }: RefusalAbout): Refusal | undefined {
  const [rule] =
    /(?:minimum|maximum) \S+ usage per \w+ is [^,]+(?:, but (?:limit|request) is \S+)?|\S+ max limit to request ratio per \w+ is .+/.exec(
      text,
    ) ?? [];
  if (rule === undefined) return undefined;
  return {
    code: 'limit-range',
    reason: `a LimitRange of the namespace does not allow it: ${clean(rule.replace(/\.$/, ''), 200)}`,
    fix: `change the stage's resources in the profile; see the limits: \`kubectl -n ${namespace} describe limitrange\``,
  };
}

function priorityClass(text: string): Refusal | undefined {
  const [, name] = /no PriorityClass with name (\S+) was found/.exec(text) ?? [];
  if (name === undefined) return undefined;
  return {
    code: 'pods-not-made',
    reason: `PriorityClass ${name} is not on the cluster`,
    fix: 'correct `pod.priorityClassName`; see which there are: `kubectl get priorityclass`',
  };
}

function runtimeClass(text: string): Refusal | undefined {
  const [, name] = /RuntimeClass "([^"]+)" not found/i.exec(text) ?? [];
  if (name === undefined) return undefined;
  return {
    code: 'pods-not-made',
    reason: `RuntimeClass ${name} is not on the cluster`,
    fix: 'correct `pod.runtimeClassName`; see which there are: `kubectl get runtimeclass`',
  };
}
