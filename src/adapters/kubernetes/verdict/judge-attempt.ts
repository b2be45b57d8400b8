import { at, textAt } from '../api/kube-api.ts';
import { hasPodEnded } from '../api/pod-phase.ts';
import { meaningOf } from './codes.ts';
import { deadlineOf } from './deadlines.ts';
import { firstFinding, missingMember, pendingPods } from './findings.ts';
import { mainOf, nameOf, namespaceOf, timeAt, uidOf } from './objects.ts';
import { failedAs, podFailure } from './pod-failure.ts';
import { sidecarTrouble } from './pod-start.ts';
import { isSuspended } from './queue.ts';
import { Sightings } from './sightings.ts';
import { nodeTrouble, strandedPod } from './silent-node.ts';
import { type Ending, failedEnding, podsFailure, resultGone, successEnding } from './stage-end.ts';
import type { AttemptView, Finding, Trouble, Verdict, VerdictMemory } from './view.ts';
import { count } from './words.ts';
import { workloadState } from './workload-state.ts';

/** Seconds for the pods' last states to arrive after their workload's. */
const RESULT_GRACE = 30;
/** The same where they only say why it failed. */
const REASON_GRACE = 10;
/** Seconds that pods of a failure may take to end before anybody is told of it: most are gone in two. */
const ENDING_GRACE = 10;
/** Seconds after which a failure that does not become final is no longer waited for in silence. */
const STUCK_GRACE = 120;
const MOST_PODS = 3;

/**
 * Judges how an attempt stands: pure, total, idempotent. Give back the memory each time; what has ended once stays so.
 * Graces run from the first sighting by `view.monotonic`; the attempt's own deadlines and the long graces also go by the
 * cluster's stamps.
 */
export function judgeAttempt(
  view: AttemptView,
  memory: VerdictMemory,
): { readonly verdict: Verdict; readonly memory: VerdictMemory } {
  if (memory.ended !== undefined) return { verdict: memory.ended, memory };
  const sightings = new Sightings(memory.sightings, view.monotonic, view.now);
  const startedAt = memory.startedAt ?? beginningOf(view);
  const known: VerdictMemory = {
    ...memory,
    ...countPods(view, memory),
    ...(startedAt === undefined ? {} : { startedAt }),
  };
  const verdict = judge(view, known, sightings);
  return {
    verdict,
    memory: {
      ...known,
      sightings: sightings.kept(),
      ...(verdict.kind === 'waiting' ? { waitedFor: verdict.reason } : {}),
      ...(verdict.kind === 'ended' ? { ended: verdict } : {}),
    },
  };
}

/** Whoever suspends a Job takes its pods, as often as it likes: those are not held against it. */
function countPods(view: AttemptView, memory: VerdictMemory): Pick<VerdictMemory, 'pods' | 'excused'> {
  const seen = view.pods.map(uidOf);
  const excused = isSuspended(view.job) ? [...new Set([...memory.excused, ...seen])] : memory.excused;
  const pods = [...new Set([...memory.pods, ...seen])].filter((uid) => !excused.includes(uid));
  return { pods, excused };
}

function judge(all: AttemptView, memory: VerdictMemory, sightings: Sightings): Verdict {
  const view = { ...all, pods: all.pods.filter((pod) => !memory.excused.includes(uidOf(pod))) };
  if (view.job === undefined) return endedBy(goneEnding(view), view);
  const state = workloadState(view.job);
  switch (state.kind) {
    case 'complete':
      return complete(view, memory, sightings, state.at);
    case 'failed':
      if (view.cancelled === true) return endedBy(CANCELLED, view, state.at);
      if (isReasonComing(view) && !sightings.isOver('reason-awaited', REASON_GRACE)) {
        return { kind: 'waiting', code: 'result-awaited', reason: 'it has failed; why is on the way' };
      }
      return endedBy(failedEnding(state, view, memory), view, state.at);
    case 'failing':
      return failing(view, failedEnding(state, view, memory), sightings);
    case 'open':
      return open(view, memory, sightings);
  }
}

