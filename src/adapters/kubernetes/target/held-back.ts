import { isJsonObject, type JsonObject } from '../../../domain/json.ts';
import { at, type KubeApi, KubeFault, type KubeObject, RESOURCES, textAt } from '../api/kube-api.ts';
import { isHeld, withHold, withoutHold } from './annotations.ts';

/*
 * What the cluster deletes by itself once it has ended (`ttlSecondsAfterFinished`) may be gone before anybody has recorded
 * that it was ever made: a driver that died in between would be followed by one that makes it again. So such a Job is made
 * suspended, and let go when its uid is recorded. One that is rendered suspended belongs to a queue, and is left alone.
 */

/** The object as it is to be created. */
export function heldBack(object: JsonObject): JsonObject {
  const spec = object['spec'];
  const isShortLived =
    textAt(object, 'kind') === RESOURCES.jobs.kind && at(spec, 'ttlSecondsAfterFinished') !== undefined;
  if (!isShortLived || !isJsonObject(spec) || spec['suspend'] === true) return object;
  return withHold({ ...object, spec: { ...spec, suspend: true } });
}

/** Lets a Job go whose uid is recorded; does nothing to others, and to one that was let go. */
export async function letGo(api: KubeApi, job: KubeObject, signal: AbortSignal): Promise<void> {
  for (let found: KubeObject | undefined = job; found !== undefined && isHeld(found); ) {
    if (found.metadata.uid !== job.metadata.uid) return;
    const spec = isJsonObject(found['spec']) ? found['spec'] : {};
    try {
      await api.replace(RESOURCES.jobs, withoutHold({ ...found, spec: { ...spec, suspend: false } }), signal);
      return;
    } catch (error) {
      // Another wrote in between, or nobody knows whether this was stored: look again.
      if (!(error instanceof KubeFault) || !['conflict', 'ambiguous', 'not-found'].includes(error.kind)) throw error;
      found = await api.get(RESOURCES.jobs, job.metadata.name, signal);
    }
  }
}
