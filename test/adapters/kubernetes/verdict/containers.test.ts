import { describe, expect, test } from 'vitest';
import { judgeAttempt } from '../../../../src/adapters/kubernetes/verdict/judge-attempt.ts';
import type { AttemptView } from '../../../../src/adapters/kubernetes/verdict/view.ts';
import type { JsonObject } from '../../../../src/domain/json.ts';
import { event, judge, pod, remember, runs, view as viewOf, waits } from './objects.ts';
import { check, type Row } from './waiting.ts';

const image = (reason: string, message = '', container: JsonObject = {}): Partial<AttemptView> => ({
  pods: [pod({ state: waits(reason, message), container })],
});
const PULL =
  'failed to pull and unpack image "registry.test/train:1": failed to resolve reference "registry.test/train:1": ';

describe('images', () => {
  test.each<Row>([
    {
      what: 'an image of ours that was not loaded',
      view: image(
        'ErrImageNeverPull',
        'Container image "ilab-backend/train:src-1" is not present with pull policy of Never',
        { image: 'ilab-backend/train:src-1' },
      ),
      code: 'image-not-loaded',
      reason: 'image ilab-backend/train:src-1 of container main is not on the node, and may not be pulled',
      fix: /`ilab-backend images build`/,
      doomed: [20, 'config'],
    },
    {
      what: 'no image reference',
      view: image('InvalidImageName', 'Failed to apply default image tag "Bad//Name:"', { image: 'Bad//Name:' }),
      code: 'image-name',
      reason: 'Bad//Name: of container main is no image reference',
      doomed: [20, 'config'],
    },
    ...[
      'not found',
      'manifest unknown',
      'unexpected status: 401 Unauthorized',
      'pull access denied, repository does not exist',
      'no match for platform in manifest',
    ].map((words) => ({
      what: `a registry that says "${words}"`,
      view: image('ErrImagePull', `${PULL}${words}`),
      code: 'image-refused',
      reason: new RegExp(`image registry.test/train:1 of container main cannot be pulled: ".*${words}`),
      doomed: [20, 'config'] as const,
    })),
    ...[
      'dial tcp 127.0.0.1:1: connect: connection refused',
      'unexpected status: 429 Too Many Requests',
      'lookup registry.test: no such host',
      'i/o timeout',
      'pull QPS exceeded',
      'pull access denied: toomanyrequests',
      'unexpected status: 503 Service Unavailable',
    ].map((words) => ({
      what: `a registry that is not well: ${words}`,
      view: image('ErrImagePull', `${PULL}${words}`),
      code: 'registry-silent',
      reason: new RegExp(`does not come yet, the node tries again: ".*${words.slice(-9)}`),
      doomed: [900, 'infra'] as const,
    })),
    {
      what: 'a tag that looks like a status',
      view: image('ErrImagePull', 'failed to resolve reference "registry.test/train:403": something else', {
        image: 'registry.test/train:403',
      }),
      code: 'registry-silent',
      reason: /something else/,
      doomed: [900, 'infra'],
    },
    {
      what: 'the cause inside a back-off',
      view: image('ImagePullBackOff', `Back-off pulling image "registry.test/train:1": ErrImagePull: ${PULL}not found`),
      code: 'image-refused',
      reason: /cannot be pulled: "failed to resolve reference .+ not found"/,
      fix: /push it: `ilab-backend images build --push REGISTRY`/,
      doomed: [20, 'config'],
    },
    {
      what: 'a login that is missing: the secret is named',
      view: {
        pods: [
          pod({
            state: waits('ErrImagePull', `${PULL}401 Unauthorized`),
            spec: { imagePullSecrets: [{ name: 'quay' }] },
          }),
        ],
      },
      code: 'image-refused',
      reason: /401 Unauthorized/,
      fix: /secret quay \(pod.imagePullSecrets\)/,
      doomed: [20, 'config'],
    },
  ])('$what', check);

  test('the same words whether they come whole, inside a back-off or from an event: they are told once', () => {
    const url = `http://registry.test/v2/train/manifests/1?${'x'.repeat(180)}`;
    const cause = `${PULL}failed to do request: Head "${url}": dial tcp 10.0.0.1:5000: connect: connection refused`;
    const backOff = 'Back-off pulling image "registry.test/train:1"';
    const views = [image('ErrImagePull', cause), image('ImagePullBackOff', `${backOff}: ErrImagePull: ${cause}`)];
    const [first, ...others] = views.map((view) => judge(view));
    expect(first).toMatchObject({ code: 'registry-silent', reason: expect.stringMatching(/Head .+/) });
    expect(others).toEqual([first]);
  });

  test('the cause from an event when the state is a bare back-off', () => {
    const mine = pod({ state: waits('ImagePullBackOff', 'Back-off pulling image "registry.test/train:1"') });
    const events = [
      event(mine, 'Failed', `Failed to pull image "registry.test/train:1": ${PULL}not found`),
      event(mine, 'Failed', 'Error: ErrImagePull'),
    ];
    expect(judge({ pods: [mine], events })).toMatchObject({ code: 'image-refused' });
    expect(judge({ pods: [mine], events: [] })).toMatchObject({ code: 'registry-silent' });
  });

  test('a second sighting ends it before its time', () => {
    const again = () => image('ErrImageNeverPull', 'not present');
    // Each look is at a newer version of the pod
    const first = again();
    const second = again();
    expect(first.pods?.[0]?.metadata.resourceVersion).not.toBe(second.pods?.[0]?.metadata.resourceVersion);
    expect(judge(first)).toMatchObject({ kind: 'waiting' });
    expect(judgeTwice(first, second)).toMatchObject({ kind: 'doomed' });
  });
});

