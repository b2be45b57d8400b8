import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../../src/domain/json.ts';
import {
  claim,
  event,
  gpuNode,
  holder,
  judge,
  NO_HELP,
  NO_VICTIMS,
  node,
  onClaim,
  pod,
  unschedulable,
  waits,
} from './objects.ts';
import { check, type Row } from './waiting.ts';

const wants = (limits: JsonObject, condition: JsonObject, spec: JsonObject = {}) =>
  pod({ node: '', container: { resources: { limits } }, conditions: [condition], spec });
const GPU_BUSY = unschedulable('1 Insufficient nvidia.com/gpu', NO_VICTIMS);
const GPU_NEVER = unschedulable('1 Insufficient nvidia.com/gpu', NO_HELP);

describe('no node', () => {
  test.each<Row>([
    {
      what: 'busy GPUs: who holds them',
      view: {
        pods: [wants({ 'nvidia.com/gpu': '4' }, GPU_BUSY)],
        nodes: [gpuNode('n1', 4)],
        otherPods: [holder('weekly-46', 'n1', 2), holder('old', 'n1', 2, 'Succeeded')],
      },
      code: 'no-room',
      reason: 'wants 4 GPUs: 2 GPUs free of 4 on n1; run weekly-46 (train) holds 2',
      fix: /`ilab-backend cancel`/,
    },
    {
      what: 'busy GPUs, and pods of other namespaces may not be seen',
      view: {
        pods: [wants({ 'nvidia.com/gpu': '4' }, GPU_BUSY)],
        nodes: [gpuNode('n1', 4)],
        otherPods: [holder('weekly-46', 'n1', 2)],
        hidesPods: true,
      },
      code: 'no-room',
      reason:
        'wants 4 GPUs: at most 2 GPUs free of 4 on n1; run weekly-46 (train) holds 2; pods of other namespaces may not be seen',
    },
    {
      what: 'more GPUs than any node has: the totals',
      view: { pods: [wants({ 'nvidia.com/gpu': '8' }, GPU_NEVER)], nodes: [gpuNode('n1', 4), gpuNode('n2', 4)] },
      code: 'never-fits',
      reason: 'no node can ever take it: it wants 8 GPUs, the largest node (n1) has 4, all 2 together 8',
      fix: /ask for less/,
      doomed: [15, 'config'],
    },
    {
      what: 'GPUs where there are none',
      view: { pods: [wants({ 'nvidia.com/gpu': '1' }, GPU_NEVER)], nodes: [node('n1')] },
      code: 'never-fits',
      reason: /it wants 1 GPUs, the largest node \(n1\) has 0/,
      doomed: [15, 'config'],
    },
    {
      what: 'too much memory',
      view: {
        pods: [wants({ memory: '900Gi' }, unschedulable('1 Insufficient memory', NO_HELP))],
        nodes: [node('n1')],
      },
      code: 'never-fits',
      reason: 'no node can ever take it: it wants 900Gi of memory, the largest node (n1) has 64Gi',
      doomed: [15, 'config'],
    },
    {
      what: 'a label that no node has',
      view: {
        pods: [
          wants({}, unschedulable("1 node(s) didn't match Pod's node affinity/selector", NO_HELP), {
            nodeSelector: { zone: 'x' },
          }),
        ],
        nodes: [node('n1')],
      },
      code: 'never-fits',
      reason: 'no node can ever take it: 1 node without zone=x',
      fix: /pod.nodeSelector/,
      doomed: [15, 'config'],
    },
    {
      what: 'a taint that is not tolerated',
      view: {
        pods: [wants({}, unschedulable('1 node(s) had untolerated taint {gpu: only}', NO_HELP))],
        nodes: [node('n1', {}, { spec: { taints: [{ key: 'gpu', value: 'only', effect: 'NoSchedule' }] } })],
      },
      code: 'never-fits',
      reason: 'no node can ever take it: 1 node with taint gpu=only, which is not tolerated',
      fix: /pod.tolerations/,
      doomed: [15, 'config'],
    },
    {
      what: 'a cordoned node, which may come back',
      view: {
        pods: [wants({}, unschedulable('1 node(s) were unschedulable', NO_HELP))],
        nodes: [
          node(
            'n1',
            {},
            {
              spec: {
                unschedulable: true,
                taints: [{ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }],
              },
            },
          ),
        ],
      },
      code: 'no-room',
      reason: 'every node that could take it is out of use: n1 is cordoned',
    },
    {
      what: 'a node that is not ready',
      view: {
        pods: [wants({}, unschedulable('1 node(s) had untolerated taint {node.kubernetes.io/unreachable: }', NO_HELP))],
        nodes: [node('n1', {}, { ready: 'Unknown' })],
      },
      code: 'no-room',
      reason: /n1 is not ready/,
    },
    {
      what: 'busy cores: in the words of the scheduler',
      view: { pods: [wants({ cpu: '4' }, unschedulable('1 Insufficient cpu', NO_VICTIMS))], nodes: [node('n1')] },
      code: 'no-room',
      reason: 'no node has room now: "0/1 nodes are available: 1 Insufficient cpu"',
    },
    {
      what: 'busy, and nodes may not be seen',
      view: { pods: [wants({ 'nvidia.com/gpu': '4' }, GPU_BUSY)] },
      code: 'no-room',
      reason: /no node has room now: ".+Insufficient nvidia.com\/gpu"; it wants 4 nvidia.com\/gpu/,
      fix: /`ilab-backend rbac --cluster`/,
    },
    {
      what: 'impossible by the words of the scheduler, and nodes may not be seen',
      view: { pods: [wants({ 'nvidia.com/gpu': '8' }, GPU_NEVER)] },
      code: 'never-fits',
      reason: /no node can ever take it: ".+Insufficient nvidia.com\/gpu"; it wants 8 nvidia.com\/gpu/,
      doomed: [15, 'config'],
    },
    {
      what: 'out of use in the words of the scheduler: nothing is sure',
      view: { pods: [wants({}, unschedulable('1 node(s) were unschedulable', NO_HELP))] },
      code: 'not-placed',
      reason: /no node takes it: ".+1 node\(s\) were unschedulable"/,
      doomed: [900, 'infra'],
    },
    {
      what: 'a scheduler that stumbles: nothing is said of nodes',
      view: {
        pods: [
          pod({
            node: '',
            conditions: [
              {
                ...unschedulable('', ''),
                reason: 'SchedulerError',
                message: 'running PreBind plugin "VolumeBinding": x',
              },
            ],
          }),
        ],
        nodes: [node('n1')],
      },
      code: 'not-placed',
      reason: 'the scheduler could not place it and tries again: "running PreBind plugin "VolumeBinding": x"',
      doomed: [900, 'infra'],
    },
    {
      what: 'no node at all',
      view: { pods: [wants({}, unschedulable('no nodes available', NO_HELP))], nodes: [] },
      code: 'never-fits',
      reason: /the cluster has no node/,
      doomed: [15, 'config'],
    },
    {
      what: 'a claim that is not there',
      view: {
        pods: [pod({ node: '', conditions: [unschedulable('persistentvolumeclaim "data" not found', NO_HELP)] })],
        nodes: [node('n1')],
      },
      code: 'claim-missing',
      reason: 'volume claim data is not in namespace ilab',
      doomed: [60, 'config'],
    },
  ])('$what', check);

  test('an autoscaler that comes is waited for', () => {
    const mine = wants({ 'nvidia.com/gpu': '8' }, GPU_NEVER);
    const events = [event(mine, 'TriggeredScaleUp', 'pod triggered scale-up: [{pool 0->1 (max: 4)}]')];
    expect(judge({ pods: [mine], nodes: [node('n1')], events }, 100)).toMatchObject({
      kind: 'waiting',
      code: 'node-coming',
    });
    const not = [event(mine, 'NotTriggerScaleUp', "pod didn't trigger scale-up: 1 Insufficient nvidia.com/gpu")];
    expect(judge({ pods: [mine], nodes: [node('n1')], events: not }, 100)).toMatchObject({ kind: 'doomed' });
  });
});

