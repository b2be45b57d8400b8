import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { RunEvent } from '../../src/domain/event.ts';
import { DONE, FINISH, MARK } from '../cluster/support/act-on-cluster.ts';
import { until } from '../cluster/support/command.ts';
import { HereAndThere, resumed, week } from '../cluster/support/here-and-there.ts';
import { locateCluster } from '../cluster/support/locate.ts';
import { hear } from '../cluster/support/machine.ts';
import { endsOf } from '../cluster/support/waiting-run.ts';

/*
 * Row 47 of the fault matrix in docs/reliability.md: a node under a stage loses its power or is cut off, while its log is followed. The node is
 * one of the test's own; the stage prefers it, and may run on another.
 */

const NODE = 'n4';
const place = HereAndThere.ofFile();
vi.setConfig({ testTimeout: 900_000 });

const hasRig = locateCluster()?.rig !== undefined;
beforeAll(async () => {
  if (!hasRig) return;
  await place.cluster.fault('pki', '4');
  await place.cluster.fault('node-up', NODE);
});
afterEach(async () => {
  if (hasRig) await heal();
});
afterAll(async () => {
  if (!hasRig) return;
  await place.cluster.fault('node-down', NODE);
  await place.cluster.kubectl('delete', 'node', NODE);
});

async function heal(): Promise<void> {
  // A node that is up answers nobody as long as it is cut off.
  await place.cluster.fault('partition', NODE, 'off').catch(() => undefined);
  await place.cluster.fault('node-up', NODE);
}

