import { type KubeObject, listAt, textAt } from '../api/kube-api.ts';
import { type ContainerView, eventsOf, firstEvent, phraseOf, uidOf, versionOf } from './objects.ts';
import type { Finding } from './view.ts';
import { clean } from './words.ts';

/**
 * Seconds a registry that does not answer is given: five minutes, as long again until the kubelet tries the next time, and
 * what a large image takes, during which nothing is said.
 */
const REGISTRY_GRACE = 900;
/** What runtime and kubelet put before a registry's words must not cost their end. */
const LONGEST_MESSAGE = 2000;
/** Seconds a refusal must stand when it is not seen twice: a kubelet may say it once and heal. */
const REFUSAL_GRACE = 20;

/** What a registry says that no patience changes. */
const REFUSED =
  /not found|manifest unknown|name unknown|repository does not exist|unauthorized|authentication required|access (?:is )?denied|requested access|pull access denied|\b401\b|\b403\b|no match for platform|no such image/i;
/** These words may stand beside the above, and mean a registry that is not well. */
const PASSING =
  /timeout|timed out|deadline exceeded|too many requests|toomanyrequests|\b429\b|\b50[0-4]\b|connection re|no such host|no route|QPS|temporar|unavailable|EOF|TLS handshake/i;
const NO_LOGIN = /unauthorized|authentication required|denied|\b401\b|\b403\b/i;

const PULL_REASONS = ['ErrImagePull', 'ImagePullBackOff', 'RegistryUnavailable', 'ImageInspectError'];

/** Why the image of a waiting container is not there; undefined when its state says nothing of images. */
export function imageFinding(
  pod: KubeObject,
  container: ContainerView,
  events: readonly KubeObject[],
): Finding | undefined {
  const reason = textAt(container.status, 'state', 'waiting', 'reason') ?? '';
  const message = clean(textAt(container.status, 'state', 'waiting', 'message'), LONGEST_MESSAGE);
  const image = clean(textAt(container.status, 'image') || textAt(container.spec, 'image'), 255);
  const seen = { version: versionOf(pod), grace: REFUSAL_GRACE };
  const key = `${uidOf(pod)}/${container.name}`;
  if (reason === 'ErrImageNeverPull') {
    return {
      ...seen,
      code: 'image-not-loaded',
      key: `image-not-loaded/${key}`,
      reason: `image ${image} of ${phraseOf(container)} is not on the node, and may not be pulled`,
      fix: 'make it and load it into the nodes: `ilab-backend images build`',
    };
  }
  if (reason === 'InvalidImageName') {
    return {
      ...seen,
      code: 'image-name',
      key: `image-name/${key}`,
      reason: `${image} of ${phraseOf(container)} is no image reference`,
      fix: "correct the engine's `image` in pipeline.yaml: [HOST/]NAME[:TAG][@DIGEST]",
    };
  }
  if (!PULL_REASONS.includes(reason)) return undefined;
  const since = image === '' ? undefined : firstEvent(events, pod, ['Failed'], (text) => text.includes(`"${image}"`));
  return pullFinding(pod, { image, key, words: wordsOf(pod, message, events), container, since });
}

interface Pull {
  readonly image: string;
  readonly key: string;
  readonly words: string;
  readonly container: ContainerView;
  readonly since: number | undefined;
}

function pullFinding(pod: KubeObject, { image, key, words, container, since }: Pull): Finding {
  const said = words === '' ? '' : `: "${clean(words)}"`;
  // A tag can look like a status.
  const told = image === '' ? words : words.replaceAll(image, '');
  if (REFUSED.test(told) && !PASSING.test(told)) {
    return {
      code: 'image-refused',
      key: `image-refused/${key}`,
      version: versionOf(pod),
      grace: REFUSAL_GRACE,
      reason: `image ${image} of ${phraseOf(container)} cannot be pulled${said}`,
      fix: NO_LOGIN.test(words)
        ? `${loginHint(pod)}, or correct the name of the image`
        : 'correct the name of the image, or push it: `ilab-backend images build --push REGISTRY`',
    };
  }
  return {
    code: 'registry-silent',
    key: `registry-silent/${key}`,
    grace: REGISTRY_GRACE,
    ...(since === undefined ? {} : { since }),
    reason: `image ${image} of ${phraseOf(container)} does not come yet, the node tries again${said}`,
    fix: 'see whether the nodes reach the registry',
  };
}

/** The state alternates between the cause and a bare "Back-off pulling image"; then the event still holds the cause. */
function wordsOf(pod: KubeObject, message: string, events: readonly KubeObject[]): string {
  const cause = shortCause(message);
  if (cause !== '') return cause;
  const told = eventsOf(events, pod, 'Failed').filter((text) => /pull/i.test(text) && shortCause(text) !== '');
  return shortCause(told.at(-1) ?? '');
}

/** The registry's own words at the end of what runtime and kubelet put before them. */
function shortCause(message: string): string {
  if (/^Back-off pulling image "[^"]*"\.?$/.test(message) || /^Error: \w+$/.test(message)) return '';
  return message
    .replace(/^Back-off pulling image "[^"]*": /, '')
    .replace(/^(?:ErrImagePull|ImagePullBackOff): /, '')
    .replace(/^Failed to pull image "[^"]*": /, '')
    .replace(/^rpc error: code = \w+ desc = /, '')
    .replace(/^failed to pull and unpack image "[^"]*": /, '');
}

function loginHint(pod: KubeObject): string {
  const names = secretsOf(pod);
  return names.length === 0
    ? 'name a secret with a login in `pod.imagePullSecrets`'
    : `see whether secret ${names.join(', ')} (pod.imagePullSecrets) is there and holds a login for it`;
}

function secretsOf(pod: KubeObject): readonly string[] {
  return listAt(pod, 'spec', 'imagePullSecrets')
    .map((entry) => clean(textAt(entry, 'name'), 253))
    .filter(Boolean);
}