const creating = pod({ state: waits('ContainerCreating'), spec: onClaim('data') });
const unplaced = pod({
  node: '',
  conditions: [unschedulable('pod has unbound immediate PersistentVolumeClaims', NO_HELP)],
  spec: onClaim('data'),
});
const standard = {
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  metadata: { name: 'standard', uid: 's', resourceVersion: '1' },
};
const ITEMS = { name: 'there', items: [{ key: 'zz', path: 'zz' }] };
const withVolume = (volume: JsonObject) =>
  pod({ state: waits('ContainerCreating'), spec: { volumes: [{ name: 's', ...volume }] } });
const keyMissing = (word: string): string =>
  `MountVolume.SetUp failed for volume "s" : references non-existent ${word} key: zz`;
const pending = claim('data', { storageClassName: 'standard' });

describe('volumes', () => {
  test.each<Row>([
    {
      what: 'no default class',
      view: { pods: [unplaced], claims: [claim('data')] },
      code: 'claim-pending',
      reason: 'volume claim data names no storage class, and the cluster has no default one',
      fix: /name one in `pod.workspace.storageClassName` and delete the claim.+delete pvc data`/,
      doomed: [45, 'config'],
    },
    {
      what: 'a class that is not there',
      view: { pods: [unplaced], claims: [claim('data', { storageClassName: 'fast' })], storageClasses: [standard] },
      code: 'claim-pending',
      reason: 'volume claim data names storage class fast, which the cluster does not have',
      doomed: [45, 'config'],
    },
    {
      what: 'a provisioner that fails',
      view: {
        pods: [unplaced],
        claims: [pending],
        storageClasses: [standard],
        events: [event(pending, 'ProvisioningFailed', 'no space on backend')],
      },
      code: 'claim-pending',
      reason: 'storage class standard makes no volume for claim data: "no space on backend"',
      doomed: [60, 'config'],
    },
    {
      what: 'a claim that waits for its first pod: no alarm',
      view: {
        pods: [pod({ node: '', conditions: [], spec: onClaim('data') })],
        claims: [pending],
        storageClasses: [standard],
        events: [event(pending, 'WaitForFirstConsumer', 'waiting for first consumer')],
      },
      code: 'starting',
      reason: /gets its image and volumes$/,
    },
    {
      what: 'a volume that another pod holds',
      view: {
        pods: [creating],
        events: [
          event(
            creating,
            'FailedAttachVolume',
            'Multi-Attach error for volume "pvc-1" Volume is already used by pod(s) weekly-46-train-1-x',
          ),
        ],
      },
      code: 'volume-not-mounted',
      reason: 'its volume is still used by pod weekly-46-train-1-x, and can be on one node only',
      doomed: [600, 'infra'],
    },
    {
      what: 'a volume that cannot be mounted',
      view: {
        pods: [creating],
        events: [event(creating, 'FailedMount', 'MountVolume.SetUp failed for volume "pvc-1" : timed out')],
      },
      code: 'volume-not-mounted',
      reason: /cannot be mounted: "MountVolume.SetUp failed/,
      doomed: [600, 'infra'],
    },
    {
      what: 'a Secret as a volume that is not there',
      view: {
        pods: [creating],
        events: [event(creating, 'FailedMount', 'MountVolume.SetUp failed for volume "s" : secret "nosec" not found')],
      },
      code: 'object-missing',
      reason: 'volume s wants Secret nosec, which is not in namespace ilab',
      doomed: [30, 'config'],
    },
    ...[
      { what: 'a ConfigMap', volume: { configMap: ITEMS }, object: 'ConfigMap there', word: 'config' },
      {
        what: 'a Secret',
        volume: { secret: { ...ITEMS, secretName: 'there' } },
        object: 'Secret there',
        word: 'secret',
      },
      {
        what: 'one of several sources',
        volume: { projected: { sources: [{ secret: { name: 'other' } }, { configMap: ITEMS }] } },
        object: 'ConfigMap there',
        word: 'config',
      },
      {
        what: 'one of two that may be meant',
        volume: { projected: { sources: [{ secret: ITEMS }, { configMap: ITEMS }] } },
        object: 'a ConfigMap or Secret',
        word: 'config',
      },
    ].map(({ what, volume, object, word }) => ({
      what: `a key as a file that is not there, of ${what}`,
      view: {
        pods: [withVolume(volume)],
        events: [event(withVolume(volume), 'FailedMount', keyMissing(word))],
      },
      code: 'object-missing',
      reason: object.startsWith('a ')
        ? `volume s wants key zz of ${object} that has no such key`
        : `volume s wants key zz of ${object}, which has no such key`,
      doomed: [30, 'config'] as const,
    })),
  ])('$what', check);
});
