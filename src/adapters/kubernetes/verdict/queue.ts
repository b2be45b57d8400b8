import { queueOf } from '../../../domain/plan/queue-label.ts';
import { at, type KubeObject, listAt, textAt } from '../api/kube-api.ts';
import { condition, nameOf, namespaceOf, numberAt, uidOf } from './objects.ts';
import type { AttemptView, Finding } from './view.ts';
import { clean } from './words.ts';

const INADMISSIBLE_GRACE = 60;
/** Kueue says of it that it is pending, and will for ever. */
const OTHER_NAMESPACE = "namespace doesn't match ClusterQueue selector";
const TELL = 'tell whoever runs the queue';

/** What a queue says of a job; `Evicted` first: `Admitted` alone may be stale. Undefined when it is admitted, or there is none. */
export function queueFinding(view: AttemptView): Finding | undefined {
  const { job, queued } = view;
  if (queued !== undefined) {
    const found = workloadFinding(queued);
    if (found !== undefined) return found;
  }
  // One that was just let go is still said to be suspended.
  const isLetGo = at(job, 'spec', 'suspend') === false;
  if (!isSuspended(job) && (isLetGo || condition(job, 'Suspended') === undefined)) return undefined;
  const queue = queueOf(job);
  return queue === undefined
    ? {
        code: 'suspended',
        key: `suspended/${uidOf(job)}`,
        reason: `${nameOf(job)} is suspended`,
        fix: `to let it go on: \`${letGoOn(job)}\``,
      }
    : { code: 'queue-waits', key: `queue/${uidOf(job)}`, reason: `it is queued in ${clean(queue, 63)} of Kueue` };
}

/** Whether somebody has asked for it; its condition follows a moment later. */
export function isSuspended(job: KubeObject | undefined): boolean {
  return [at(job, 'spec', 'suspend'), at(job, 'spec', 'runPolicy', 'suspend')].includes(true);
}

function letGoOn(job: KubeObject | undefined): string {
  const resource = (textAt(job, 'kind') ?? 'job').toLowerCase();
  const go = { suspend: false };
  const spec = at(job, 'spec', 'runPolicy') === undefined ? go : { runPolicy: go };
  return `kubectl -n ${namespaceOf(job)} patch ${resource} ${nameOf(job)} --type=merge -p '${JSON.stringify({ spec })}'`;
}

function workloadFinding(queued: KubeObject): Finding | undefined {
  const queue = clean(textAt(queued, 'spec', 'queueName'), 63);
  const key = (word: string): string => `${word}/${uidOf(queued)}`;
  const evicted = condition(queued, 'Evicted');
  if (evicted !== undefined) return evictedFinding(evicted, queue, key);
  const finished = condition(queued, 'Finished');
  const outcome = textAt(finished, 'reason');
  if (outcome === 'AdmissionChecksRejected' || outcome === 'OutOfSync') {
    const reason = `queue ${queue} gave it up: ${outcome}, "${clean(textAt(finished, 'message'))}"`;
    return { code: 'queue-refused', key: key('queue-refused'), grace: 0, reason };
  }
  if (condition(queued, 'Admitted') !== undefined) return undefined;
  const reserved = condition(queued, 'QuotaReserved', 'False');
  const words = textAt(reserved, 'message') ?? '';
  const message = clean(words);
  const inadmissible = (fix: string): Finding => ({
    code: 'queue-inadmissible',
    key: key('queue-inadmissible'),
    grace: INADMISSIBLE_GRACE,
    reason: `queue ${queue} can never admit it: "${message}"`,
    fix,
  });
  if (isHeld(words)) {
    return { code: 'queue-waits', key: key('queue'), reason: `queue ${queue} is held: "${message}"`, fix: TELL };
  }
  if (isTooLarge(words)) {
    return inadmissible('ask for less in the profile, or have the quota of the queue raised');
  }
  if (textAt(reserved, 'reason') === 'Inadmissible' || words.includes(OTHER_NAMESPACE)) {
    return inadmissible('see the queues: `kubectl get localqueue`; its name is `pod.queue`');
  }
  const checks = listAt(queued, 'status', 'admissionChecks').filter((check) => textAt(check, 'state') !== 'Ready');
  const waitsFor =
    checks.length === 0 ? '' : ` for ${checks.map((check) => clean(textAt(check, 'name'), 63)).join(', ')}`;
  const position = numberAt(queued, 'status', 'positionInLocalQueue');
  const place = position === undefined ? '' : ` at position ${position}`;
  const said = message === '' ? '' : `: "${message}"`;
  return {
    code: 'queue-waits',
    key: key('queue'),
    reason: `it is queued in ${queue} of Kueue${place}${waitsFor}${said}`,
  };
}

/** Somebody stopped the queue, or what it needs is not there yet: Kueue says `Inadmissible` of that, too. */
function isHeld(message: string): boolean {
  return /Queue \S+ is (stopped|inactive)$/.test(message);
}

const NEVER_SO_MUCH =
  /insufficient quota for \S+ in flavor \S+, (?:request|previously considered [^>]+) > maximum capacity \([^)]*\)/g;

/** Nothing is said but that no flavour of the queue has so much, whoever uses it. */
function isTooLarge(message: string): boolean {
  const rest = message.replace(NEVER_SO_MUCH, '');
  return rest !== message && /^[\s,;.]*$/.test(rest.replace(/couldn't assign flavors to pod set \S+:/g, ''));
}

function evictedFinding(evicted: ReturnType<typeof condition>, queue: string, key: (word: string) => string): Finding {
  const why = clean(textAt(evicted, 'reason'), 63);
  const message = clean(textAt(evicted, 'message'));
  // `DeactivatedDueToAdmissionCheck`, `...RequeuingLimitExceeded`: the cause is part of the reason.
  if (why.startsWith('Deactivated')) {
    return {
      code: 'queue-refused',
      key: key('queue-refused'),
      grace: 0,
      reason: `queue ${queue} has switched it off: "${message}"`,
      fix: 'have the Workload activated, or start the stage again: `ilab-backend resume`',
    };
  }
  switch (why) {
    case 'PodsReadyTimeout':
      return {
        code: 'queue-waits',
        key: key('queue'),
        reason: `queue ${queue} took it back, because its pods were not ready in time; it is queued again`,
      };
    case 'Preempted':
      return {
        code: 'queue-waits',
        key: key('queue'),
        reason: `queue ${queue} preempted it for other work; it is queued again`,
      };
    case 'ClusterQueueStopped':
    case 'LocalQueueStopped':
      return {
        code: 'queue-waits',
        key: key('queue'),
        reason: `queue ${queue} is stopped`,
        fix: TELL,
      };
    default:
      return { code: 'queue-waits', key: key('queue'), reason: `queue ${queue} took it back (${why}): "${message}"` };
  }
}
