import { failureOfExit } from '../../../domain/attempt/exit-code.ts';
import type { JsonObject } from '../../../domain/json.ts';
import { type KubeObject, textAt } from '../api/kube-api.ts';
import { meaningOf, type VerdictCode } from './codes.ts';
import { noCommand } from './containers.ts';
import {
  type ContainerView,
  condition,
  containersOf,
  nameOf,
  numberAt,
  phraseOf,
  terminated,
  timeAt,
} from './objects.ts';
import type { Failed } from './view.ts';
import { clean } from './words.ts';

/** Why a pod failed. */
export interface PodFailure {
  readonly code: VerdictCode;
  readonly outcome: Failed;
  /** When its container ended, as the kubelet says. */
  readonly at?: string;
}

/** Linux numbers: containers are Linux. */
const SIGNALS: Readonly<Record<number, string>> = {
  1: 'SIGHUP',
  2: 'SIGINT',
  3: 'SIGQUIT',
  4: 'SIGILL',
  5: 'SIGTRAP',
  6: 'SIGABRT',
  7: 'SIGBUS',
  8: 'SIGFPE',
  9: 'SIGKILL',
  10: 'SIGUSR1',
  11: 'SIGSEGV',
  12: 'SIGUSR2',
  13: 'SIGPIPE',
  14: 'SIGALRM',
  15: 'SIGTERM',
  24: 'SIGXCPU',
  25: 'SIGXFSZ',
  31: 'SIGSYS',
};

/** Exit codes of the contract: they are what the stage says, whoever was ending the pod meanwhile. */
const SAID = [64, 75];

/** Undefined for a pod in which nothing failed. What took the pod away goes before how its containers ended by that. */
export function podFailure(pod: KubeObject): PodFailure | undefined {
  const ended = containersOf(pod).filter((container) => isFailed(container));
  const said = ended.find((container) => container.role === 'main' && SAID.includes(exitCodeOf(container)));
  if (said !== undefined) return exitFailure(said);
  return takenAway(pod, ended) ?? firstFailure(pod, ended) ?? deletedByHand(pod) ?? refusedByNode(pod);
}

/** The kubelet's word, and containerd's after a node lost its power: its exit code 255 is nobody's. */
const UNKNOWN_ENDS = ['ContainerStatusUnknown', 'Unknown'];

/** A failed outcome under a code: its class and reason are the code's. */
export function failedAs(code: VerdictCode, message: string, more: Partial<Failed> = {}): Failed {
  const { class: failureClass, reason } = meaningOf(code) ?? { class: 'infra', reason: 'cannot-start' };
  return { kind: 'failed', class: failureClass, reason, message, ...more };
}

function isFailed(container: ContainerView): boolean {
  return terminated(container) !== undefined && exitCodeOf(container) !== 0;
}

function exitCodeOf(container: ContainerView): number {
  return numberAt(terminated(container), 'exitCode') ?? 0;
}

const DISRUPTIONS: Readonly<Record<string, string>> = {
  PreemptionByScheduler: 'work of higher priority needed its room',
  DeletionByTaintManager: 'its node was tainted: not ready, or being drained',
  EvictionByEvictionAPI: 'it was evicted, as a drain of its node does',
  DeletionByPodGC: 'its node is gone',
  TerminationByKubelet: 'its node was short of something, or shut down',
};

function takenAway(pod: KubeObject, ended: readonly ContainerView[]): PodFailure | undefined {
  const disruption = condition(pod, 'DisruptionTarget');
  const reason = textAt(pod, 'status', 'reason') ?? '';
  const message = clean(textAt(pod, 'status', 'message'));
  const when = ended.map((container) => timeAt(terminated(container), 'finishedAt')).find((at) => at !== undefined);
  const at = when === undefined ? {} : { at: when };
  if (disruption !== undefined) {
    const word = textAt(disruption, 'reason') ?? '';
    const why = DISRUPTIONS[word] ?? clean(word, 63);
    const told = clean(message || textAt(disruption, 'message'));
    const said = told === '' ? '' : `: "${told}"`;
    return {
      ...at,
      code: 'disrupted',
      outcome: failedAs('disrupted', `pod ${nameOf(pod)} was taken away, ${why}${said}`),
    };
  }
  if (reason === 'DeadlineExceeded') {
    // The kubelet ends its containers by signals; a Job's own deadline deletes its pods instead.
    const seconds = numberAt(pod, 'spec', 'activeDeadlineSeconds');
    const limit = seconds === undefined ? 'in time' : `within ${seconds} seconds`;
    return {
      ...at,
      code: 'deadline',
      outcome: failedAs(
        'deadline',
        `it did not end ${limit} (activeDeadlineSeconds); to give it more: \`--run-timeout\` of \`resume\`, \`timeouts.run\` of the stage`,
      ),
    };
  }
  if (reason === 'Evicted') {
    const fix = 'raise its limit of ephemeral-storage, or write to a volume';
    const text = `pod ${nameOf(pod)} used more disk than it was given: "${message}"; ${fix}`;
    return { ...at, code: 'out-of-disk', outcome: failedAs('out-of-disk', text) };
  }
  if (/^(?:NodeLost|NodeShutdown|Terminated|Shutdown|Preempting)$/.test(reason)) {
    const text = `pod ${nameOf(pod)} was taken away by its node: ${clean(reason, 63)}${message === '' ? '' : `, "${message}"`}`;
    return { ...at, code: 'disrupted', outcome: failedAs('disrupted', text) };
  }
  const unknown = ended.find((container) => UNKNOWN_ENDS.includes(textAt(terminated(container), 'reason') ?? ''));
  if (unknown === undefined) return undefined;
  // A pod that was deleted before its container was made ends so too.
  if (isDeleted(pod)) return deletedByHand(pod);
  const node = clean(textAt(pod, 'spec', 'nodeName'), 253);
  const text = `node ${node} was away and no longer knows how ${phraseOf(unknown)} ended`;
  return { ...at, code: 'disrupted', outcome: failedAs('disrupted', text) };
}