/** Lines one after the other, the side effect, and its end when the test says so. */
const SPEAK = `i=0; until [ -e /content/work/open ]; do i=$((i+1)); echo "line $i"; sleep 0.2; done`;
const STAGE = `${MARK}; ${SPEAK}; ${FINISH}`;
const prefers = { matchExpressions: [{ key: 'rig.local/node', operator: 'In', values: [NODE] }] };
const patch = {
  spec: {
    template: {
      spec: {
        affinity: {
          nodeAffinity: {
            preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, preference: prefers }],
          },
        },
      },
    },
  },
};
const SHARED = { workspace: { storageClassName: 'shared', accessModes: ['ReadWriteMany'] } };
const tolerating = (tolerationSeconds: number) => ({
  tolerations: [{ key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute', tolerationSeconds }],
});
const options = (pod: object) => ({ run: '30m', retry: { infra: 1, user: 0 }, patch, pod: { ...pod } });

/** Starts the run on the node, and has its stage at work there. */
async function started(pod: object) {
  const told: RunEvent[] = [];
  const driver = place.machine(options(pod)).begin(...week(STAGE, DONE));
  const ended = hear(driver, (event) => told.push(event));
  await place.workspace.arrived('week', 'act');
  const onNode = await place.kubectl('get', 'pods', '-o', 'jsonpath={.items[*].spec.nodeName}');
  expect(onNode).toBe(NODE);
  const noticed = (words: RegExp) =>
    until(String(words), async () => told.find((event) => event.type === 'notice' && words.test(event.message)), 600);
  return { driver, ended, noticed };
}

const NOT_READY = new RegExp(`act: node ${NODE} under pod \\S+ does not answer \\(NotReady\\) since `);
const STRANDED = new RegExp(
  `^node ${NODE} does not answer \\(NotReady\\), so pod \\S+ does not end there and may still run`,
);

/** The numbers of an attempt's lines, and the last line that is none. */
async function logOf(attempt: number) {
  const { stdout, stderr, exitCode } = await place.machine().on('logs', 'week', 'act', '--attempt', String(attempt));
  expect(exitCode, stderr).toBe(0);
  const lines = stdout.trim().split('\n');
  return {
    numbers: lines.flatMap((line) => (line.startsWith('line ') ? [Number(line.slice(5))] : [])),
    last: lines.at(-1),
  };
}

function expectInOrder(numbers: readonly number[]): void {
  expect(numbers).toEqual(numbers.map((_, index) => index + 1));
}

describe('a node that does not come back in time', () => {
  test.each([
    {
      what: 'cut off, with the default of five minutes',
      pod: SHARED,
      lose: () => place.cluster.fault('partition', NODE, 'on'),
    },
    {
      what: 'without power, with ten seconds',
      pod: { ...SHARED, ...tolerating(10) },
      lose: () => place.cluster.fault('node-down', NODE),
    },
  ])('is named, and the next attempt runs on another: $what', async ({ pod, lose }) => {
    const { ended, noticed } = await started(pod);
    await lose();
    await noticed(NOT_READY);
    await until(
      'the second attempt',
      async () => ((await place.jobs()).includes('week-act-2') ? true : undefined),
      500,
    );
    await place.workspace.arrived('week', 'act', 2);
    await place.workspace.letGo('week', 'act');
    const told = await ended;
    expect(told.exitCode, told.stderr).toBe(0);
    expect(endsOf(told)).toMatchObject([
      { kind: 'failed', class: 'infra', reason: 'disrupted', message: expect.stringMatching(STRANDED) },
      { kind: 'succeeded' },
    ]);
    expect(told.stderr).toMatch(/log of act, main: \[some output may be missing: .*the log ends here/);
    // Each attempt had its side effect once, and the first has it no further time when its node is back.
    await heal();
    await until('the end of the first attempt', async () => {
      const pods = await place.kubectl(
        'get',
        'pods',
        '-l',
        'ilab-backend.dev/attempt=1,ilab-backend.dev/stage=act',
        '-o',
        'name',
      );
      return pods === '' ? true : undefined;
    });
    const marks = await place.workspace.marks('week', 'act');
    expect(marks.map((pod) => pod.slice(0, 'week-act-1'.length))).toEqual(['week-act-1', 'week-act-2']);
  });

  test('and holds the claim is waited for by the next attempt, which runs when it is back', async () => {
    const { ended, noticed } = await started(tolerating(5));
    await place.cluster.fault('node-down', NODE);
    await noticed(NOT_READY);
    await until(
      'the second attempt',
      async () => ((await place.jobs()).includes('week-act-2') ? true : undefined),
      200,
    );
    await place.workspace.letGo('week', 'act');
    await heal();
    const told = await ended;
    expect(told.exitCode, told.stderr).toBe(0);
    expect(endsOf(told)).toMatchObject([{ class: 'infra' }, { kind: 'succeeded' }]);
  });

  test('holds up no driver that comes later, and no cancel', async () => {
    const { driver, noticed } = await started({ ...SHARED, ...tolerating(5) });
    await place.cluster.fault('node-down', NODE);
    await noticed(NOT_READY);
    driver.kill('SIGKILL');
    await place.kubectl('wait', '--for=jsonpath={.metadata.deletionTimestamp}', 'pods', '--all', '--timeout=180s');
    const told = hear(resumed(place.machine()));
    await place.workspace.arrived('week', 'act', 2);
    const cancelled = await place.machine().on('cancel', 'week');
    expect(cancelled.exitCode, cancelled.stderr).toBe(0);
    const { events, exitCode, stderr } = await told;
    expect(exitCode, stderr).toBe(10);
    expect(events.filter(({ type }) => type === 'attempt-ended')).toHaveLength(2);
  });

  test('under the attempt that is cancelled: exit 10 after half a minute', async () => {
    const { ended, noticed } = await started({ ...SHARED, ...tolerating(3600) });
    await place.cluster.fault('node-down', NODE);
    await noticed(NOT_READY);
    expect((await place.machine().on('cancel', 'week')).exitCode).toBe(0);
    const told = await ended;
    expect(told.exitCode, told.stderr).toBe(10);
    expect(endsOf(told)).toMatchObject([{ kind: 'cancelled' }]);
  });
});

describe('a node that is back before its pod was taken away', () => {
  test('after it was cut off: the stage goes on in its first attempt, and its log is whole', async () => {
    const { ended, noticed } = await started(SHARED);
    await place.cluster.fault('partition', NODE, 'on');
    await noticed(NOT_READY);
    await place.cluster.fault('partition', NODE, 'off');
    await noticed(/act: that is over, it goes on/);
    await place.workspace.letGo('week', 'act');
    const told = await ended;
    expect(told.exitCode, told.stderr).toBe(0);
    expect(endsOf(told)).toMatchObject([{ kind: 'succeeded' }]);
    expectInOrder((await logOf(1)).numbers);
    expect(await place.workspace.marks('week', 'act')).toHaveLength(1);
  });

  test('after it lost its power: another attempt, at once', async () => {
    const { ended, noticed } = await started(SHARED);
    await place.cluster.fault('node-down', NODE);
    await noticed(NOT_READY);
    await place.cluster.fault('node-up', NODE);
    await place.workspace.arrived('week', 'act', 2);
    await place.workspace.letGo('week', 'act');
    const told = await ended;
    expect(told.exitCode, told.stderr).toBe(0);
    expect(endsOf(told)).toMatchObject([
      { class: 'infra', message: `node ${NODE} was away and no longer knows how container main ended` },
      { kind: 'succeeded' },
    ]);
    const { numbers, last } = await logOf(1);
    expectInOrder(numbers);
    expect(last).toMatch(/^line \d+$/);
  });
});
