import { sha256 } from '../../../domain/data/digest.ts';
import { UserError } from '../../../domain/errors.ts';
import type { JsonObject } from '../../../domain/json.ts';
import type { ClusterData } from './cluster-data.ts';
import { createJob, discardJob, endOf, nameTaken, replaceJob } from './transfer-job.ts';
import { waitForPod } from './transfer-pod.ts';
import type { WorkspaceClaim } from './workspace-claim.ts';

/** What is taken away from a claim. */
export interface Removal {
  /** Below `runs/<run>`, `work/<run>` or `inputs/`: the pod refuses others. */
  readonly paths: readonly string[];
  /** Seconds: what was touched since stays. */
  readonly olderThan: number;
  readonly pod: JsonObject;
  readonly claim: WorkspaceClaim;
}

/** Has a Job take folders away; those that are not there are no fault. Throws `cannot-start` when it could not take all. */
export async function removeFromClaim(
  data: ClusterData,
  { paths, olderThan, pod, claim }: Removal,
  signal: AbortSignal,
): Promise<void> {
  const { limits } = data;
  const what = sha256([claim.uid, olderThan, ...paths].join('\n'));
  const wish = {
    ...{ pod, claim },
    name: `ilab-remove-${what.slice(0, 32)}`,
    mode: 'remove',
    key: `remove/${what}`,
    args: ['remove', '--older-than', String(olderThan), ...paths],
    deadline: limits.start + limits.work,
  } as const;
  for (let tried = 1; ; tried += 1) {
    const { kind, job } = await createJob(data, wish, signal);
    if (kind === 'other') throw nameTaken(data, job);
    if (kind === 'same' && endOf(job) !== undefined) {
      // An earlier call's: what has come since would stay.
      await replaceJob(data, job, signal);
      continue;
    }
    const state = await waitForPod(data, job, { goal: 'ended', seconds: wish.deadline, signal });
    if (state.kind === 'succeeded') return discardJob(data, job);
    const message = state.kind === 'failed' ? state.message : state.kind;
    if (/^[a-z-]+: /.test(message) || tried >= limits.tries) {
      await discardJob(data, job);
      throw new UserError(
        'cannot-start',
        `outputs in the workspace claim ${claim.name} cannot be deleted: ${message}`,
        {
          hint: 'they belong to another user: let `pod.runAsUser` or `pod.fsGroup` be what the stages ran with',
        },
      );
    }
    await replaceJob(data, job, signal);
  }
}
