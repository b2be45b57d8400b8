import type { Outcome } from '../../../domain/attempt/outcome.ts';
import type { JsonObject } from '../../../domain/json.ts';
import { isJsonObject } from '../../../domain/json.ts';
import { type KubeApi, KubeFault, type KubeObject, listAt, type Resource, textAt } from '../api/kube-api.ts';
import { decidedOf, withDecided } from './annotations.ts';

/**
 * Ends an attempt from outside, and writes on the object itself why: whoever finds it later comes to the same outcome.
 * A Job is not deleted but given a deadline of one second, so that its pods get SIGTERM and their grace and the object
 * stays. The time of a Job that is suspended does not run, and `suspend` may belong to a queue: it is left without pods to
 * make, whoever lets it go on. The first decision counts. Does nothing when it has ended, or is another object.
 */
export async function endAttempt(
  api: KubeApi,
  resource: Resource,
  name: string,
  { uid, outcome }: { readonly uid: string; readonly outcome: Outcome },
): Promise<void> {
  for (;;) {
    const found = await api.get(resource, name);
    if (found === undefined || found.metadata.uid !== uid || hasEnded(found)) return;
    try {
      const decided = decidedOf(found) === undefined ? withDecided(found, outcome) : found;
      await api.replace(resource, resource.kind === 'Job' ? withDeadline(decided) : decided);
      break;
    } catch (error) {
      // Another wrote in between, or nobody knows whether this was stored: look again.
      if (error instanceof KubeFault && (error.kind === 'conflict' || error.kind === 'ambiguous')) continue;
      if (error instanceof KubeFault && error.kind === 'not-found') return;
      throw error;
    }
  }
  // Operators have no deadline in common; what they run ends with the object, and its pods were seen to carry the reason.
  if (resource.kind !== 'Job') await api.delete(resource, name, { uid });
}

/** A terminal condition of a Job. */
export function hasEnded(job: KubeObject): boolean {
  return listAt(job, 'status', 'conditions').some(
    (condition) =>
      ['Complete', 'Failed', 'Succeeded'].includes(textAt(condition, 'type') ?? '') && condition['status'] === 'True',
  );
}

function withDeadline(job: JsonObject): JsonObject {
  const spec = isJsonObject(job['spec']) ? job['spec'] : {};
  const more = spec['suspend'] === true ? { parallelism: 0 } : {};
  return { ...job, spec: { ...spec, activeDeadlineSeconds: 1, ...more } };
}
