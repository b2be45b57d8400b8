import type { Outcome } from '../../../domain/attempt/outcome.ts';
import { parseStageResult } from '../../../domain/attempt/stage-result.ts';
import { type KubeObject, textAt } from '../api/kube-api.ts';
import type { VerdictCode } from './codes.ts';
import { isGroup, memberOf, memberPhrase } from './member.ts';
import { mainOf, nameOf, numberAt, terminated, timeAt, uidOf } from './objects.ts';
import { failedAs, type PodFailure, podFailure } from './pod-failure.ts';
import type { AttemptView, VerdictMemory } from './view.ts';
import { clean } from './words.ts';
import type { WorkloadState } from './workload-state.ts';

/** How an attempt ended, before it is dated. */
export interface Ending {
  readonly code: VerdictCode;
  readonly outcome: Outcome;
  readonly at?: string;
}

const TERMINATION_LIMIT = 4096;

/** The pods by rank: the first one is the one whose result counts. */
function byRank({ job, pods }: Pick<AttemptView, 'job' | 'pods'>): readonly KubeObject[] {
  return pods.toSorted((a, b) => rankOf(a, job) - rankOf(b, job) || compare(nameOf(a), nameOf(b)));
}

function rankOf(pod: KubeObject, job: KubeObject | undefined): number {
  return memberOf(pod, nameOf(job))?.rank ?? 0;
}

/**
 * Why the pods failed. Those of a Job follow one another, so it is the last that counts. Those of a group fail together, so
 * it is the first by the kubelets' stamps; a pod that says why goes before one that was only ended.
 */
export function podsFailure({ job, pods }: Pick<AttemptView, 'job' | 'pods'>): PodFailure | undefined {
  if (!isGroup(job)) {
    const newest = pods.toSorted((a, b) => compare(createdAt(b), createdAt(a)));
    return newest.flatMap((pod) => podFailure(pod) ?? [])[0];
  }
  const failures = byRank({ job, pods }).flatMap((pod) => {
    const failure = podFailure(pod);
    return failure === undefined ? [] : [ofMember(failure, pod, job)];
  });
  return failures.sort((a, b) => compare(a.at ?? '9', b.at ?? '9'))[0];
}

function ofMember(failure: PodFailure, pod: KubeObject, job: KubeObject | undefined): PodFailure {
  const { outcome } = failure;
  return { ...failure, outcome: { ...outcome, message: `${memberPhrase(pod, job)}: ${outcome.message}` } };
}

function createdAt(pod: KubeObject): string {
  return timeAt(pod, 'metadata', 'creationTimestamp') ?? '';
}

/** Undefined while the pod whose result counts has not been seen to end. */
export function successEnding(view: AttemptView): Ending | undefined {
  const first = byRank(view).find((pod) => isDone(pod));
  // That the others have ended well says nothing of the one whose result counts.
  if (first === undefined || (isGroup(view.job) && rankOf(first, view.job) > 0)) return undefined;
  const main = mainOf(first);
  const killed = textAt(terminated(main), 'reason') === 'OOMKilled';
  if (view.contract === 'plain' && !killed) return { code: 'succeeded', outcome: plainResult(view.job) };
  const ending =
    view.contract === 'plain' ? undefined : resultEnding(textAt(terminated(main), 'message') ?? '', view.outputs);
  if (ending !== undefined && (ending.code === 'succeeded' || !killed)) return ending;
  // Exit code 0 of a parent whose child was killed is no success; a driver that has a whole result knew what it did.
  return childKilled();
}

function childKilled(): Ending {
  const message =
    'it ended with exit code 0, but a process of it was killed because memory ran out; raise resources.limits.memory of the stage in the profile';
  return { code: 'out-of-memory', outcome: failedAs('out-of-memory', message, { exitCode: 0 }) };
}

/** What a Job that is complete leaves when none of its pods is there any more. */
export function resultGone(view: AttemptView): Ending {
  if (view.contract === 'plain') return { code: 'succeeded', outcome: plainResult(view.job) };
  const message = 'it ended well, but its pod is gone and its result with it: what it made lies in the workspace';
  return { code: 'lost', outcome: { kind: 'lost', message } };
}

/**
 * A plain stage leaves its files and says nothing of them, and from here nobody can read them. So its artifact is named
 * by who made it, not by its contents: nothing that another attempt made is ever taken for it, and it is no digest that
 * a reader could take for one of contents. Its size is not known.
 */
function plainResult(job: KubeObject | undefined): Outcome {
  const artifact = { name: 'artifacts', path: '.', digest: `attempt:${clean(uidOf(job), 63)}`, size: 0 };
  return { kind: 'succeeded', result: { version: 1, metrics: {}, artifacts: [artifact] } };
}

