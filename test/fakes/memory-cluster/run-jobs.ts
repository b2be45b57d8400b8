import { randomBytes } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { at, type KubeObject, listAt, RESOURCES, textAt } from '../../../src/adapters/kubernetes/api/kube-api.ts';
import { isJsonObject, type JsonObject } from '../../../src/domain/json.ts';
import type { MemoryCluster } from './memory-cluster.ts';
import { type PodScript, runPod } from './run-pod.ts';

/** What the pod of a Job does; undefined = the Job gets no pod (as when a quota is used up). */
export type JobScript = (job: KubeObject) => PodScript | undefined;

/** A Job controller, a scheduler and a kubelet that follow a script. */
export interface RunningJobs {
  /** Stops looking; what is there stays as it is. */
  stop(): void;
  /** Resolves when every Job seen so far has ended or is gone. */
  idle(): Promise<void>;
}

const WRITING = { request: 'the controller', manager: 'kube-controller-manager' };

/** Runs every Job of the cluster, those there and those to come: one pod each, never replaced (`backoffLimit: 0`). */
export function runJobs(cluster: MemoryCluster, script: JobScript): RunningJobs {
  const stopped = new AbortController();
  const running = new Map<string, Promise<void>>();
  cluster.table.gracefully = (resource, object) =>
    resource.plural === 'pods' && !stopped.signal.aborted && textAt(object, 'status', 'phase') === 'Running';
  const consider = (job: KubeObject): void => {
    const { uid } = job.metadata;
    if (running.has(uid) || at(job, 'spec', 'suspend') === true || stopped.signal.aborted) return;
    const work = runJob(cluster, job, script, stopped.signal);
    running.set(uid, work);
    // A fault of the script is the test's to see, from `idle`.
    work.catch(() => undefined);
  };
  const leave = cluster.table.listen(({ kind, resource, object }) => {
    if (kind === 'changed' && resource.plural === 'jobs') consider(object);
  });
  for (const { metadata } of cluster.table.list(RESOURCES.namespaces, '')) {
    for (const job of cluster.objects(RESOURCES.jobs, metadata.name)) consider(job);
  }
  return {
    stop: () => {
      stopped.abort();
      leave();
    },
    idle: async () => {
      await Promise.all(running.values());
    },
  };
}

async function runJob(cluster: MemoryCluster, job: KubeObject, script: JobScript, stop: AbortSignal): Promise<void> {
  // The answer to the create is on its way before the controller has seen anything.
  await turn();
  const acts = script(job);
  if (isOver(job) || acts === undefined) return;
  const pod = createPod(cluster, job);
  if (pod === undefined) return;
  setStatus(cluster, job, { active: 1, startTime: seconds(cluster) });
  const ending = await runPod(cluster, pod, acts, stop);
  if (ending.kind === 'stopped') return;
  // A pod that somebody deleted is a failed one.
  const success = ending.kind === 'succeeded';
  const counts = success ? { succeeded: 1 } : { failed: 1 };
  const reason = success ? 'CompletionsReached' : (acts.jobReason ?? 'BackoffLimitExceeded');
  const first = condition(cluster, success ? 'SuccessCriteriaMet' : 'FailureTarget', reason);
  setStatus(cluster, job, { ...counts, active: 0, conditions: [first] });
  await turn();
  setStatus(cluster, job, {
    ...counts,
    active: 0,
    conditions: [first, condition(cluster, success ? 'Complete' : 'Failed', reason)],
    ...(success ? { completionTime: seconds(cluster) } : {}),
  });
}

function isOver(job: KubeObject): boolean {
  return listAt(job, 'status', 'conditions').some(
    (found) => found['type'] === 'Complete' || found['type'] === 'Failed',
  );
}

/** Undefined when the Job is gone again. */
function createPod(cluster: MemoryCluster, job: KubeObject): KubeObject | undefined {
  const { name, uid } = job.metadata;
  const namespace = textAt(job, 'metadata', 'namespace') ?? '';
  if (cluster.table.get(RESOURCES.jobs, namespace, name)?.metadata.uid !== uid) return undefined;
  const template = at(job, 'spec', 'template');
  const labels = at(template, 'metadata', 'labels');
  const annotations = at(template, 'metadata', 'annotations');
  const pod: JsonObject = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `${name}-${randomBytes(5).toString('hex').slice(0, 5)}`,
      labels: {
        ...(isJsonObject(labels) ? labels : {}),
        'batch.kubernetes.io/job-name': name,
        'batch.kubernetes.io/controller-uid': uid,
        'job-name': name,
        'controller-uid': uid,
      },
      ...(annotations === undefined ? {} : { annotations }),
      ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name, uid, controller: true, blockOwnerDeletion: true }],
    },
    spec: at(template, 'spec') ?? {},
    status: { phase: 'Pending' },
  };
  return cluster.table.create(RESOURCES.pods, namespace, pod, WRITING);
}

function setStatus(cluster: MemoryCluster, job: KubeObject, status: JsonObject): void {
  const namespace = textAt(job, 'metadata', 'namespace') ?? '';
  const now = cluster.table.get(RESOURCES.jobs, namespace, job.metadata.name);
  if (now === undefined || now.metadata.uid !== job.metadata.uid) return;
  const before = isJsonObject(now['status']) ? now['status'] : {};
  cluster.table.replace(RESOURCES.jobs, namespace, { ...now, status: { ...before, ...status } }, WRITING);
}

function condition(cluster: MemoryCluster, type: string, reason: string): JsonObject {
  const time = seconds(cluster);
  return { type, status: 'True', reason, lastProbeTime: time, lastTransitionTime: time };
}

function seconds(cluster: MemoryCluster): string {
  return `${new Date(cluster.now()).toISOString().slice(0, 19)}Z`;
}
