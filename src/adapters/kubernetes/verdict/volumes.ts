import { type KubeObject, listAt, textAt } from '../api/kube-api.ts';
import { addHint, createHint } from './containers.ts';
import { eventsOf, firstEvent, nameOf, namespaceOf, uidOf } from './objects.ts';
import type { AttemptView, Finding } from './view.ts';
import { clean } from './words.ts';

/** Seconds for a provisioner that failed to do better. */
const PROVISIONER_GRACE = 60;
/** Seconds for a storage class to appear: told well within a minute of the Job's creation. */
const CLASS_GRACE = 45;
/** Seconds for a volume to come loose from another node. */
const MOUNT_GRACE = 600;

/** What is wrong with the volumes of a pod that has no running container yet. */
export function volumeFinding(pod: KubeObject, view: AttemptView): Finding | undefined {
  return claimFinding(pod, view) ?? (textAt(pod, 'spec', 'nodeName') ? mountFinding(pod, view) : undefined);
}

function claimFinding(pod: KubeObject, view: AttemptView): Finding | undefined {
  for (const name of claimNames(pod)) {
    const claim = view.claims?.find((object) => textAt(object, 'metadata', 'name') === name);
    if (claim === undefined || textAt(claim, 'status', 'phase') === 'Bound') continue;
    const found = pendingFinding(claim, view);
    if (found !== undefined) return found;
  }
  return undefined;
}

function claimNames(pod: KubeObject): readonly string[] {
  return listAt(pod, 'spec', 'volumes').flatMap((volume) => {
    const name = textAt(volume, 'persistentVolumeClaim', 'claimName');
    return name === undefined ? [] : [name];
  });
}

/** A claim that waits for its first consumer is as it should be. */
function pendingFinding(claim: KubeObject, view: AttemptView): Finding | undefined {
  const name = nameOf(claim);
  const key = `claim-pending/${uidOf(claim)}`;
  if (textAt(claim, 'status', 'phase') === 'Lost') {
    return {
      code: 'claim-pending',
      key,
      grace: PROVISIONER_GRACE,
      reason: `volume claim ${name} has lost its volume`,
      fix: 'name another claim in `pod.workspaceClaim`',
    };
  }
  const className = textAt(claim, 'spec', 'storageClassName');
  const failed = eventsOf(view.events, claim, 'ProvisioningFailed', 'FailedBinding').at(-1);
  if (className === undefined || className === '') {
    if (textAt(claim, 'spec', 'volumeName')) return undefined;
    const reason = `volume claim ${name} names no storage class, and the cluster has no default one`;
    return { code: 'claim-pending', key, grace: CLASS_GRACE, reason, fix: classFix(claim, 'name one') };
  }
  const shown = clean(className, 253);
  const known = view.storageClasses?.find((object) => textAt(object, 'metadata', 'name') === className);
  if (view.storageClasses !== undefined && known === undefined) {
    const reason = `volume claim ${name} names storage class ${shown}, which the cluster does not have`;
    return { code: 'claim-pending', key, grace: CLASS_GRACE, reason, fix: classFix(claim, 'correct it') };
  }
  if (failed === undefined) return undefined;
  return {
    code: 'claim-pending',
    key,
    grace: PROVISIONER_GRACE,
    reason: `storage class ${shown} makes no volume for claim ${name}: "${clean(failed)}"`,
    fix: 'change the claim, its class or its access mode; the class belongs to the cluster',
  };
}

/** A claim keeps the class that it was made with. */
function classFix(claim: KubeObject, change: string): string {
  const empty = `kubectl -n ${namespaceOf(claim)} delete pvc ${nameOf(claim)}`;
  return `see which there are: \`kubectl get storageclass\`; ${change} in \`pod.workspace.storageClassName\` and delete the claim, which holds nothing: \`${empty}\``;
}

