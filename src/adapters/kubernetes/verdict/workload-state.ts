import { type KubeObject, textAt } from '../api/kube-api.ts';
import { condition, timeAt } from './objects.ts';
import { clean } from './words.ts';

/** What the conditions of a workload say, whatever its kind. */
export type WorkloadState =
  | { readonly kind: 'open' }
  /** Its failure is certain, its pods still end. */
  | { readonly kind: 'failing'; readonly reason: string; readonly message: string }
  | { readonly kind: 'complete'; readonly at: string | undefined }
  | {
      readonly kind: 'failed';
      readonly reason: string;
      readonly message: string;
      readonly at: string | undefined;
    };

/** Which condition types end a kind of workload, and which says so early. `SuccessCriteriaMet` is no success yet. */
const TYPES: Readonly<Record<string, { readonly good: string; readonly bad: string; readonly early?: string }>> = {
  Job: { good: 'Complete', bad: 'Failed', early: 'FailureTarget' },
  TrainJob: { good: 'Complete', bad: 'Failed' },
  PyTorchJob: { good: 'Succeeded', bad: 'Failed' },
  JobSet: { good: 'Completed', bad: 'Failed' },
};

/** Reads the conditions by type and status, never by order or by counts. Where they contradict each other, it failed. */
export function workloadState(job: KubeObject): WorkloadState {
  const types = TYPES[textAt(job, 'kind') ?? ''] ?? { good: 'Complete', bad: 'Failed' };
  const bad = condition(job, types.bad);
  const words = (entry: typeof bad) => ({
    reason: clean(textAt(entry, 'reason'), 63),
    message: clean(textAt(entry, 'message')),
  });
  if (bad !== undefined) return { kind: 'failed', ...words(bad), at: timeAt(bad, 'lastTransitionTime') };
  const early = types.early === undefined ? undefined : condition(job, types.early);
  if (early !== undefined) return { kind: 'failing', ...words(early) };
  const good = condition(job, types.good);
  if (good === undefined) return { kind: 'open' };
  return { kind: 'complete', at: timeAt(job, 'status', 'completionTime') ?? timeAt(good, 'lastTransitionTime') };
}