/** The container that failed first; by the stamps of one kubelet. */
function firstFailure(pod: KubeObject, ended: readonly ContainerView[]): PodFailure | undefined {
  const [first] = [...ended]
    // A sidecar is ended with the main container, whatever its code then is.
    .filter(({ role }) => role !== 'sidecar' || ended.every((other) => other.role === 'sidecar'))
    .sort((a, b) => compare(finishedAt(a), finishedAt(b)));
  if (first === undefined) return undefined;
  const failure = exitFailure(first);
  if (failure.outcome.reason !== 'signal' || !isDeleted(pod)) return failure;
  return deletedByHand(pod) ?? failure;
}

function exitFailure(container: ContainerView): PodFailure {
  const state = terminated(container);
  const exitCode = exitCodeOf(container);
  const at = finishedAt(container);
  const ended = at === '' ? {} : { at };
  const helper = container.role === 'init' || container.role === 'sidecar' || container.role === 'beside';
  const named = helper ? { container: container.name } : {};
  const reason = textAt(state, 'reason') ?? '';
  if (reason === 'OOMKilled') {
    const limit = textAt(container.spec, 'resources', 'limits', 'memory');
    const message = `${phraseOf(container)} ran out of memory ${limit === undefined ? 'of its node: it sets no limit' : `at its limit of ${clean(limit, 30)}`}; ${
      limit === undefined ? 'set resources.limits.memory' : 'raise resources.limits.memory'
    } of the stage in the profile, or have it work on less at once`;
    const outcome = failedAs('out-of-memory', message, { exitCode, signal: 'SIGKILL', ...named });
    return { code: 'out-of-memory', outcome, ...ended };
  }
  if (reason === 'StartError' || reason === 'ContainerCannotRun') {
    const { reason: sentence, fix } = noCommand(container, clean(textAt(state, 'message')));
    const outcome = failedAs('command-missing', `${sentence}; ${fix}`, { exitCode, ...named });
    return { code: 'command-missing', outcome, ...ended };
  }
  const signal = SIGNALS[exitCode - 128];
  const detail = detailOf(container, state, exitCode);
  const outcome = failureOfExit({
    name: container.name,
    role: container.role === 'beside' ? 'sidecar' : container.role,
    command: commandOf(container),
    exitCode,
    ...(signal === undefined ? {} : { signal }),
    ...(detail === '' ? {} : { detail }),
  });
  return { code: codeOf(outcome), outcome, ...ended };
}

function codeOf({ reason }: Failed): VerdictCode {
  switch (reason) {
    case 'cannot-start':
      return 'command-missing';
    case 'signal':
    case 'bad-input':
    case 'try-again':
    case 'helper-failed':
      return reason;
    default:
      return 'exit';
  }
}

function commandOf(container: ContainerView): string {
  const command = container.spec['command'];
  const first: unknown = Array.isArray(command) ? command[0] : undefined;
  return typeof first === 'string' ? clean(first, 120) : 'the command of its image';
}

/**
 * What the container said of its end. A driver writes the sentence first and details after it; what the kubelet took
 * from the end of a log of a crash tells most in its last line.
 */
function detailOf(container: ContainerView, state: JsonObject | undefined, exitCode: number): string {
  const lines = (textAt(state, 'message') ?? '')
    .split(/[\r\n]+/)
    .map((line) => clean(line))
    .filter((line) => line !== '' && !line.startsWith('{'));
  const error = lines.findLast((line) => /^error: /i.test(line));
  const fromLog =
    textAt(container.spec, 'terminationMessagePolicy') === 'FallbackToLogsOnError' && !SAID.includes(exitCode);
  return (error ?? (fromLog ? lines.at(-1) : lines[0]) ?? '').replace(/^error: /i, '');
}

function deletedByHand(pod: KubeObject): PodFailure | undefined {
  if (!isDeleted(pod)) return undefined;
  const text = `pod ${nameOf(pod)} was deleted by somebody`;
  return { code: 'disrupted', outcome: failedAs('disrupted', text) };
}

function isDeleted(pod: KubeObject): boolean {
  return textAt(pod, 'metadata', 'deletionTimestamp') !== undefined;
}

/** A node that was given the pod and did not take it: `OutOfcpu`, `UnexpectedAdmissionError`, `NodeAffinity`. */
function refusedByNode(pod: KubeObject): PodFailure | undefined {
  if (textAt(pod, 'status', 'phase') !== 'Failed') return undefined;
  const reason = clean(textAt(pod, 'status', 'reason'), 63);
  const message = clean(textAt(pod, 'status', 'message'));
  const node = clean(textAt(pod, 'spec', 'nodeName'), 253);
  const said = message === '' ? '' : `, "${message}"`;
  const text = `node ${node} did not take pod ${nameOf(pod)}: ${reason || 'no reason given'}${said}`;
  return { code: 'node-refused', outcome: failedAs('node-refused', text) };
}

function finishedAt(container: ContainerView): string {
  return timeAt(terminated(container), 'finishedAt') ?? '';
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
