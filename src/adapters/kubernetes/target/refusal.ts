import type { Outcome } from '../../../domain/attempt/outcome.ts';
import type { UserError } from '../../../domain/errors.ts';
import type { JsonObject } from '../../../domain/json.ts';
import { STAGE_LABEL } from '../api/attempt-labels.ts';
import { type ClusterPlace, type KubeFault, type Resource, textAt } from '../api/kube-api.ts';
import { classifySubmitFault } from '../verdict/submit-fault.ts';

/**
 * Why the cluster does not take an object: an error for what a person must mend, an outcome for what is tried again (a
 * quota that is used up now, a webhook that is down).
 */
export function refusalOf(
  fault: KubeFault,
  {
    object,
    resource,
    place,
  }: { readonly object: JsonObject; readonly resource: Resource; readonly place: ClusterPlace },
): UserError | Outcome {
  return classifySubmitFault(fault, {
    place,
    stage: textAt(object, 'metadata', 'labels', STAGE_LABEL) ?? '',
    apiVersion: resource.apiVersion,
    kind: resource.kind,
    name: textAt(object, 'metadata', 'name') ?? '',
    plural: resource.plural,
  });
}
