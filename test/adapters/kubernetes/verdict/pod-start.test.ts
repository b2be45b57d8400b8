import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../../src/domain/json.ts';
import { ends, event, judge, type PodParts, pod, runs, waits } from './objects.ts';
import { check } from './waiting.ts';

type Init = NonNullable<PodParts['init']>[number];

const FETCH = { name: 'fetch' };
const TEACHER = { name: 'teacher', restartPolicy: 'Always' };

const of = (spec: JsonObject, state: JsonObject, more: JsonObject = {}): Init => ({
  spec,
  status: { name: String(spec['name']), restartCount: 0, state, ...more },
});
const not = (spec: JsonObject): Init => of(spec, waits('PodInitializing'));

/** One after the other, as a kubelet tells of a pod with an init container and a model server. */
const STORY: readonly (readonly [init: readonly Init[], said: string])[] = [
  [[not(FETCH), not(TEACHER)], 'pod weekly-47-train-1-pod-u gets its image and volumes on n1'],
  [[of(FETCH, runs), not(TEACHER)], 'init container fetch runs on n1'],
  [[of(FETCH, ends(0)), not(TEACHER)], 'sidecar teacher gets its image on n1'],
  [[of(FETCH, ends(0)), of(TEACHER, runs, { started: false })], 'sidecar teacher is not ready yet on n1'],
  [
    [of(FETCH, ends(0)), of(TEACHER, ends(1), { started: false })],
    'sidecar teacher ended (exit code 1) and is started again on n1',
  ],
  [
    [of(FETCH, ends(0)), of(TEACHER, runs, { started: false, restartCount: 1, lastState: ends(1) })],
    'sidecar teacher is not ready yet on n1',
  ],
  [[of(FETCH, ends(0)), of(TEACHER, runs, { started: true, restartCount: 1 })], 'container main gets its image on n1'],
];

test('what is said of a pod that starts never goes back to its image and volumes', () => {
  const said = STORY.map(([init]) => judge({ pods: [pod({ state: waits('PodInitializing'), init })] }));
  expect(said.map((verdict) => verdict.kind === 'waiting' && verdict.reason)).toEqual(STORY.map(([, text]) => text));
});

describe('a model server that does not get ready', () => {
  const crashed = pod({
    state: waits('PodInitializing'),
    meta: { labels: { 'ilab-backend.dev/run': 'weekly-47', 'ilab-backend.dev/stage': 'train' } },
    init: [of(TEACHER, waits('CrashLoopBackOff'), { restartCount: 2, lastState: ends(137, { message: 'loading\n' }) })],
  });

  test('names the command that shows its log', () => {
    check({
      what: '',
      view: { pods: [crashed] },
      code: 'crash-loop',
      reason:
        /ended again and again \(2 restarts, last exit code 137\): "loading"; read what it says: `ilab-backend logs weekly-47 train --container teacher`$/,
      doomed: [0, 'user'],
    });
  });

  test('and was ended by its probe says that, not that somebody killed it', () => {
    const probed = event(crashed, 'Killing', 'Init container teacher failed startup probe');
    check({
      what: '',
      view: { pods: [crashed], events: [probed] },
      code: 'crash-loop',
      reason:
        /^sidecar teacher was not ready in time, and was ended for that again and again \(2 restarts, last exit code 137\): "loading".+to give it more time: its `startupProbe`$/,
      doomed: [0, 'user'],
    });
  });
});