function resultEnding(message: string, outputs: readonly string[]): Ending {
  const exitCode = 0;
  if (message.trim() === '') {
    const text = 'it ended with exit code 0, but left no result in its termination log ($ILAB_TERMINATION_LOG)';
    return { code: 'no-result', outcome: failedAs('no-result', text, { exitCode }) };
  }
  const parsed = parseStageResult(message, outputs);
  if (parsed.kind === 'result') return { code: 'succeeded', outcome: { kind: 'succeeded', result: parsed.result } };
  const long = Buffer.byteLength(message) >= TERMINATION_LIMIT ? `: it was cut at ${TERMINATION_LIMIT} bytes` : '';
  const text = `it ended with exit code 0, but its result ${clean(parsed.fault)}${long}`;
  return { code: 'invalid-result', outcome: failedAs('invalid-result', text, { exitCode }) };
}

function isDone(pod: KubeObject): boolean {
  return numberAt(terminated(mainOf(pod)), 'exitCode') === 0;
}

/** How an attempt ended whose workload says it failed. */
export function failedEnding(
  state: Extract<WorkloadState, { kind: 'failed' | 'failing' }>,
  view: AttemptView,
  memory: Pick<VerdictMemory, 'startedAt' | 'waitedFor'>,
): Ending {
  if (state.reason === 'DeadlineExceeded') return deadlineEnding(view, memory);
  const failure = podsFailure(view);
  if (failure?.code === 'deadline' && memory.startedAt === undefined) return neverStarted(failure, memory);
  if (failure !== undefined) return failure;
  const [, code] = /failed with exit code (\d+)/.exec(state.message) ?? [];
  if (code !== undefined) return codeEnding(Number(code));
  const words = state.message === '' ? state.reason : `${state.reason}: "${state.message}"`;
  if (state.reason === 'BackoffLimitExceeded' || state.reason === 'PodFailurePolicy') {
    const text = `its pod was deleted by somebody before its end was seen (${words})`;
    return { code: 'disrupted', outcome: failedAs('disrupted', text) };
  }
  if (/NotSupported|Invalid|ValidationFailed/.test(state.reason)) {
    const text = `the cluster does not run it: ${words}`;
    return { code: 'workload-refused', outcome: failedAs('workload-refused', text) };
  }
  return {
    code: 'disrupted',
    outcome: failedAs('disrupted', `it failed, and no pod of it says why: ${words || 'no reason given'}`),
  };
}

/** A pod's time runs from its node on, so a slow image takes of it. */
function neverStarted(failure: PodFailure, { waitedFor }: Pick<VerdictMemory, 'waitedFor'>): Ending {
  const why = waitedFor === undefined ? '' : `: ${waitedFor}`;
  const limit = /within (\d+ seconds)/.exec(failure.outcome.message)?.[1] ?? 'its time';
  const message = `it did not start within ${limit} on its node (activeDeadlineSeconds)${why}; to give it more: \`timeouts.run\` of the stage`;
  return { code: 'start-timeout', outcome: failedAs('start-timeout', message) };
}

function codeEnding(exitCode: number): Ending {
  const code = exitCode === 64 ? 'bad-input' : exitCode === 75 ? 'try-again' : 'exit';
  return { code, outcome: failedAs(code, `it ended with exit code ${exitCode}; its pod is gone`, { exitCode }) };
}

/**
 * Its pods are deleted at once; what it waited for may be remembered. By who did not look on, nobody can tell whether it ever
 * began: its time runs while it waits for room, too.
 */
function deadlineEnding(
  view: AttemptView,
  { startedAt, waitedFor }: Pick<VerdictMemory, 'startedAt' | 'waitedFor'>,
): Ending {
  const seconds =
    numberAt(view.job, 'spec', 'activeDeadlineSeconds') ??
    numberAt(view.job, 'spec', 'runPolicy', 'activeDeadlineSeconds');
  const limit = seconds === undefined ? 'its time' : `${seconds} seconds`;
  if (startedAt === undefined && waitedFor !== undefined) {
    const isPlaced = view.pods.some((pod) => textAt(pod, 'spec', 'nodeName') !== undefined);
    const code = isPlaced ? 'start-timeout' : 'queue-timeout';
    const message = `it did not start within ${limit} (activeDeadlineSeconds): ${waitedFor}; to give it more: \`timeouts.queue\` of the stage`;
    return { code, outcome: failedAs(code, message) };
  }
  const more = startedAt === undefined ? '`timeouts.queue` and `timeouts.run`' : '`timeouts.run`';
  const counted = startedAt === undefined ? ', the wait for room included' : '';
  const message = `it did not end within ${limit}${counted} (activeDeadlineSeconds); to give it more: \`--run-timeout\` of \`resume\`, ${more} of the stage`;
  return { code: 'deadline', outcome: failedAs('deadline', message) };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
