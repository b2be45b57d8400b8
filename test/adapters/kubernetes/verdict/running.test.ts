import { describe, expect, test } from 'vitest';
import { judgeAttempt } from '../../../../src/adapters/kubernetes/verdict/judge-attempt.ts';
import { NO_MEMORY } from '../../../../src/adapters/kubernetes/verdict/view.ts';
import type { JsonObject } from '../../../../src/domain/json.ts';
import {
  event,
  job,
  judge,
  NO_VICTIMS,
  node,
  type PodParts,
  pod,
  runs,
  unschedulable,
  view,
  waits,
} from './objects.ts';

const wants = (limits: JsonObject, condition: JsonObject, spec: JsonObject = {}) =>
  pod({ node: '', container: { resources: { limits } }, conditions: [condition], spec });
const sidecar = (state: JsonObject, more: JsonObject = {}) => ({
  spec: { name: 'teacher', restartPolicy: 'Always' },
  status: { name: 'teacher', restartCount: 0, state, ...more },
});

describe('deadlines of the attempt', () => {
  const deadlines = { queue: 3600, start: 60 };
  test('room that never comes', () => {
    const view = {
      pods: [wants({ cpu: '4' }, unschedulable('1 Insufficient cpu', NO_VICTIMS))],
      nodes: [node('n1')],
      deadlines,
    };
    expect(judge(view)).toMatchObject({ until: '2026-11-30T07:30:00.000Z' });
    expect(judge(view, 3600)).toMatchObject({
      kind: 'doomed',
      code: 'queue-timeout',
      outcome: {
        class: 'infra',
        reason: 'cannot-start',
        message: expect.stringMatching(
          /^it found no room within 60 min: no node has room now: "[^;]+; to give it more: `--queue-timeout`/,
        ),
      },
    });
  });
  test('a start that never comes', () => {
    const view = { pods: [pod({ state: waits('ContainerCreating') })], deadlines };
    expect(judge(view, 59)).toMatchObject({ kind: 'waiting', until: '2026-11-30T06:30:01.000Z' });
    expect(judge(view, 60)).toMatchObject({
      kind: 'doomed',
      code: 'start-timeout',
      outcome: { class: 'infra', message: expect.stringMatching(/^it did not start within 60 s of being placed: pod/) },
    });
  });

  test('a server that never gets ready is not tried again: it would hold its GPUs for as long', () => {
    const late = (init: { readonly spec: JsonObject; readonly status: JsonObject }) =>
      judge({ pods: [pod({ state: waits('PodInitializing'), init: [init] })], deadlines }, 60);
    const outcome = { reason: 'cannot-start', container: 'teacher' };
    expect(late(sidecar(runs, { started: false }))).toMatchObject({
      code: 'start-timeout',
      outcome: { ...outcome, class: 'user', message: expect.stringContaining('sidecar teacher is not ready yet') },
    });
    const fetching = { ...sidecar(runs), spec: { name: 'teacher' } };
    expect(late(fetching)).toMatchObject({ code: 'start-timeout', outcome: { ...outcome, class: 'infra' } });
  });
});

