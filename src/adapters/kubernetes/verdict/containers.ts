import { type KubeObject, textAt } from '../api/kube-api.ts';
import { imageFinding } from './images.ts';
import { type ContainerView, containersOf, eventsOf, nameOf, namespaceOf, phraseOf, uidOf } from './objects.ts';
import { crashLoop, isHelper } from './pod-start.ts';
import type { Finding } from './view.ts';
import { clean } from './words.ts';

/** Seconds for an object to appear that a pod names: it may be made beside the pod. */
const OBJECT_GRACE = 30;
/** Seconds a runtime that is overloaded is given. */
const RUNTIME_GRACE = 300;

/** What keeps the containers of a placed pod from running, in the order they start; the first that says something. */
export function containerFinding(pod: KubeObject, events: readonly KubeObject[]): Finding | undefined {
  for (const container of containersOf(pod)) {
    const found = imageFinding(pod, container, events) ?? stateFinding(pod, container, events);
    if (found !== undefined) return found;
  }
  return undefined;
}

function stateFinding(pod: KubeObject, container: ContainerView, events: readonly KubeObject[]): Finding | undefined {
  const reason = textAt(container.status, 'state', 'waiting', 'reason') ?? '';
  const message = clean(textAt(container.status, 'state', 'waiting', 'message'));
  const key = `${uidOf(pod)}/${container.name}`;
  const helper = isHelper(container) ? { container: container.name } : {};
  switch (reason) {
    case 'CreateContainerConfigError':
      return { ...missingObject(pod, container, message), key: `object-missing/${key}`, grace: OBJECT_GRACE };
    case 'CreateContainerError':
    case 'PreCreateHookError':
    case 'PreStartHookError':
      return notMade(key, container, message || (eventsOf(events, pod, 'Failed').at(-1) ?? ''));
    case 'RunContainerError':
    case 'PostStartHookError':
      return { ...helper, ...noCommand(container, message), key: `command-missing/${key}`, grace: 0 };
    case 'CrashLoopBackOff':
      return crashLoop(pod, container, events);
  }
  return undefined;
}

/** The kubelet: `configmap "x" not found`, `couldn't find key y in ConfigMap ns/x`, `references non-existent config key: y`. */
function missingObject(pod: KubeObject, container: ContainerView, message: string): Omit<Finding, 'key'> {
  const namespace = namespaceOf(pod);
  const [, kind, name] = /\b(configmap|secret) "([^"]+)" not found/i.exec(message) ?? [];
  if (name !== undefined && kind !== undefined) {
    const noun = nounOf(kind);
    return {
      code: 'object-missing',
      reason: `${phraseOf(container)} needs ${noun} ${name}, which is not in namespace ${namespace}`,
      fix: createHint(pod, noun, name),
    };
  }
  const [, key, holder, place] = /couldn't find key (\S+) in (ConfigMap|Secret) (\S+)/i.exec(message) ?? [];
  if (key !== undefined && holder !== undefined && place !== undefined) {
    const noun = nounOf(holder);
    const object = place.split('/').at(-1) ?? place;
    return {
      code: 'object-missing',
      reason: `${phraseOf(container)} needs key ${key} of ${noun} ${object}, which has no such key`,
      fix: addHint(pod, noun, object, key),
    };
  }
  // The kubelet: `container has runAsNonRoot and image will run as root`, `... and image has non-numeric user (x)`.
  if (/runAsNonRoot/.test(message)) {
    return {
      code: 'object-missing',
      reason: `the image of ${phraseOf(container)} runs as root or names no numeric user, which no pod of ours may`,
      fix: 'say as whom: `pod.runAsUser` and, for the workspace, `pod.fsGroup`, any number but 0; OpenShift assigns one by itself',
    };
  }
  return {
    code: 'object-missing',
    reason: `${phraseOf(container)} cannot be made as it is declared: "${message}"`,
    fix: `see what it names: \`kubectl -n ${namespace} describe pod ${nameOf(pod)}\``,
  };
}

/** How to make a ConfigMap or Secret that a pod names. */
export function createHint(pod: KubeObject, noun: 'ConfigMap' | 'Secret', name: string): string {
  const kind = noun === 'Secret' ? 'secret generic' : 'configmap';
  const namespace = namespaceOf(pod);
  return `make it: \`kubectl -n ${namespace} create ${kind} ${name} --from-literal=KEY=VALUE\``;
}

/** How to add a key to one that is there. */
export function addHint(pod: KubeObject, noun: 'ConfigMap' | 'Secret', name: string, key: string): string {
  const namespace = namespaceOf(pod);
  const patch = JSON.stringify({ [noun === 'Secret' ? 'stringData' : 'data']: { [key]: 'VALUE' } });
  return `add it: \`kubectl -n ${namespace} patch ${noun.toLowerCase()} ${name} -p '${patch}'\``;
}

const nounOf = (kind: string): 'ConfigMap' | 'Secret' => (kind.toLowerCase() === 'secret' ? 'Secret' : 'ConfigMap');

function notMade(key: string, container: ContainerView, message: string): Finding {
  if (isMissingCommand(message)) {
    return { ...noCommand(container, message), key: `command-missing/${key}`, grace: 0 };
  }
  const said = message === '' ? '' : `: "${message}"`;
  return {
    code: 'container-not-made',
    key: `container-not-made/${key}`,
    grace: RUNTIME_GRACE,
    reason: `the container runtime of the node does not make ${phraseOf(container)}, and is tried again${said}`,
    fix: 'see whether the node is overloaded: `kubectl describe node`',
  };
}

/** Runtimes say so in many words; all of them mean that nothing was run. */
function isMissingCommand(message: string): boolean {
  return /executable file not found|no such file or directory|permission denied|exec format error|no command specified/i.test(
    message,
  );
}

/** The finding of a command that could not be run. */
export function noCommand(container: ContainerView, message: string): Omit<Finding, 'key'> {
  const [, command] = /exec: \\?"((?:[^"\\]|\\(?!"))+)\\?"/.exec(message) ?? [];
  const what = command === undefined ? 'its command' : clean(command, 120);
  const why = whyNot(message);
  return {
    code: 'command-missing',
    reason: `${phraseOf(container)} cannot start: ${what} ${why}`,
    fix: 'correct `command` in the template of the stage, or the image',
  };
}

function whyNot(message: string): string {
  if (/executable file not found|no such file or directory/i.test(message)) return 'is not found in the image';
  if (/permission denied/i.test(message)) return 'may not be executed';
  if (/exec format error/i.test(message)) return 'is made for another kind of machine';
  return message === '' ? 'cannot be run' : `cannot be run: "${message}"`;
}
