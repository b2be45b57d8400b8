import { UserError } from '../../../domain/errors.ts';
import type { JsonObject } from '../../../domain/json.ts';
import type { AttemptSpec, Bound, Refused } from '../../../ports/target.ts';
import { type KubeApi, KubeFault, type KubeObject, textAt } from '../api/kube-api.ts';
import type { Patience } from '../run-store/patience.ts';
import { keyOf, marked } from './annotations.ts';
import { heldBack } from './held-back.ts';
import { refusalOf } from './refusal.ts';
import { servedResource } from './served-resource.ts';
import { lacksRuntime, runtimeOf } from './training-runtime.ts';
import { objectName, splitObjects } from './workload.ts';

/**
 * Creates an attempt's objects at most once, what they mount first. Names are deterministic, so whatever became of an
 * earlier try, by this program or another, is found by its name and known by its key. Throws `name-taken` for an object
 * of another key, and what the cluster refuses for good.
 */
export async function submitAttempt(api: KubeApi, spec: AttemptSpec, patience: Patience): Promise<Bound | Refused> {
  const { workload, others } = splitObjects(spec.objects);
  for (const object of others) {
    const created = await createOnce(api, object, spec, patience);
    if (created.kind === 'refused') return created;
  }
  const create = runtimeOf(workload, others) === undefined ? undefined : awaitingRuntime(api);
  const created = await createOnce(api, heldBack(workload), spec, patience, create);
  return created.kind === 'refused' ? created : { kind: created.kind, uid: created.object.metadata.uid };
}

type Created = { readonly kind: Bound['kind']; readonly object: KubeObject } | Refused;

async function createOnce(
  api: KubeApi,
  object: JsonObject,
  spec: AttemptSpec,
  patience: Patience,
  create: KubeApi['create'] = api.create.bind(api),
): Promise<Created> {
  const resource = await servedResource(api, object);
  const name = textAt(object, 'metadata', 'name') ?? '';
  const find = (): Promise<KubeObject | undefined> => api.get(resource, name);
  try {
    const created = await patience.write(() => create(resource, marked(object, spec)), find);
    return { kind: 'created', object: checkKey(created, spec, api) };
  } catch (error) {
    if (!(error instanceof KubeFault)) throw error;
    const found = error.kind === 'exists' ? await find() : undefined;
    if (found !== undefined) return { kind: 'exists', object: checkKey(found, spec, api) };
    const refusal = refusalOf(error, { object, resource, place: api.place });
    if (refusal instanceof UserError) throw refusal;
    return { kind: 'refused', outcome: refusal };
  }
}

/** Tries, with pauses that grow to half a minute in all, until a webhook sees what was made just before. */
const RUNTIME_TRIES = 6;

/** A POST for which a refusal for want of a runtime that is there counts as a fault that passes, so many times. */
function awaitingRuntime(api: KubeApi): KubeApi['create'] {
  let tries = 0;
  return async (...args) => {
    try {
      return await api.create(...args);
    } catch (error) {
      tries += 1;
      if (!(error instanceof KubeFault) || !lacksRuntime(error) || tries >= RUNTIME_TRIES) throw error;
      throw new KubeFault('server', error.message, { request: error.request, cause: error });
    }
  };
}

/** The key is compared, not the spec: admission changes specs. */
function checkKey(found: KubeObject, spec: AttemptSpec, api: KubeApi): KubeObject {
  if (keyOf(found) === spec.key) return found;
  const { namespace, context } = api.place;
  throw new UserError(
    'name-taken',
    `${objectName(found)} in namespace ${namespace} of ${context} belongs to other work`,
    { hint: 'choose another run name with `--name`, or delete that object if nobody needs it' },
  );
}