/** Two watches tell of a workload and of its pods: one of them may be behind. */
function isReasonComing(view: AttemptView): boolean {
  return podsFailure(view) === undefined && withoutGone(view).pods.some((pod) => !hasPodEnded(pod));
}

const CANCELLED: Ending = {
  code: 'cancelled',
  outcome: { kind: 'cancelled', message: 'it was ended on request' },
};

/** The object is gone before its end was seen: a failure may still be read from its pods, a success never is. */
function goneEnding(view: AttemptView): Ending {
  if (view.cancelled === true) return CANCELLED;
  const failure = podsFailure(view);
  if (failure !== undefined && failure.code !== 'disrupted') return failure;
  return { code: 'lost', outcome: { kind: 'lost', message: 'it was deleted by somebody before its outcome was seen' } };
}

function complete(view: AttemptView, memory: VerdictMemory, sightings: Sightings, at: string | undefined): Verdict {
  const ending = successEnding(view);
  if (ending !== undefined) return endedBy(ending, view, at);
  if (sightings.isOver('result-awaited', RESULT_GRACE)) return endedBy(resultGone(view), view, at);
  if (memory.startedAt !== undefined) return { kind: 'started', at: memory.startedAt };
  return { kind: 'waiting', code: 'result-awaited', reason: 'it has ended well; its result is on the way' };
}

function failing(all: AttemptView, { code, outcome }: Ending, sightings: Sightings): Verdict {
  const view = withoutGone(all);
  const stranded = strandedPod(view);
  if (stranded !== undefined && sightings.ends(stranded)) {
    return outcome.kind === 'failed' ? { kind: 'doomed', code: stranded.code, outcome } : doom(stranded);
  }
  const why = outcome.kind === 'failed' ? outcome.message : 'it failed';
  const pods = view.pods.filter((pod) => textAt(pod, 'metadata', 'deletionTimestamp') !== undefined).map(nameOf);
  const stuck = sightings.isOver('failing', STUCK_GRACE) && pods.length > 0;
  const fix = `pod ${pods.join(', ')} does not end; to force it: \`kubectl -n ${namespaceOf(view.job)} delete pod ${pods.join(' ')} --grace-period=0 --force\``;
  const known = meaningOf(code) === undefined ? 'failing' : code;
  return {
    kind: 'decided-failing',
    code: known,
    reason: `${why} (its pods still end)`,
    ...(stuck ? { fix } : {}),
    ...(sightings.isOver('failing', ENDING_GRACE) ? {} : { inTime: true }),
  };
}

function open(all: AttemptView, memory: VerdictMemory, sightings: Sightings): Verdict {
  const view = withoutGone(all);
  const limit = view.mostPods ?? MOST_PODS;
  const replaced = memory.pods.length - expectedPods(view);
  if (replaced > limit) {
    const last = podsFailure(all)?.outcome.message;
    const reason = `its pod was replaced ${count(replaced, 'time')}${last === undefined ? '' : `, last because ${last}`}`;
    return doom({ code: 'replaced-too-often', key: '', reason });
  }
  if (textAt(view.job, 'metadata', 'deletionTimestamp') !== undefined) {
    return { kind: 'decided-failing', code: 'deleting', reason: 'its object is being deleted; its pods still end' };
  }
  const running = runningSince(view);
  if (running !== undefined) return runs(view, running, sightings);
  const stranded = strandedPod(view);
  if (stranded !== undefined) return endsNowhere(stranded, view, memory, sightings);
  const finding = firstFinding(view, all);
  const deadline = deadlineOf(all, pendingPods(view), sightings, finding);
  if (sightings.ends(finding)) return doom(finding);
  if (deadline.over !== undefined) return doom(deadline.over);
  return { kind: 'waiting', ...troubleOf(finding, view, Math.min(sightings.left(finding), deadline.left)) };
}

