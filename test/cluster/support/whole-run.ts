import { expect } from 'vitest';
import type { RunEvent } from '../../../src/domain/event.ts';
import { phases } from '../../e2e/program.ts';
import type { Workspace } from './act-on-cluster.ts';
import type { Cluster } from './cluster.ts';
import { hear, type Machine } from './machine.ts';

/** A run of the pipeline `act`, and those who can look at it. */
export interface WholeRun {
  readonly run: string;
  readonly cluster: Cluster;
  readonly namespace: string;
  readonly workspace: Workspace;
  /** With an empty state folder. */
  readonly machine: Machine;
}

const STAGES = ['act', 'after'] as const;

/**
 * What must hold of a run that ended well, whatever happened on the way, as somebody sees it who was not there: one object
 * an attempt and one attempt a stage, each side effect once, every line of log once, and all that was told (`told`) true.
 */
export async function expectWhole(place: WholeRun, told: readonly RunEvent[]): Promise<void> {
  const { run, cluster, namespace, workspace, machine } = place;
  const object = await machine.status(run);
  expect(phases(object)).toEqual({ act: 'Succeeded', after: 'Succeeded' });
  const story = (await hear(machine.begin('watch', run, '-o', 'json'))).events;
  expectTold(told, story);
  for (const stage of STAGES) {
    const attempts = object.status.stages.find(({ name }) => name === stage)?.attempts ?? [];
    expect(attempts, stage).toHaveLength(1);
    const uid = await cluster.get(namespace, `job/${run}-${stage}-1`, '.metadata.uid');
    expect(story).toContainEqual(expect.objectContaining({ type: 'attempt-bound', stage, uid }));
    const labels = `ilab-backend.dev/run=${run},ilab-backend.dev/stage=${stage}`;
    expect(await cluster.kubectl('-n', namespace, 'get', 'jobs', '-l', labels, '-o', 'name')).toBe(
      `job.batch/${run}-${stage}-1\n`,
    );
    expect(await workspace.marks(run, stage), `side effects of ${stage}`).toHaveLength(1);
    expect((await machine.on('logs', run, stage)).stdout).toBe('before\nafter\n');
  }
}

/** What was told stays true: each intent, object, start and end is in the story that is told later. */
export function expectTold(told: readonly RunEvent[], story: readonly RunEvent[]): void {
  for (const event of told) {
    switch (event.type) {
      case 'attempt-intended':
      case 'attempt-bound':
      case 'attempt-started':
      case 'attempt-ended':
        expect(story, 'what was told').toContainEqual(event);
        break;
      default:
    }
  }
}