function judgeTwice(first: Partial<AttemptView>, second: Partial<AttemptView>) {
  return judgeAttempt(viewOf({ ...second, monotonic: 2000 }), remember(first)).verdict;
}

const sidecar = (state: JsonObject, more: JsonObject = {}) => ({
  spec: { name: 'teacher', restartPolicy: 'Always' },
  status: { name: 'teacher', restartCount: 0, state, ...more },
});

describe('containers', () => {
  test.each<Row>([
    {
      what: 'a ConfigMap that is not there',
      view: image('CreateContainerConfigError', 'configmap "gone" not found'),
      code: 'object-missing',
      reason: 'container main needs ConfigMap gone, which is not in namespace ilab',
      fix: /kubectl -n ilab create configmap gone/,
      doomed: [30, 'config'],
    },
    {
      what: 'a Secret that is not there',
      view: image('CreateContainerConfigError', 'secret "token" not found'),
      code: 'object-missing',
      reason: /needs Secret token/,
      fix: /create secret generic token/,
      doomed: [30, 'config'],
    },
    {
      what: 'a key that is not there',
      view: image('CreateContainerConfigError', "couldn't find key k in ConfigMap ilab/there"),
      code: 'object-missing',
      reason: 'container main needs key k of ConfigMap there, which has no such key',
      doomed: [30, 'config'],
    },
    {
      what: 'an image that runs as root',
      view: image('CreateContainerConfigError', 'container has runAsNonRoot and image will run as root'),
      code: 'object-missing',
      reason: 'the image of container main runs as root or names no numeric user, which no pod of ours may',
      fix: /`pod.runAsUser`/,
      doomed: [30, 'config'],
    },
    {
      what: 'another fault of its declaration',
      view: image('CreateContainerConfigError', 'failed to prepare subPath for volumeMount "workspace"'),
      code: 'object-missing',
      reason: /cannot be made as it is declared: "failed to prepare subPath/,
      doomed: [30, 'config'],
    },
    {
      what: 'a runtime that is overloaded',
      view: image('CreateContainerError', 'context deadline exceeded'),
      code: 'container-not-made',
      reason: /does not make container main, and is tried again: "context deadline exceeded"/,
      doomed: [300, 'infra'],
    },
    {
      what: 'a command that cannot run (RunContainerError)',
      view: image('RunContainerError', 'exec: "train": executable file not found in $PATH: unknown'),
      code: 'command-missing',
      reason: /train is not found in the image/,
      doomed: [0, 'config'],
    },
    {
      what: 'a sidecar that crashes',
      view: {
        pods: [
          pod({
            state: waits('PodInitializing'),
            init: [sidecar(waits('CrashLoopBackOff', 'back-off 10s'), { restartCount: 1 })],
          }),
        ],
      },
      code: 'crash-loop',
      reason: /sidecar teacher ended again and again \(1 restart, last exit code unknown\)/,
    },
    {
      what: 'a sidecar that crashed twice',
      view: {
        pods: [
          pod({
            state: waits('PodInitializing'),
            init: [
              sidecar(waits('CrashLoopBackOff'), {
                restartCount: 2,
                lastState: { terminated: { exitCode: 3, message: 'no GPU\n' } },
              }),
            ],
          }),
        ],
      },
      code: 'crash-loop',
      reason: /sidecar teacher ended again and again \(2 restarts, last exit code 3\): "no GPU"/,
      doomed: [0, 'user'],
    },
    {
      what: 'a sidecar that is not ready yet',
      view: { pods: [pod({ state: waits('PodInitializing'), init: [sidecar(runs, { started: false })] })] },
      code: 'helper-starting',
      reason: 'sidecar teacher is not ready yet on n1',
    },
    {
      what: 'an init container that runs',
      view: {
        pods: [
          pod({
            state: waits('PodInitializing'),
            init: [{ spec: { name: 'fetch' }, status: { name: 'fetch', state: runs } }],
          }),
        ],
      },
      code: 'helper-starting',
      reason: 'init container fetch runs on n1',
    },
    {
      what: 'nothing wrong',
      view: image('ContainerCreating'),
      code: 'starting',
      reason: /gets its image and volumes on n1$/,
    },
    { what: 'no pod yet', view: {}, code: 'starting', reason: 'weekly-47-train-1 has no pod yet' },
  ])('$what', check);
});