function mountFinding(pod: KubeObject, view: AttemptView): Finding | undefined {
  const attach = eventsOf(view.events, pod, 'FailedAttachVolume').at(-1);
  const mount = eventsOf(view.events, pod, 'FailedMount').at(-1);
  const message = attach ?? mount;
  if (message === undefined) return undefined;
  const missing = missingSource(pod, message);
  if (missing !== undefined) return missing;
  const holder = holderOf(pod, view, message);
  const since = firstEvent(view.events, pod, ['FailedAttachVolume', 'FailedMount']);
  return {
    code: 'volume-not-mounted',
    key: `volume-not-mounted/${uidOf(pod)}`,
    grace: MOUNT_GRACE,
    ...(since === undefined ? {} : { since }),
    reason: holder ?? `a volume of pod ${nameOf(pod)} cannot be mounted: "${clean(message)}"`,
    fix:
      holder === undefined
        ? `see more: \`kubectl -n ${namespaceOf(pod)} describe pod ${nameOf(pod)}\``
        : 'it starts when that pod has ended; a ReadWriteMany claim serves several nodes at once',
  };
}

/** A ConfigMap or Secret that is mounted and not there, or not whole: the pod stays in ContainerCreating for ever. */
function missingSource(pod: KubeObject, message: string): Finding | undefined {
  const [, kind, name] = /\b(configmap|secret) "([^"]+)" not found/i.exec(message) ?? [];
  const [, key] = /references non-existent (?:config|secret) key: ([^\s"]+)/i.exec(message) ?? [];
  if (name === undefined && key === undefined) return undefined;
  const [, volume = ''] = /for volume "([^"]+)"/.exec(message) ?? [];
  const finding = { code: 'object-missing', key: `object-missing/${uidOf(pod)}`, grace: 30 } as const;
  if (name !== undefined) {
    const noun = kind?.toLowerCase() === 'secret' ? 'Secret' : 'ConfigMap';
    const where = `which is not in namespace ${namespaceOf(pod)}`;
    const reason = clean(`volume ${volume} wants ${noun} ${name}, ${where}`);
    return { ...finding, reason, fix: createHint(pod, noun, name) };
  }
  const wanted = key ?? '';
  const source = sourceOfKey(pod, volume, wanted);
  if (source === undefined) {
    const reason = clean(`volume ${volume} wants key ${wanted} of a ConfigMap or Secret that has no such key`);
    return { ...finding, reason, fix: 'add the key, or correct the template' };
  }
  const reason = clean(`volume ${volume} wants key ${wanted} of ${source.noun} ${source.name}, which has no such key`);
  return { ...finding, reason, fix: addHint(pod, source.noun, source.name, wanted) };
}

/** The kubelet names the volume and the key only. Undefined where more than one object may be meant. */
function sourceOfKey(
  pod: KubeObject,
  volume: string,
  key: string,
): { readonly noun: 'ConfigMap' | 'Secret'; readonly name: string } | undefined {
  const found = listAt(pod, 'spec', 'volumes').find((entry) => textAt(entry, 'name') === volume);
  if (found === undefined) return undefined;
  const sources = [found, ...listAt(found, 'projected', 'sources')].flatMap((source) => {
    const [noun, name] =
      source['secret'] === undefined
        ? (['ConfigMap', textAt(source, 'configMap', 'name')] as const)
        : (['Secret', textAt(source, 'secret', 'secretName') ?? textAt(source, 'secret', 'name')] as const);
    const items = listAt(source, noun === 'Secret' ? 'secret' : 'configMap', 'items');
    return name !== undefined && items.some((item) => textAt(item, 'key') === key) ? [{ noun, name }] : [];
  });
  return sources.length === 1 ? sources[0] : undefined;
}

/** `Multi-Attach error for volume "pvc-1" Volume is already used by pod(s) x, y` */
function holderOf(pod: KubeObject, view: AttemptView, message: string): string | undefined {
  if (!/Multi-Attach/.test(message)) return undefined;
  const [, named] = /already used by pod\(s\) ([^\s"]+(?:, [^\s"]+)*)/.exec(message) ?? [];
  const users = (view.otherPods ?? []).filter((other) =>
    claimNames(other).some((name) => claimNames(pod).includes(name)),
  );
  const holders = named ?? users.map(nameOf).join(', ');
  const who = holders === '' ? 'a pod on another node' : `pod ${clean(holders)}`;
  return `its volume is still used by ${who}, and can be on one node only`;
}
