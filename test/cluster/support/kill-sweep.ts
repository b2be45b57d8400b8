import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { acting } from '../../e2e/act-pipeline.ts';
import { DONE, Workspace, writeActProject } from './act-on-cluster.ts';
import type { Cluster } from './cluster.ts';
import { hear, Machine, type Program } from './machine.ts';
import { type Fate, RequestProxy } from './request-proxy.ts';
import { expectWhole } from './whole-run.ts';

/** At which write of its own a driver dies: before it arrives, or stored and unanswered. */
export interface KillPoint {
  readonly write: number;
  readonly fate: Exclude<Fate, 'pass'>;
}

const LINE = ['run', 'act', '--name', 'week', ...acting(DONE, DONE), '-o', 'json'] as const;

/** Runs of the pipeline `act` whose driver is killed at one of its writes, each in a namespace of its own. */
export class KillSweep {
  readonly #cluster: Cluster;
  /** How many drivers were killed. */
  struck = 0;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** Kills there, types the same line elsewhere, and expects the run to be whole. False when there is no such write. */
  async killed({ write, fate }: KillPoint): Promise<boolean> {
    const cluster = this.#cluster;
    const namespace = await cluster.namespace();
    const folder = mkdtempSync(join(tmpdir(), 'ilab-sweep-'));
    let driver: Program | undefined;
    let isStruck = false;
    const proxy = await RequestProxy.before(cluster.kubeconfig, folder, {
      decide: ({ number }) => (number === write ? fate : 'pass'),
      struck: () => {
        isStruck = true;
        driver?.kill('SIGKILL');
      },
    });
    const machines = [proxy.kubeconfig, cluster.kubeconfig, cluster.kubeconfig].map(
      (kubeconfig) => new Machine(kubeconfig, namespace),
    );
    for (const { person } of machines) writeActProject(person);
    const [dying, heir, witness] = machines as [Machine, Machine, Machine];
    try {
      driver = dying.begin(...LINE);
      const first = await hear(driver);
      expect(first.exitCode, first.stderr).toBe(isStruck ? undefined : 0);
      if (!isStruck) return false;
      this.struck += 1;
      const second = await hear(heir.begin(...LINE));
      const where = `${fate} of write ${write}: ${JSON.stringify(proxy.writes.at(-1))}`;
      expect(second.exitCode, `${where}\n${second.stderr}`).toBe(0);
      const workspace = new Workspace(cluster, namespace);
      await expectWhole({ run: 'week', cluster, namespace, workspace, machine: witness }, [
        ...first.events,
        ...second.events,
      ]);
      return true;
    } finally {
      proxy.close();
      for (const machine of machines) machine.leave();
      rmSync(folder, { recursive: true, force: true });
    }
  }
}
