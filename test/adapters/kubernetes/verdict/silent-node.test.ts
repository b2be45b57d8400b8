import { describe, expect, test } from 'vitest';
import { judgeAttempt } from '../../../../src/adapters/kubernetes/verdict/judge-attempt.ts';
import type { JsonObject } from '../../../../src/domain/json.ts';
import { endedPod, failedJob, job, judge, node, type PodParts, pod, remember, runs, view, waits } from './objects.ts';

/** A pod that ran when its kubelet was last heard, as the cluster marks it when the node is silent. */
const cutOff = (parts: PodParts = {}) =>
  pod({
    phase: 'Running',
    state: runs,
    ...parts,
    conditions: [
      { type: 'ContainersReady', status: 'True' },
      { type: 'Ready', status: 'False', lastTransitionTime: '2026-11-30T06:20:00Z' },
      ...(parts.conditions ?? []),
    ],
  });
const tolerating = (...tolerations: readonly JsonObject[]) => cutOff({ spec: { tolerations } });
const DELETED = { deletionTimestamp: '2026-11-30T06:29:00Z' };
const TAKEN = { type: 'DisruptionTarget', status: 'True', reason: 'DeletionByTaintManager' };
const taken = (parts: PodParts = {}) => cutOff({ meta: DELETED, conditions: [TAKEN], ...parts });

describe('a node that does not answer under a pod that runs', () => {
  test('is named, with since when and until when it is waited for', () => {
    expect(judge({ pods: [cutOff()] })).toMatchObject({
      kind: 'started',
      trouble: {
        code: 'node-silent',
        reason: expect.stringMatching(
          /^node n1 under pod \S+ does not answer \(NotReady\) since 2026-11-30T06:20:00Z; when that lasts 5 min/,
        ),
        fix: 'see the node: `kubectl describe node n1`',
        until: '2026-11-30T06:36:00.000Z',
      },
    });
  });

  const key = 'node.kubernetes.io/unreachable';
  test.each([
    { what: 'nothing', pod: cutOff(), seconds: 300 },
    { what: 'a time', pod: tolerating({ key, effect: 'NoExecute', tolerationSeconds: 20 }), seconds: 20 },
    { what: 'another taint', pod: tolerating({ key: 'gpu', operator: 'Exists' }), seconds: 300 },
    { what: 'that nothing is placed there', pod: tolerating({ key, effect: 'NoSchedule' }), seconds: 300 },
    {
      what: 'two times',
      pod: tolerating({ key, tolerationSeconds: 7200 }, { operator: 'Exists', tolerationSeconds: 3600 }),
      seconds: 3600,
    },
  ])('is given a minute more than the pod tolerates it: $what', ({ pod: one, seconds }) => {
    const view = { pods: [one] };
    expect(judge(view, seconds + 59)).toMatchObject({ kind: 'started', trouble: { code: 'node-silent' } });
    expect(judge(view, seconds + 60)).toMatchObject({
      kind: 'doomed',
      outcome: { class: 'infra', reason: 'disrupted' },
    });
  });

  test('is waited for without end by a pod that tolerates it for ever', () => {
    const view = { pods: [tolerating({ operator: 'Exists' })] };
    expect(judge(view, 1e6)).toMatchObject({ kind: 'started', trouble: { code: 'node-silent' } });
  });

  test('is not given up for what was read of nodes while it waited', () => {
    for (const nodes of [[], [node('n1', {}, { ready: 'Unknown' })]]) {
      expect(judge({ pods: [pod({ phase: 'Running', state: runs })], nodes }, 1e6)).toEqual({
        kind: 'started',
        at: '2026-11-30T06:28:31Z',
      });
    }
    expect(
      judge({ pods: [pod({ phase: 'Running', state: runs, conditions: [{ type: 'Ready', status: 'False' }] })] }, 1e6),
    ).toEqual({ kind: 'started', at: '2026-11-30T06:28:31Z' });
  });

  test('is no more of interest when the pod is gone', () => {
    const old = cutOff({ uid: 'old-one' });
    const now = pod({ phase: 'Running', state: runs });
    expect(judge({ pods: [old, now], gone: ['old-one'] }, 1e6)).toEqual({
      kind: 'started',
      at: '2026-11-30T06:28:31Z',
    });
  });
});

describe('a pod that does not end on a node that does not answer', () => {
  test('is given half a minute, and is told to run on perhaps', () => {
    const view = { pods: [taken()] };
    const reason = /^node n1 does not answer \(NotReady\), so pod \S+ does not end there and may still run/;
    expect(judge(view, 29)).toMatchObject({ kind: 'started', trouble: { reason: expect.stringMatching(reason) } });
    expect(judge(view, 30)).toMatchObject({
      kind: 'doomed',
      code: 'node-silent',
      outcome: { class: 'infra', reason: 'disrupted', message: expect.stringMatching(reason) },
    });
  });

  test('holds up no failure that is certain, which stays what it is', () => {
    const failing = job([['FailureTarget', 'DeadlineExceeded', 'Job was active longer than specified deadline']]);
    const view = { job: failing, pods: [cutOff({ meta: DELETED })] };
    expect(judge(view, 29)).toMatchObject({ kind: 'decided-failing' });
    expect(judge(view, 30)).toMatchObject({
      kind: 'doomed',
      code: 'node-silent',
      outcome: { class: 'user', reason: 'deadline' },
    });
  });

  test('and never ran is known by the node, where that may be seen', () => {
    const early = pod({ meta: DELETED, state: waits('ContainerCreating') });
    const silent = { pods: [early], nodes: [node('n1', {}, { ready: 'Unknown' })] };
    expect(judge(silent, 30)).toMatchObject({ kind: 'doomed', code: 'node-silent' });
    const unseen = { pods: [early] };
    expect(judge(unseen, 119)).toMatchObject({
      kind: 'waiting',
      reason: expect.stringMatching(/nothing has run in it/),
    });
    expect(judge(unseen, 120)).toMatchObject({ kind: 'doomed', code: 'node-silent' });
  });

  test('is waited for while its kubelet answers, as long as it has its grace', () => {
    const ending = pod({ phase: 'Running', state: runs, meta: DELETED, conditions: [TAKEN] });
    expect(judge({ pods: [ending], nodes: [node('n1', {}, { ready: 'False' })] }, 3600)).toMatchObject({
      kind: 'waiting',
    });
  });

  test('is forgotten when it is gone: the next one is what counts', () => {
    const now = pod({ uid: 'later', phase: 'Running', state: runs });
    const first = remember({ pods: [taken()] });
    const later = view({ pods: [taken(), now], gone: ['pod-uid'], monotonic: 60_000 });
    expect(judgeAttempt(later, first).verdict).toEqual({ kind: 'started', at: '2026-11-30T06:28:31Z' });
  });
});

test('a node that comes back after it lost its power does not know how its containers ended', () => {
  const lost = endedPod(255, { reason: 'Unknown', message: 'line 41\nline 42\n' });
  expect(judge({ job: failedJob(), pods: [lost] })).toMatchObject({
    kind: 'ended',
    code: 'disrupted',
    outcome: {
      class: 'infra',
      reason: 'disrupted',
      message: 'node n1 was away and no longer knows how container main ended',
    },
  });
  // What a program says itself, with the same code, is a crash.
  expect(judge({ job: failedJob(), pods: [endedPod(255)] })).toMatchObject({ outcome: { class: 'user' } });
});