/** What pods said last that are gone says how they ended, and nothing of what is now. */
function withoutGone(view: AttemptView): AttemptView {
  const { gone = [] } = view;
  return gone.length === 0 ? view : { ...view, pods: view.pods.filter((pod) => !gone.includes(uidOf(pod))) };
}

/** A node that is back ends the pod, and the workload goes on by itself; one that stays away must not hold up the run. */
function endsNowhere(
  stranded: Finding,
  view: AttemptView,
  { startedAt }: VerdictMemory,
  sightings: Sightings,
): Verdict {
  if (sightings.ends(stranded)) return doom(stranded);
  const trouble = troubleOf(stranded, view, sightings.left(stranded));
  return startedAt === undefined ? { kind: 'waiting', ...trouble } : { kind: 'started', at: startedAt, trouble };
}

/** How many pods the workload wants at once; those beyond were replaced. Only a Job replaces within an attempt by itself. */
function expectedPods(view: AttemptView): number {
  if (textAt(view.job, 'kind') !== 'Job') return Number.POSITIVE_INFINITY;
  const completions = at(view.job, 'spec', 'completions');
  return typeof completions === 'number' && completions > 1 ? completions : 1;
}

function runs(view: AttemptView, at: string, sightings: Sightings): Verdict {
  const trouble =
    nodeTrouble(view) ?? firstOf(view.pods, (pod) => sidecarTrouble(pod, view.events)) ?? missingMember(view);
  if (trouble === undefined) return { kind: 'started', at };
  if (sightings.ends(trouble)) return doom(trouble);
  return { kind: 'started', at, trouble: troubleOf(trouble, view, sightings.left(trouble)) };
}

function firstOf<T, R>(items: readonly T[], find: (item: T) => R | undefined): R | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** When the main container that counts now began; undefined while none runs or has ended well. */
function runningSince(view: AttemptView): string | undefined {
  for (const pod of view.pods) {
    const main = mainOf(pod);
    const running = timeAt(main?.status, 'state', 'running', 'startedAt');
    if (running !== undefined && podFailure(pod) === undefined) return running;
    const ended = timeAt(main?.status, 'state', 'terminated', 'startedAt');
    // It has ended, and its workload has not said so yet.
    if (ended !== undefined && textAt(pod, 'metadata', 'deletionTimestamp') === undefined && !isReplaced(view))
      return ended;
  }
  return undefined;
}

function isReplaced(view: AttemptView): boolean {
  return view.pods.some((pod) => textAt(pod, 'status', 'phase') === 'Pending');
}

function beginningOf(view: AttemptView): string | undefined {
  for (const pod of view.pods) {
    const { status } = mainOf(pod) ?? {};
    const running = timeAt(status, 'state', 'running', 'startedAt');
    const found = running ?? timeAt(status, 'state', 'terminated', 'startedAt');
    if (found !== undefined) return found;
  }
  return undefined;
}

function doom(finding: Finding): Verdict {
  const { fix } = finding;
  const message = fix === undefined ? finding.reason : `${finding.reason}; ${fix}`;
  const { container, class: blamed } = finding;
  const named = {
    ...(container === undefined ? {} : { container }),
    ...(blamed === undefined ? {} : { class: blamed }),
  };
  const outcome = failedAs(finding.code, message, named);
  return { kind: 'doomed', code: finding.code, outcome, ...(fix === undefined ? {} : { fix }) };
}

function troubleOf({ code, reason, fix }: Finding, { now }: AttemptView, left: number): Trouble {
  const until = now === undefined || !Number.isFinite(left) ? undefined : stamp(now + left * 1000);
  return { code, reason, ...(fix === undefined ? {} : { fix }), ...(until === undefined ? {} : { until }) };
}

function endedBy({ code, outcome, at: podAt }: Ending, view: AttemptView, jobAt?: string): Verdict {
  return { kind: 'ended', code, at: podAt ?? jobAt ?? stamp(view.now ?? 0) ?? new Date(0).toISOString(), outcome };
}

/** Undefined for what is no time. */
function stamp(ms: number): string | undefined {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}
