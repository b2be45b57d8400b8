import type { KubeObject } from '../../../../src/adapters/kubernetes/api/kube-api.ts';
import { judgeAttempt } from '../../../../src/adapters/kubernetes/verdict/judge-attempt.ts';
import {
  type AttemptView,
  NO_MEMORY,
  type Verdict,
  type VerdictMemory,
} from '../../../../src/adapters/kubernetes/verdict/view.ts';
import type { JsonObject } from '../../../../src/domain/json.ts';

/*
 * Objects as a server of 1.36 gives them, cut to what is read. The texts were taken from a real one.
 */

const RUN = 'weekly-47';
const NAME = `${RUN}-train-1`;
const SERVER_NOW = Date.parse('2026-11-30T06:30:00Z');
const END = '2026-11-30T06:28:33Z';

let version = 1000;
function meta(name: string, uid: string, more: JsonObject = {}): KubeObject['metadata'] {
  version += 1;
  return { name, uid, namespace: 'ilab', resourceVersion: String(version), ...more };
}

export function job(
  conditions: readonly (readonly [string, string?, string?])[] = [],
  spec: JsonObject = {},
): KubeObject {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: meta(NAME, 'job-uid'),
    spec: { backoffLimit: 0, completions: 1, parallelism: 1, activeDeadlineSeconds: 300, ...spec },
    status: {
      conditions: conditions.map(([type, reason = 'Whatever', message = '']) => ({
        type,
        status: 'True',
        reason,
        message,
        lastTransitionTime: END,
      })),
    },
  };
}

/** A Job that failed as one with `backoffLimit: 0` does. */
export const failedJob = (
  reason = 'BackoffLimitExceeded',
  message = 'Job has reached the specified backoff limit',
): KubeObject =>
  job([
    ['FailureTarget', reason, message],
    ['Failed', reason, message],
  ]);

export const doneJob = (): KubeObject =>
  job([
    ['SuccessCriteriaMet', 'CompletionsReached', 'Reached expected number of succeeded pods'],
    ['Complete', 'CompletionsReached', 'Reached expected number of succeeded pods'],
  ]);

export interface PodParts {
  readonly phase?: string;
  readonly node?: string;
  /** State of `main`. */
  readonly state?: JsonObject;
  readonly container?: JsonObject;
  readonly init?: readonly { readonly spec: JsonObject; readonly status?: JsonObject }[];
  readonly conditions?: readonly JsonObject[];
  readonly meta?: JsonObject;
  readonly status?: JsonObject;
  readonly spec?: JsonObject;
  readonly uid?: string;
}

export function pod(parts: PodParts = {}): KubeObject {
  const { phase = 'Pending', node = 'n1', state, container = {}, init = [], conditions = [], uid = 'pod-uid' } = parts;
  const placed = node === '' ? {} : { nodeName: node };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: meta(`${NAME}-${uid.slice(0, 5)}`, uid, parts.meta),
    spec: {
      restartPolicy: 'Never',
      ...placed,
      containers: [
        {
          name: 'main',
          image: 'registry.test/train:1',
          terminationMessagePolicy: 'FallbackToLogsOnError',
          ...container,
        },
      ],
      initContainers: init.map(({ spec }) => spec),
      ...parts.spec,
    },
    status: {
      phase,
      conditions: [...(node === '' ? [] : [{ type: 'PodScheduled', status: 'True' }]), ...conditions],
      initContainerStatuses: init.flatMap(({ status }) => (status === undefined ? [] : [status])),
      containerStatuses: state === undefined ? [] : [{ name: 'main', restartCount: 0, state }],
      ...parts.status,
    },
  };
}

export const waits = (reason: string, message = ''): JsonObject => ({
  waiting: { reason, ...(message === '' ? {} : { message }) },
});
export const runs = { running: { startedAt: '2026-11-30T06:28:31Z' } };
export const ends = (exitCode: number, more: JsonObject = {}): JsonObject => ({
  terminated: {
    exitCode,
    reason: exitCode === 0 ? 'Completed' : 'Error',
    startedAt: '2026-11-30T06:28:31Z',
    finishedAt: END,
    ...more,
  },
});

/** A pod whose main container ended. */
export const endedPod = (exitCode: number, more: JsonObject = {}, parts: PodParts = {}): KubeObject =>
  pod({ phase: exitCode === 0 ? 'Succeeded' : 'Failed', state: ends(exitCode, more), ...parts });

export const unschedulable = (reasons: string, preemption: string): JsonObject => ({
  type: 'PodScheduled',
  status: 'False',
  reason: 'Unschedulable',
  message: `0/1 nodes are available: ${reasons}. no new claims to deallocate, preemption: 0/1 nodes are available: 1 ${preemption}.`,
});
export const NO_HELP = 'Preemption is not helpful for scheduling';
export const NO_VICTIMS = 'No preemption victims found for incoming pod';

export function node(
  name: string,
  allocatable: JsonObject = {},
  more: { readonly spec?: JsonObject; readonly labels?: JsonObject; readonly ready?: string } = {},
): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: meta(name, `uid-${name}`, { labels: { 'kubernetes.io/hostname': name, ...more.labels } }),
    spec: more.spec ?? {},
    status: {
      allocatable: { cpu: '16', memory: '64Gi', pods: '110', 'ephemeral-storage': '100Gi', ...allocatable },
      conditions: [{ type: 'Ready', status: more.ready ?? 'True', lastTransitionTime: '2026-11-30T06:20:00Z' }],
    },
  };
}

export const gpuNode = (name: string, gpus: number): KubeObject => node(name, { 'nvidia.com/gpu': String(gpus) });

export function holder(run: string | undefined, on: string, gpus: number, phase = 'Running'): KubeObject {
  const labels = run === undefined ? {} : { 'ilab-backend.dev/run': run, 'ilab-backend.dev/stage': 'train' };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: meta(`${run ?? 'other'}-x`, `uid-${run}-${on}`, { labels }),
    spec: { nodeName: on, containers: [{ name: 'main', resources: { limits: { 'nvidia.com/gpu': String(gpus) } } }] },
    status: { phase },
  };
}

export function event(about: KubeObject, reason: string, message: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: meta(`e${version}`, `event-${version}`),
    involvedObject: { uid: about.metadata.uid, name: about.metadata.name, kind: about.kind },
    reason,
    message,
    lastTimestamp: new Date(SERVER_NOW + version).toISOString(),
  };
}

export function claim(name: string, spec: JsonObject = {}, phase = 'Pending'): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: meta(name, `uid-${name}`),
    spec,
    status: { phase },
  };
}

export const onClaim = (name: string): JsonObject => ({
  volumes: [{ name: 'workspace', persistentVolumeClaim: { claimName: name } }],
});

export function view(parts: Partial<AttemptView> = {}): AttemptView {
  return {
    job: job(),
    pods: [],
    events: [],
    now: SERVER_NOW,
    monotonic: 0,
    contract: 'full',
    outputs: [],
    deadlines: { queue: 86_400, start: 900 },
    ...parts,
  };
}

/** What is said at first, and again `after` seconds later of the same objects. */
export function judge(parts: Partial<AttemptView>, after = 0): Verdict {
  const first = judgeAttempt(view(parts), NO_MEMORY);
  return after === 0 ? first.verdict : judgeAttempt(view({ ...parts, monotonic: after * 1000 }), first.memory).verdict;
}

export function remember(parts: Partial<AttemptView>): VerdictMemory {
  return judgeAttempt(view(parts), NO_MEMORY).memory;
}

/** Every text in a value, keys too. */
export function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) => [key, ...textsIn(child)]);
}
