import { UserError } from '../../../domain/errors.ts';
import type { JsonObject } from '../../../domain/json.ts';
import type { PinnedSource } from '../../../ports/source-store.ts';
import type { ClusterData } from './cluster-data.ts';
import { inputName } from './input-marker.ts';
import { createJob, discardJob, endOf, nameTaken, replaceJob } from './transfer-job.ts';
import { waitForPod } from './transfer-pod.ts';
import type { WorkspaceClaim } from './workspace-claim.ts';

/** What a pod fetches from object storage into a claim. */
export interface ObjectToFetch {
  /** The input's name, for messages. */
  readonly input: string;
  readonly source: Extract<PinnedSource, { kind: 'object' }>;
  readonly pod: JsonObject;
  readonly claim: WorkspaceClaim;
}

/**
 * Has a Job fetch an artifact, with the credentials that the pod settings refer to: this program sees none. What was cut
 * is gone on with by the next one. Returns its size in bytes. Throws `cannot-start`.
 */
export async function fetchObject(
  data: ClusterData,
  { input, source, pod, claim }: ObjectToFetch,
  signal: AbortSignal,
): Promise<number> {
  const { limits } = data;
  if (pod['storage'] === undefined)
    throw new UserError('bad-config', `${input} lies in object storage, and none is configured`, {
      hint: 'say how it is reached: `pod.storage` in the project file, see docs/storage.md',
    });
  const wish = {
    ...{ pod, claim },
    name: inputName('fetch', claim, source.digest),
    mode: 'fetch',
    key: `fetch/${source.digest}`,
    args: ['fetch', source.uri],
    deadline: limits.start + limits.serve,
  } as const;
  data.say(`fetching ${input} from ${source.uri.replace(/@.*/, '')}`);
  for (let tried = 1; ; tried += 1) {
    const { kind, job } = await createJob(data, wish, signal);
    if (kind === 'other') throw nameTaken(data, job);
    if (kind === 'same' && endOf(job) === 'Failed') {
      await replaceJob(data, job, signal);
      continue;
    }
    const state =
      endOf(job) === 'Complete'
        ? ({ kind: 'succeeded' } as const)
        : await waitForPod(data, job, { goal: 'ended', seconds: wish.deadline, signal });
    if (state.kind === 'succeeded') {
      await discardJob(data, job);
      return Number('message' in state ? state.message : 0) || 0;
    }
    const message = state.kind === 'failed' ? state.message : state.kind;
    if (/^[a-z-]+: /.test(message) || tried >= limits.tries) {
      await discardJob(data, job);
      throw new UserError('cannot-start', `${input} cannot be fetched into the workspace claim: ${message}`, {
        hint: 'see `pod.storage`, and whether the Secret it refers to holds what it should',
      });
    }
    data.say(`the pod that fetches ${input} ended: ${message}; it is tried again`);
    await replaceJob(data, job, signal);
  }
}
