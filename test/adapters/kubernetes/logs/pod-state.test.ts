import { expect, test } from 'vitest';
import type { KubeObject } from '../../../../src/adapters/kubernetes/api/kube-api.ts';
import { podState } from '../../../../src/adapters/kubernetes/logs/pod-state.ts';
import type { JsonObject } from '../../../../src/domain/json.ts';

const startedAt = '2026-11-30T06:28:31Z';
const UNKNOWN = { exitCode: 137, reason: 'ContainerStatusUnknown', startedAt: null, finishedAt: null };

function stateOf(status: JsonObject) {
  const pod: KubeObject = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', uid: 'u', resourceVersion: '1' },
    status: { containerStatuses: [{ name: 'main', restartCount: 0, ...status }] },
  };
  return podState(pod).containers[0];
}

test.each([
  ['one that runs', { containerID: 'c://1', state: { running: { startedAt } } }, 'running'],
  ['one that ended', { containerID: 'c://1', state: { terminated: { exitCode: 0, startedAt } } }, 'ended'],
  ['one that ended, and nobody knows how', { containerID: 'c://1', state: { terminated: UNKNOWN } }, 'ended'],
  ['one that waits to be started again', { state: { waiting: {} }, lastState: { terminated: { startedAt } } }, 'ended'],
  ['one that was never made, in a pod that was deleted', { state: { terminated: UNKNOWN } }, 'waiting'],
])('the container of a pod: %s', (_what, status, kind) => {
  expect(stateOf(status as JsonObject)).toMatchObject({ kind });
});
