import type { Json, JsonObject } from '../../../domain/json.ts';
import { isJsonObject } from '../../../domain/json.ts';
import { containersOf } from '../../../domain/plan/workload.ts';
import { listAt, textAt } from '../api/kube-api.ts';

/** The objects of an attempt: what runs, and what it mounts. */
export interface AttemptObjects {
  /** The one with containers: a Job, a PyTorchJob, a TrainJob. */
  readonly workload: JsonObject;
  /** ConfigMaps and the like, in the order of the template. */
  readonly others: readonly JsonObject[];
}

/** Throws a bug's error when a template renders nothing that runs. */
export function splitObjects(objects: readonly JsonObject[]): AttemptObjects {
  const workload = objects.findLast((object) => containersOf([object]).length > 0);
  if (workload === undefined) throw new Error('the template renders nothing with containers');
  return { workload, others: objects.filter((object) => object !== workload) };
}

/** `Job/weekly-47-train-1`, for messages. */
export function objectName(object: JsonObject): string {
  return `${textAt(object, 'kind') ?? 'object'}/${textAt(object, 'metadata', 'name') ?? ''}`;
}

/** Every pod template below an object, whatever its kind. */
export function podTemplates(object: Json | undefined): readonly JsonObject[] {
  if (Array.isArray(object)) return object.flatMap((item: Json) => podTemplates(item));
  if (!isJsonObject(object)) return [];
  const template = object['template'];
  const own = isJsonObject(template) && listAt(template, 'spec', 'containers').length > 0 ? [template] : [];
  return [...own, ...Object.values(object).flatMap((value) => (own[0] === value ? [] : podTemplates(value)))];
}

/** The claims that the pods of an object mount. */
export function claimsOf(object: JsonObject): readonly string[] {
  const names = podTemplates(object)
    .flatMap((template) => listAt(template, 'spec', 'volumes'))
    .flatMap((volume) => textAt(volume, 'persistentVolumeClaim', 'claimName') ?? []);
  return [...new Set(names)];
}
