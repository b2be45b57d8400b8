import { type KubeObject, textAt } from '../api/kube-api.ts';
import { nameOf, numberAt } from './objects.ts';
import { clean } from './words.ts';

/** Which one of a group of pods that run together a pod is. */
export interface Member {
  /** From 0, as the operators hand it out (`PET_NODE_RANK`): whose result counts has 0. */
  readonly rank: number;
  /** As the operators name it: `master-0`, `worker-1`, `node-1`; of an indexed Job its index. */
  readonly name: string;
}

/** `workload`: the name that the names of all its pods begin with. Undefined where nothing tells pods apart but their names. */
export function memberOf(pod: KubeObject, workload: string): Member | undefined {
  const label = (name: string): string | undefined => textAt(pod, 'metadata', 'labels', name);
  const type = label('training.kubeflow.org/replica-type');
  if (type !== undefined) {
    const replica = indexOf(label('training.kubeflow.org/replica-index')) ?? 0;
    // The master is the first of them, and the only one of its type.
    return { rank: replica + (type === 'worker' ? 1 : 0), name: clean(`${type}-${replica}`, 63) };
  }
  const index = indexOf(
    label('batch.kubernetes.io/job-completion-index') ??
      textAt(pod, 'metadata', 'annotations', 'batch.kubernetes.io/job-completion-index'),
  );
  if (index !== undefined) {
    const job = label('jobset.sigs.k8s.io/replicatedjob-name');
    return { rank: index, name: job === undefined ? String(index) : clean(`${job}-${index}`, 63) };
  }
  const start = `${workload}-`;
  const name = nameOf(pod);
  return name.startsWith(start) ? { rank: 0, name: name.slice(start.length) } : undefined;
}

/** `node-1`, `worker-0 (node rank 1)`: what its log is named by, and what its ranks are counted from. */
export function memberPhrase(pod: KubeObject, workload: KubeObject | undefined): string {
  const { rank, name } = memberOf(pod, nameOf(workload)) ?? { rank: 0, name: nameOf(pod) };
  return rank === 0 || name.endsWith(String(rank)) ? name : `${name} (node rank ${rank})`;
}

/** Whether its pods run together; those of a Job of ours follow one another. */
export function isGroup(workload: KubeObject | undefined): boolean {
  return textAt(workload, 'kind') !== 'Job' || (numberAt(workload, 'spec', 'completions') ?? 1) > 1;
}

function indexOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}
