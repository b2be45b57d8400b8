import type { Finding } from '../../../domain/diagnosis/finding.ts';
import type { JsonObject } from '../../../domain/json.ts';
import { type KubeApi, type KubeObject, RESOURCES, textAt } from '../api/kube-api.ts';
import { look } from './look.ts';

const name = 'Workspace';
const DEFAULT_CLASS = 'storageclass.kubernetes.io/is-default-class';

/** The claim that runs share: as it is, or whether it can be made. `claim`: as it would be. */
export async function workspaceFinding(api: KubeApi, claim: JsonObject, signal: AbortSignal): Promise<Finding> {
  const called = textAt(claim, 'metadata', 'name') ?? '';
  const seen = await look(() => api.get(RESOURCES.claims, called, signal));
  if (seen.kind === 'hidden') return { name, state: 'warning', message: `you may not look for the claim ${called}` };
  if (seen.value !== undefined) return claimFinding(api.place.namespace, called, seen.value);
  return classFinding(api, called, claim, signal);
}

function claimFinding(namespace: string, called: string, claim: KubeObject): Finding {
  const size =
    textAt(claim, 'status', 'capacity', 'storage') ?? textAt(claim, 'spec', 'resources', 'requests', 'storage');
  switch (textAt(claim, 'status', 'phase')) {
    case 'Bound':
      return { name, state: 'ok', message: `claim ${called}, ${size ?? 'of unknown size'}` };
    case 'Lost':
      return {
        name,
        state: 'problem',
        message: `the volume of claim ${called} is gone`,
        fix: 'delete the claim and have it made again, or name another: `pod.workspaceClaim`',
      };
    default:
      return {
        name,
        state: 'warning',
        message: `claim ${called} has no volume yet; many classes make it for the first pod`,
        fix: `see why: \`kubectl -n ${namespace} describe pvc ${called}\``,
      };
  }
}

async function classFinding(api: KubeApi, called: string, claim: JsonObject, signal: AbortSignal): Promise<Finding> {
  const wanted = textAt(claim, 'spec', 'storageClassName');
  const seen = await look(() => api.list(RESOURCES.storageClasses, {}, signal));
  const made = `claim ${called} is made by the first run`;
  if (seen.kind === 'hidden') return { name, state: 'ok', message: `${made}, if the storage class allows` };
  const found = seen.value.items.find((item) =>
    wanted === undefined
      ? textAt(item, 'metadata', 'annotations', DEFAULT_CLASS) === 'true'
      : item.metadata.name === wanted,
  );
  if (found !== undefined) return { name, state: 'ok', message: `${made}, of class ${found.metadata.name}` };
  const there = seen.value.items.map((item) => item.metadata.name).join(', ');
  return {
    name,
    state: 'problem',
    message: wanted === undefined ? 'the cluster has no default storage class' : `there is no storage class ${wanted}`,
    fix:
      there === ''
        ? 'have a storage class made, or a claim, and name it: `pod.workspaceClaim`'
        : `name one of them in \`pod.workspace.storageClassName\`: ${there}`,
  };
}
