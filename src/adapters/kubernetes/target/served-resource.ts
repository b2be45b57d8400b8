import type { JsonObject } from '../../../domain/json.ts';
import { STAGE_LABEL } from '../api/attempt-labels.ts';
import { type KubeApi, type Resource, textAt } from '../api/kube-api.ts';
import { unknownKind } from '../verdict/submit-fault.ts';

/** How the cluster addresses a rendered object. Throws `cannot-start` for a kind that it does not serve. */
export async function servedResource(api: KubeApi, object: JsonObject): Promise<Resource> {
  const apiVersion = textAt(object, 'apiVersion') ?? '';
  const kind = textAt(object, 'kind') ?? '';
  const resource = await api.resourceOf(apiVersion, kind);
  if (resource !== undefined) return resource;
  throw unknownKind({ stage: textAt(object, 'metadata', 'labels', STAGE_LABEL) ?? '', apiVersion, kind });
}
