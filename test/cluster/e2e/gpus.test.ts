import { resolve } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import type { RunEvent } from '../../../src/domain/event.ts';
import { acting } from '../../e2e/act-pipeline.ts';
import { expectEnd } from '../../e2e/faults.ts';
import { phases, type RunObject } from '../../e2e/program.ts';
import { DONE, MEET, mainWith } from '../support/act-on-cluster.ts';
import { HereAndThere, week } from '../support/here-and-there.ts';
import { hear, killAt, Machine } from '../support/machine.ts';
import { programImage } from '../support/program-image.ts';

/*
 * All that wants the rig's GPUs while other files are tested: node n1 pretends to have four, and nobody else asks for one.
 */

const place = HereAndThere.ofFile();
beforeEach(async () => {
  await place.cluster.fault('gpus', 'n1', '4');
  return () => place.cluster.fault('gpus', 'n1', '0');
});

const LINE = ['run', 'act', '--name', 'week', ...acting(DONE, DONE)] as const;

describe('a run that wants GPUs', () => {
  const gpus = (count: number) => ({ patch: mainWith({ resources: { limits: { 'nvidia.com/gpu': count } } }) });

  test('row 36: more than any node has: exit 5 with the totals, within 30 s of the cluster’s clock', async () => {
    const ended = await place.machine(gpus(8)).on(...LINE);
    expectEnd(ended, 5, /no node can ever take it: it wants 8 GPUs, .*n1.* has 4/);
    expect(await place.secondsToFail('week-act-1')).toBeLessThanOrEqual(30);
  });

  test('row 36: who may not list nodes is told in the words of the scheduler; with `rbac --cluster`, the totals', async () => {
    const name = `ada-${place.namespace}`;
    const kubeconfig = await place.person(name, ['--persona', 'owner']);
    const before = await place.machine(gpus(8), kubeconfig).on(...LINE);
    expectEnd(before, 5, /no node can ever take it: "0\/1 nodes are available: 1 Insufficient nvidia.com\/gpu"/);
    try {
      await place.person(name, ['--cluster']);
      const after = await place.machine(gpus(8), kubeconfig).on('resume', 'week');
      expectEnd(after, 5, /no node can ever take it: it wants 8 GPUs, .*n1.* has 4/);
    } finally {
      await place.kubectl('delete', 'clusterrolebinding', `ilab-backend-cluster-user-${name}`);
    }
  });

  test('row 37: all of them run; who comes later waits, is told for whom, and runs then', async () => {
    const first = hear(place.machine(gpus(4)).begin(...week(MEET)));
    await place.workspace.arrived('week', 'act');
    const waits = Promise.withResolvers<string>();
    const late = hear(
      place.machine(gpus(4)).begin('run', 'act', '--name', 'late', ...acting(DONE, DONE), '-o', 'json'),
      (event) => {
        if (event.type === 'attempt-waits' && /GPU/.test(event.reason)) waits.resolve(event.reason);
      },
    );
    expect(await Promise.race([waits.promise, late])).toMatch(/wants 4 GPUs: .*run week \(act\) holds 4/);
    await place.workspace.letGo('week', 'act');
    expect([(await first).exitCode, (await late).exitCode]).toEqual([0, 0]);
  });
});

/*
 * One server with four GPUs: teacher, training and judge take turns, each in the pod of the stage that needs it. The
 * profile h100x4 with its real pods, GPUs and probes; what they compute is small, see h100x4/ilab-backend.yaml.
 */
const PROJECT = resolve(import.meta.dirname, '../h100x4');

describe('teacher, training and judge', () => {
  test('take turns on four GPUs, whichever of their drivers dies', { timeout: 600_000 }, async () => {
    const namespace = await place.cluster.namespace({ enforce: 'restricted' });
    const image = await programImage();
    const machine = () => Machine.ofTest(place.cluster.kubeconfig, namespace, image);
    const images = await imagesOf(machine());
    const line = [
      ...['run', '--project', PROJECT, '--name', 'turns', '-o', 'json'],
      ...['--set', `teacher.server.image=${images['datagen']}`, '--set', `judge.server.image=${images['train']}`],
    ];

    // A driver dies while the teacher is made ready, one while the model is trained, one while the judge is made ready.
    const isWaiting = (stage: string, helper: string) => (event: RunEvent) =>
      event.type === 'attempt-waits' && event.stage === stage && event.reason.includes(`sidecar ${helper}`);
    await killAt(machine().begin(...line), isWaiting('datagen', 'teacher'));
    await killAt(machine().begin(...line), (event) => event.type === 'attempt-progress' && event.stage === 'train');
    await killAt(machine().begin(...line), isWaiting('eval', 'judge'));
    const last = machine();
    const told = await hear(last.begin(...line));
    expect(told.exitCode, told.stderr).toBe(0);

    const status = await last.status('turns');
    expect(phases(status)).toEqual({
      ...{ datagen: 'Succeeded', train: 'Succeeded', eval: 'Succeeded', publish: 'Succeeded' },
    });
    expect(status.status.drivers).toHaveLength(4);
    const { datagen, train, eval: scored } = byStage(status);
    // The teacher wrote rows, the judge was ready before the scores were made.
    expect(datagen?.result?.metrics['teacher_rows']).toBeGreaterThan(0);
    expect(told.events.filter((event) => event.type === 'attempt-ended' && event.stage === 'eval')).toHaveLength(1);

    const held = [datagen, train, scored].map((stage) => stage?.attempts ?? []);
    expect(held.map((attempts) => attempts.map(({ gpus }) => gpus))).toEqual([[4], [4], [4]]);
    const times = held.flat().flatMap(({ placedAt, startedAt, endedAt }) => [placedAt, startedAt, endedAt]);
    expect(times).not.toContain(undefined);
    expect(times).toEqual(times.toSorted());
    const { stdout } = await last.on('status', 'turns');
    expect(stdout).toMatch(/^datagen +4 .*█\ntrain +4 .*█\neval +4 .*█\nat most 4 GPUs at one time$/m);

    // Whatever became of the drivers: nobody holds a GPU any more.
    expect(await requestsOf(namespace)).toEqual([]);
  });
});

/** The images as the nodes have them, by stage. */
async function imagesOf(machine: Machine): Promise<Readonly<Record<string, string>>> {
  const any = ['--set', 'teacher.server.image=any', '--set', 'judge.server.image=any'];
  const { stdout, stderr } = await machine.on('plan', '--project', PROJECT, ...any, '-o', 'json');
  const { stages } = JSON.parse(stdout || `"${stderr}"`) as {
    readonly stages: readonly { readonly name: string; readonly image: { readonly reference: string } }[];
  };
  return Object.fromEntries(stages.map(({ name, image }) => [name, image.reference]));
}

function byStage(status: RunObject): Readonly<Record<string, RunObject['status']['stages'][number] | undefined>> {
  return Object.fromEntries(status.status.stages.map((stage) => [stage.name, stage]));
}

/** The GPUs that pods hold that have not ended. */
async function requestsOf(namespace: string): Promise<readonly string[]> {
  const living = 'status.phase!=Succeeded,status.phase!=Failed';
  const path = `{.items[*].spec['containers','initContainers'][*].resources.limits.nvidia\\.com/gpu}`;
  const found = await place.cluster.kubectl(
    '-n',
    namespace,
    'get',
    'pods',
    '--field-selector',
    living,
    '-o',
    `jsonpath=${path}`,
  );
  return found.split(/\s+/).filter((count) => count !== '');
}
