import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Plan } from '../../../src/domain/plan/plan.ts';
import { DONE, FINISH, MARK } from './act-on-cluster.ts';
import { until } from './command.ts';
import { type HereAndThere, week } from './here-and-there.ts';
import { hear } from './machine.ts';
import { endsOf } from './waiting-run.ts';

/** A kind of workload on several machines, as its real operator runs it. */
export interface RealGroup {
  /** The operator, by its name in `cluster:ext`. */
  readonly controller: 'training-operator' | 'trainer';
  /** The variant of train of the pipeline instructlab. */
  readonly variant: string;
  /** The template of a stage on three machines. */
  readonly template: string;
  /** What its machines are called, by rank, and their container. */
  readonly names: readonly [string, string, string];
  readonly container: string;
  /** How the one with rank 2 is named in a failure. */
  readonly third: string;
}

const SAY = 'echo "I am $PET_NODE_RANK of $PET_NNODES"';
const WAIT = 'until [ -e /content/work/open ]; do sleep 0.1; done';

/** For the top of a test file: what holds of every such kind. */
export function describeRealGroup(place: HereAndThere, group: RealGroup): void {
  const { controller, template, names, container } = group;
  const lineOf = (rank: 0 | 1 | 2, text: string) => `[act/${names[rank]}/${container}] ${text}`;

  beforeAll(() => place.cluster.fault('ext', controller), 30 * 60_000);

  describe(`a stage on three machines, with the real ${controller}`, () => {
    test('one that has ended well is not taken for all; the result is the first one’s, and the next stage starts', async () => {
      const machine = place.machine({ template });
      const act = `${SAY}; ${MARK}; case $PET_NODE_RANK in 0) ${WAIT}; ${FINISH};; esac`;
      const told = hear(machine.begin(...week(act, DONE)));
      await until('the end of both others', async () => {
        const phases = await place.kubectl('get', 'pods', '-o', 'jsonpath={.items[*].status.phase}');
        return phases.split(' ').filter((phase) => phase === 'Succeeded').length === 2 ? true : undefined;
      });
      expect((await machine.on('status', 'week')).stdout).toMatch(/^act +Running /m);
      await place.workspace.letGo('week', 'act');
      const ended = await told;
      expect(ended.exitCode, ended.stderr).toBe(0);
      expect(endsOf(ended)).toMatchObject([{ kind: 'succeeded', result: { metrics: { score: 1 } } }]);
      expect(await place.workspace.marks('week', 'act')).toHaveLength(3);
      expect(await place.workspace.marks('week', 'after')).toHaveLength(1);
      const lines = (await machine.on('logs', 'week')).stdout.split('\n');
      for (const rank of [0, 1, 2] as const) expect(lines).toContain(lineOf(rank, `I am ${rank} of 3`));
    });

    test('one that fails is named with its rank and its words, and nothing of the others goes on', async () => {
      const machine = place.machine({ template });
      const act = `${SAY}; ${MARK}; ${WAIT}; case $PET_NODE_RANK in 2) echo "no GPU left" >&2; exit 3;; *) sleep 600;; esac`;
      const told = hear(machine.begin(...week(act, DONE)));
      await place.workspace.arrived('week', 'act', 3);
      await place.workspace.letGo('week', 'act');
      const ended = await told;
      expect(ended.exitCode, ended.stderr).toBe(3);
      const message = `${group.third}: it ended with exit code 3: no GPU left`;
      expect(endsOf(ended)).toMatchObject([{ kind: 'failed', class: 'user', reason: 'exit', exitCode: 3, message }]);
      const lines = (await machine.on('logs', 'week')).stdout.split('\n');
      expect(lines).toContain(lineOf(2, 'no GPU left'));
      await until('the end of the other machines', async () =>
        /Running|Pending/.test(await place.kubectl('get', 'pods', '-o', 'jsonpath={.items[*].status.phase}'))
          ? undefined
          : true,
      );
      expect(await place.jobs()).not.toContain('week-after-1');
    });

    test('it admits what the profile multi-node renders, and the plan counts the GPUs of all machines', async () => {
      const machine = place.machine();
      const { project } = machine.person;
      mkdirSync(join(project, 'model'));
      writeFileSync(join(project, 'model/config.json'), '{}');
      const values = {
        ...{ apiVersion: 'ilab-backend.dev/v1alpha1', kind: 'Project', profile: 'multi-node' },
        stages: { train: { variant: group.variant } },
        params: { taxonomy: resolve('examples/taxonomy'), model: './model' },
      };
      writeFileSync(join(project, 'ilab-backend.yaml'), JSON.stringify(values));
      const planned = await machine.on('plan', 'instructlab', '-o', 'json');
      expect(planned.exitCode, planned.stderr).toBe(0);
      const { stages, peakGpus } = JSON.parse(planned.stdout) as Plan;
      expect(stages.find(({ name }) => name === 'train')).toMatchObject({ variant: group.variant, gpus: 16 });
      expect(peakGpus).toBe(16);
    });
  });
}