describe('deadlines of an attempt that another driver hands over', () => {
  const deadlines = { queue: 3600, start: 60 };
  // The server shows 06:30.
  const HOUR_AGO = '2026-11-30T05:30:00Z';
  const JUST_SHORT = '2026-11-30T05:30:01Z';
  const MINUTE_AGO = '2026-11-30T06:29:00Z';
  const made = (creationTimestamp: string, conditions: readonly JsonObject[] = []) => {
    const { metadata, ...rest } = job();
    return { ...rest, metadata: { ...metadata, creationTimestamp }, status: { conditions } };
  };
  const placed = (lastTransitionTime: string, more: PodParts = {}) =>
    pod({
      meta: { creationTimestamp: HOUR_AGO },
      state: waits('ContainerCreating'),
      ...more,
      status: { conditions: [{ type: 'PodScheduled', status: 'True', lastTransitionTime }] },
    });
  const queued = (creationTimestamp: string) => pod({ node: '', meta: { creationTimestamp } });
  const suspended = (status: string, lastTransitionTime: string) => ({ type: 'Suspended', status, lastTransitionTime });

  test.each([
    { what: 'a Job without a pod, since it was made', view: { job: made(HOUR_AGO) }, early: { job: made(JUST_SHORT) } },
    {
      what: 'a suspended Job, since it was suspended',
      view: { job: made('2026-11-29T00:00:00Z', [suspended('True', HOUR_AGO)]) },
      early: { job: made('2026-11-29T00:00:00Z', [suspended('True', JUST_SHORT)]) },
    },
    {
      what: 'a Job whose queue let it go, since then',
      view: { job: made('2026-11-29T00:00:00Z', [suspended('False', HOUR_AGO)]) },
      early: { job: made('2026-11-29T00:00:00Z', [suspended('False', JUST_SHORT)]) },
    },
    {
      what: 'a pod without a node, since it was made',
      view: { pods: [queued(HOUR_AGO)] },
      early: { job: made('2026-11-29T00:00:00Z'), pods: [queued(JUST_SHORT)] },
    },
    {
      what: 'pods of which one has a node, since the first of the others was made',
      view: { pods: [queued(MINUTE_AGO), queued(HOUR_AGO), placed(MINUTE_AGO)] },
      early: { pods: [queued(MINUTE_AGO), queued(JUST_SHORT), placed(MINUTE_AGO)] },
    },
  ])('room: $what', ({ view, early }) => {
    expect(judge({ ...early, deadlines })).toMatchObject({ kind: 'waiting', until: '2026-11-30T06:30:01.000Z' });
    expect(judge({ ...view, deadlines })).toMatchObject({ kind: 'doomed', code: 'queue-timeout' });
  });

  test('the start: since it was placed; of several pods, the last', () => {
    const short = placed('2026-11-30T06:29:01Z');
    expect(judge({ pods: [placed(MINUTE_AGO)], deadlines })).toMatchObject({ kind: 'doomed', code: 'start-timeout' });
    expect(judge({ pods: [placed(MINUTE_AGO), short], deadlines })).toMatchObject({
      kind: 'waiting',
      until: '2026-11-30T06:30:01.000Z',
    });
  });

  test.each([
    { code: 'registry-silent', state: waits('ErrImagePull', 'i/o timeout'), reason: 'Failed', grace: 900 },
    { code: 'volume-not-mounted', state: waits('ContainerCreating'), reason: 'FailedMount', grace: 600 },
  ])('the grace of $code: since the server first stored what tells of it', ({ code, state, reason, grace }) => {
    const long = { queue: 86_400, start: 86_400 };
    const here = pod({ state });
    const told = (secondsAgo: number) => {
      const words = 'Failed to pull image "registry.test/train:1": i/o timeout';
      const seen = event(here, reason, words);
      const creationTimestamp = new Date(Date.parse('2026-11-30T06:30:00Z') - secondsAgo * 1000);
      const at = `${creationTimestamp.toISOString().slice(0, 19)}Z`;
      // The clock of the node that reports it is a day off.
      const stamps = { firstTimestamp: '2026-11-29T06:30:00Z', lastTimestamp: '2026-11-29T06:30:00Z' };
      return { ...seen, ...stamps, metadata: { ...seen.metadata, creationTimestamp: at } };
    };
    const judged = (secondsAgo: number) => judge({ pods: [here], events: [told(secondsAgo)], deadlines: long });
    expect(judged(grace - 1)).toMatchObject({ kind: 'waiting', code, until: '2026-11-30T06:30:01.000Z' });
    expect(judged(grace)).toMatchObject({ kind: 'doomed', code });
  });

  test("a scheduler's clock that is behind counts nothing from before the pod was made", () => {
    const pods = [placed(HOUR_AGO, { meta: { creationTimestamp: '2026-11-30T06:29:50Z' } })];
    expect(judge({ pods, deadlines })).toMatchObject({ kind: 'waiting', until: '2026-11-30T06:30:50.000Z' });
  });

  test('clocks that run ahead leave it what this driver saw itself', () => {
    const pods = [placed('2026-11-30T09:00:00Z')];
    expect(judge({ pods, deadlines }, 59)).toMatchObject({ kind: 'waiting', until: '2026-11-30T06:30:01.000Z' });
    expect(judge({ pods, deadlines }, 60)).toMatchObject({ kind: 'doomed', code: 'start-timeout' });
  });

  test('a pod in the place of one that was taken away has its own time, however old its Job is', () => {
    const taken = pod({
      uid: 'taken',
      phase: 'Failed',
      conditions: [{ type: 'DisruptionTarget', status: 'True', reason: 'EvictionByEvictionAPI' }],
    });
    expect(judge({ job: made(HOUR_AGO), pods: [taken, queued(MINUTE_AGO)], deadlines })).toMatchObject({
      kind: 'waiting',
      until: '2026-11-30T07:29:00.000Z',
    });
    expect(judge({ job: made(HOUR_AGO), pods: [taken], deadlines })).toMatchObject({ kind: 'waiting' });
  });

  test('before the server has shown its clock, what this driver saw counts alone', () => {
    const { now: _, ...unheard } = view({ job: made(HOUR_AGO), deadlines });
    const first = judgeAttempt(unheard, NO_MEMORY);
    expect(first.verdict).toMatchObject({ kind: 'waiting' });
    const later = judgeAttempt({ ...unheard, monotonic: 3_600_000 }, first.memory);
    expect(later.verdict).toMatchObject({ kind: 'doomed', code: 'queue-timeout' });
  });
});

describe('what runs', () => {
  const running = pod({ phase: 'Running', state: runs });
  test('has started', () => {
    expect(judge({ pods: [running] }, 1e6)).toEqual({ kind: 'started', at: '2026-11-30T06:28:31Z' });
  });
  test('beside a sidecar that crashes is told so, and goes on', () => {
    const beside = pod({
      phase: 'Running',
      state: runs,
      init: [sidecar(waits('CrashLoopBackOff'), { restartCount: 5 })],
    });
    expect(judge({ pods: [beside] }, 1e6)).toMatchObject({
      kind: 'started',
      trouble: { code: 'crash-loop', reason: expect.stringMatching(/^sidecar teacher ended again/) },
    });
  });
  test('is in a pod that was replaced again and again', () => {
    const pods = ['aaaaa', 'bbbbb', 'ccccc', 'ddddd'].map((uid) =>
      pod({
        uid,
        phase: 'Failed',
        conditions: [{ type: 'DisruptionTarget', status: 'True', reason: 'PreemptionByScheduler' }],
      }),
    );
    const now = pod({ uid: 'eeeee', state: waits('ContainerCreating') });
    expect(judge({ pods: [...pods.slice(1), now] })).toMatchObject({ kind: 'waiting' });
    expect(judge({ pods: [...pods, now] })).toMatchObject({
      kind: 'doomed',
      code: 'replaced-too-often',
      outcome: { class: 'infra', message: expect.stringMatching(/replaced 4 times, last because .+higher priority/) },
    });
  });
});
