import { UserError } from '../../../domain/errors.ts';
import type { JsonObject } from '../../../domain/json.ts';
import { isJsonObject } from '../../../domain/json.ts';
import { queueOf } from '../../../domain/plan/queue-label.ts';
import { STAGE_LABEL } from '../api/attempt-labels.ts';
import { type KubeApi, KubeFault, RESOURCES, type Resource, textAt } from '../api/kube-api.ts';
import { unknownKind } from '../verdict/submit-fault.ts';
import { queueWorkloads } from './queue-workloads.ts';
import { refusalOf } from './refusal.ts';
import { servedResource } from './served-resource.ts';
import { lacksRuntime, runtimeOf } from './training-runtime.ts';
import { objectName, podTemplates } from './workload.ts';

/**
 * Lets the server judge the objects of a run's attempts without storing them: fields, rights, policies, quotas. A Job is
 * taken whatever its pods would meet, so each pod template is tried as a Pod too.
 */
export class DryRun {
  readonly #api: KubeApi;
  /** Asked for once, whatever there is to try. */
  #mayTryPods: Promise<boolean> | undefined;

  constructor(api: KubeApi) {
    this.#api = api;
  }

  /** Returns what could not be tried. Throws `cannot-start` with the server's words for what it refuses. */
  async try(objects: readonly JsonObject[]): Promise<readonly string[]> {
    const unproven = await Promise.all(objects.map((object) => this.#tryObject(object, objects)));
    return unproven.flat();
  }

  async #tryObject(object: JsonObject, all: readonly JsonObject[]): Promise<readonly string[]> {
    const resource = await servedResource(this.#api, object);
    if (queueOf(object) !== undefined) await this.#needQueue(object);
    const runtime = runtimeOf(object, all);
    if (!(await tryCreate(this.#api, resource, object, runtime))) {
      return [`whether ${objectName(object)} is admitted (its ${objectName(runtime ?? {})} is not there before)`];
    }
    const pods = podTemplates(object).map((template, index) => podOf(object, template, index));
    return (await Promise.all(pods.map((pod) => this.#tryPod(pod, object)))).flat();
  }

  /** What is made suspended, and whose queue nobody serves, would wait for ever. */
  async #needQueue(object: JsonObject): Promise<void> {
    if ((await queueWorkloads(this.#api)) !== undefined) return;
    const stage = textAt(object, 'metadata', 'labels', STAGE_LABEL) ?? '';
    throw unknownKind({ stage, apiVersion: 'kueue.x-k8s.io/v1beta1', kind: 'Workload' });
  }

  async #tryPod(pod: JsonObject, owner: JsonObject): Promise<readonly string[]> {
    this.#mayTryPods ??= this.#api.mayI('create', RESOURCES.pods);
    if (!(await this.#mayTryPods)) {
      return [`whether pods of ${objectName(owner)} are admitted (that takes the right to create pods)`];
    }
    await tryCreate(this.#api, RESOURCES.pods, pod);
    return [];
  }
}

/** False where it was refused for want of the `runtime` that will be made before it. */
async function tryCreate(api: KubeApi, resource: Resource, object: JsonObject, runtime?: JsonObject): Promise<boolean> {
  try {
    await api.create(resource, object, { dryRun: true });
  } catch (error) {
    // An object of the name says nothing against this one.
    if (error instanceof KubeFault && error.kind === 'exists') return true;
    if (!(error instanceof KubeFault)) throw error;
    if (runtime !== undefined && lacksRuntime(error)) return false;
    const refusal = refusalOf(error, { object, resource, place: api.place });
    // What is used up now may be free when its turn comes.
    if (refusal instanceof UserError) throw refusal;
  }
  return true;
}

function podOf(owner: JsonObject, template: JsonObject, index: number): JsonObject {
  const metadata = isJsonObject(template['metadata']) ? template['metadata'] : {};
  const name = `${textAt(owner, 'metadata', 'name') ?? 'pod'}-${index}`;
  return { apiVersion: 'v1', kind: 'Pod', metadata: { ...metadata, name }, spec: template['spec'] ?? {} };
}
