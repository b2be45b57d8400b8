import { attemptName } from '../../../domain/naming.ts';
import type { AttemptRef } from '../../../ports/target.ts';
import { ATTEMPT_LABEL, RUN_LABEL, STAGE_LABEL } from '../api/attempt-labels.ts';
import type { KubeApi } from '../api/kube-api.ts';
import { keyOf } from './annotations.ts';
import { findWorkload, listCompanions, resourceOfWorkload } from './workload-kinds.ts';

/** Deletes the objects of an attempt, what runs first. Only what carries our key; idempotent. */
export async function removeAttemptObjects(api: KubeApi, ref: AttemptRef): Promise<void> {
  const { run, stage, attempt } = ref;
  const name = attemptName(ref);
  const workload = await findWorkload(api, name);
  if (workload !== undefined && keyOf(workload) !== undefined) {
    await api.delete(resourceOfWorkload(workload), name, { uid: workload.metadata.uid });
  }
  const labels = `${RUN_LABEL}=${run},${STAGE_LABEL}=${stage},${ATTEMPT_LABEL}=${attempt}`;
  for (const { resource, items } of await listCompanions(api, labels)) {
    for (const object of items) {
      if (keyOf(object) === undefined) continue;
      await api.delete(resource, object.metadata.name, { uid: object.metadata.uid });
    }
  }
}
