import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { RunEvent } from '../../src/domain/event.ts';
import { phases, type RunObject } from '../e2e/program.ts';
import { clusterOfFile } from './support/cluster.ts';
import { hear, killAt, Machine } from './support/machine.ts';
import { programImage } from './support/program-image.ts';

/*
 * One server with four GPUs: teacher, training and judge take turns, each in the pod of the stage that needs it. The
 * profile h100x4 with its real pods, GPUs and probes; what they compute is small, see h100x4/ilab-backend.yaml.
 */

const PROJECT = resolve(import.meta.dirname, 'h100x4');

const cluster = clusterOfFile({ needsRig: true });

describe('teacher, training and judge', () => {
  test('take turns on four GPUs, whichever of their drivers dies', async ({ onTestFinished }) => {
    await cluster().fault('gpus', 'n1', '4');
    onTestFinished(async () => {
      await cluster().fault('gpus', 'n1', '0');
    });
    const namespace = await cluster().namespace({ enforce: 'restricted' });
    const image = await programImage(cluster());
    const machine = () => Machine.ofTest(cluster().kubeconfig, namespace, image);
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
  const found = await cluster().kubectl(
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
