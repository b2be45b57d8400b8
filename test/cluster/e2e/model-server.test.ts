import { expect, test } from 'vitest';
import { acting } from '../../e2e/act-pipeline.ts';
import { expectEnd } from '../../e2e/faults.ts';
import type { ClusterActOptions } from '../support/act-on-cluster.ts';
import { HereAndThere } from '../support/here-and-there.ts';
import { BUSYBOX } from '../support/objects.ts';

/* Row 54: a model server beside a stage, a native sidecar, that never gets ready. */

const placeOf = HereAndThere.ofEach();

/** A stage with a server that does as the script says, and is asked once a second whether it is ready. */
function serving(script: string, tries: number): ClusterActOptions {
  const teacher = {
    name: 'teacher',
    image: BUSYBOX,
    command: ['sh', '-c', script],
    restartPolicy: 'Always',
    terminationMessagePolicy: 'FallbackToLogsOnError',
    startupProbe: { exec: { command: ['false'] }, periodSeconds: 1, failureThreshold: tries },
  };
  return { run: '5m', patch: { spec: { template: { spec: { initContainers: [teacher] } } } } };
}

const line = (name: string) => ['run', 'act', '--name', name, ...acting()] as const;
const NEXT = /\n {2}next: ilab-backend logs \S+ act --container teacher -n \S+\n/;

test.concurrent('it crashes three times: exit 3 with its last words, and what is told of the pod never goes back', async (context) => {
  const place = await placeOf(context);
  const ended = await place
    .machine(serving('echo loading >&2; echo "no GPU of this kind" >&2; exit 3', 600))
    .on(...line('crash'));
  expectEnd(
    ended,
    3,
    /act failed: sidecar teacher ended again and again \(2 restarts, last exit code 3\): "no GPU of this kind"/,
    /read what it says: `ilab-backend logs crash act --container teacher -n \S+`/,
    / {2}\| no GPU of this kind\n/,
    NEXT,
  );
  const waits = [...ended.stderr.matchAll(/waits: (.*)/g)].map(([, text = '']) => text);
  const first = waits.findIndex((text) => text.includes('teacher'));
  expect(waits.slice(first).filter((text) => !text.includes('teacher'))).toEqual([]);
});

test.concurrent('its startup probe ends it three times: exit 3, and that is told', async (context) => {
  const place = await placeOf(context);
  const ended = await place
    .machine(serving("trap 'exit 143' TERM; echo still loading; while :; do sleep 0.1; done", 1))
    .on(...line('probed'));
  expectEnd(
    ended,
    3,
    /act failed: sidecar teacher was not ready in time, and was ended for that again and again \(2 restarts, last exit code 143\): "still loading"/,
    NEXT,
  );
});

test.concurrent('it is not ready within the time for its start: exit 5, with the end of its log', async (context) => {
  const place = await placeOf(context);
  const ended = await place
    .machine(serving("trap 'exit 0' TERM; echo still loading; while :; do sleep 0.1; done", 600))
    .on(...line('late'), '--start-timeout', '10s');
  expectEnd(
    ended,
    5,
    /act could not start: it did not start within 10 s of being placed: sidecar teacher is not ready yet on n1; to give it more: `--start-timeout`/,
    / {2}\| still loading\n/,
    NEXT,
  );
});
