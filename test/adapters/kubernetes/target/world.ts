import { RUN_LABEL } from '../../../../src/adapters/kubernetes/api/attempt-labels.ts';
import { RESOURCES } from '../../../../src/adapters/kubernetes/api/kube-api.ts';
import type { JsonObject } from '../../../../src/domain/json.ts';
import { attemptName, type RunName, type StageName } from '../../../../src/domain/naming.ts';
import type { AttemptSpec, LogLine, Observation } from '../../../../src/ports/target.ts';
import { linesOf } from '../../../fakes/lines-of.ts';
import { MemoryCluster } from '../../../fakes/memory-cluster/memory-cluster.ts';
import { runJobs } from '../../../fakes/memory-cluster/run-jobs.ts';
import type { PodScript } from '../../../fakes/memory-cluster/run-pod.ts';
import { TargetHere } from './target-here.ts';

export const RESULT = JSON.stringify({ version: 1, metrics: { lines: 2 }, artifacts: [] });
const never = new AbortController().signal;

/** A cluster in memory, whose pods follow a script, and machines that look at it. */
export class World {
  readonly cluster = new MemoryCluster();
  readonly #machines: TargetHere[] = [];
  readonly #jobs;

  constructor(script: PodScript = { message: RESULT }) {
    this.#jobs = runJobs(this.cluster, () => script);
  }

  machine(pace?: number): TargetHere {
    const machine = new TargetHere(this.cluster.client(), pace);
    this.#machines.push(machine);
    return machine;
  }

  close(): void {
    this.#jobs.stop();
    for (const machine of this.#machines) machine.remove();
  }

  jobs() {
    return this.cluster.objects(RESOURCES.jobs, 'lab');
  }

  configMaps() {
    return this.cluster.objects(RESOURCES.configMaps, 'lab');
  }

  /** What a Job controller says at the end of a Job, by default of one whose deadline it enforced, and does to its pods. */
  failJob(name: string, reason = 'DeadlineExceeded'): void {
    const job = this.cluster.table.get(RESOURCES.jobs, 'lab', name);
    if (job === undefined) throw new Error(`there is no Job ${name}`);
    const conditions = [{ type: 'Failed', status: 'True', reason, message: 'too long' }];
    const writing = { request: 'the controller', manager: 'kube-controller-manager' };
    this.cluster.table.replace(RESOURCES.jobs, 'lab', { ...job, status: { conditions } }, writing);
    for (const { metadata } of this.cluster.objects(RESOURCES.pods, 'lab')) {
      this.cluster.table.delete(RESOURCES.pods, 'lab', metadata.name, { uid: metadata.uid, now: true });
    }
  }
}

export function specOf(key = 'key'): AttemptSpec {
  const ref = { run: 'weekly' as RunName, stage: 'train' as StageName, attempt: 1 };
  const name = attemptName(ref);
  const labels = { [RUN_LABEL]: ref.run, 'ilab-backend.dev/stage': ref.stage, 'ilab-backend.dev/attempt': '1' };
  const metadata = { name, labels };
  const template: JsonObject = {
    metadata: { labels },
    spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'x' }] },
  };
  return {
    ...ref,
    ...{ key, contract: 'full', outputs: [], pod: {}, images: [], queueTimeout: 600, startTimeout: 600 },
    objects: [
      { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { 'params.json': '{}' } },
      { apiVersion: 'batch/v1', kind: 'Job', metadata, spec: { backoffLimit: 0, template } },
    ],
  };
}

/** Submits, and fails the test when the target refuses. */
export async function submit({ target }: TargetHere, spec = specOf()) {
  const bound = await target.submit(spec);
  if (bound.kind === 'refused') throw new Error(`refused: ${JSON.stringify(bound.outcome)}`);
  return { spec, ...bound };
}

export async function observe({ target }: TargetHere, spec: AttemptSpec, uid: string): Promise<readonly Observation[]> {
  return Array.fromAsync(target.observe(spec, uid, never));
}

export async function read({ target }: TargetHere, spec: AttemptSpec): Promise<readonly LogLine[]> {
  return Array.fromAsync(linesOf(target.logs(spec, { follow: false }, never)));
}
