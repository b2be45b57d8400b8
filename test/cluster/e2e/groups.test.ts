import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { acting } from '../../e2e/act-pipeline.ts';
import { expectFault } from '../../e2e/faults.ts';
import { DONE, FINISH, MARK } from '../support/act-on-cluster.ts';
import { until } from '../support/command.ts';
import { HereAndThere, week } from '../support/here-and-there.ts';
import { hear, type Program, type Told } from '../support/machine.ts';
import { GROUP, PYTORCH_JOBS, PyTorchOperator } from '../support/pytorch-job.ts';
import { endsOf } from '../support/waiting-run.ts';

/*
 * Rows of the fault matrix in docs/reliability.md: a stage that is a PyTorchJob, a kind that the cluster does not know at
 * first. Then it does; what its operator does, the test does.
 */

const place = HereAndThere.ofFile();
const NAME = 'week-act-1';
let operator: PyTorchOperator;

/** What each pod of the group does: says who it is, has its side effect, and waits until it is let go; worker 1 may fail then. */
const member = (end: string): string =>
  `echo "I am \${HOSTNAME#${NAME}-}"; ${MARK}; until [ -e /content/work/open ]; do sleep 0.1; done; ${end}`;
const FAILS = `case $HOSTNAME in *worker-1) echo "no GPU left" >&2; exit 3;; *) sleep 600;; esac`;

function started(act: string): {
  readonly driver: Program;
  readonly told: Promise<Told>;
  readonly logs: () => Promise<string>;
} {
  const machine = place.machine({ template: GROUP });
  const driver = machine.begin(...week(act, DONE));
  return { driver, told: hear(driver), logs: async () => (await machine.on('logs', 'week')).stdout };
}

test('row 34: a kind that the cluster does not serve: exit 5 at the plan with what to install, and nothing is created', async () => {
  const machine = place.machine();
  const template = `# values: params, stage, image, pod, run, attempt, inputs, outputs
$include: params.yaml
---
apiVersion: kubeflow.org/v1
kind: PyTorchJob
metadata: { $include: metadata.yaml }
spec:
  pytorchReplicaSpecs:
    Master:
      replicas: 1
      restartPolicy: Never
      template:
        metadata: { $include: pod-metadata.yaml }
        spec:
          $include: pod.yaml
          containers: [{ $include: main.yaml, image: "\${image}" }]
`;
  writeFileSync(join(machine.person.project, 'pipelines/act/job.yaml'), template);
  const line = ['run', 'act', '--name', 'week', ...acting(DONE, DONE)];
  for (const typed of [line, ['plan', 'act']]) {
    expectFault(
      await machine.on(...typed),
      5,
      /stage act: the cluster does not know kubeflow\.org\/v1 PyTorchJob\n.*Training Operator installed, or choose another variant/,
    );
  }
  expect(await place.objects()).toEqual([]);
});

describe('once it is served,', () => {
  let isInstalled = false;

  beforeEach(async () => {
    operator = new PyTorchOperator(place.cluster, place.namespace, NAME);
    if (isInstalled) return;
    isInstalled = true;
    const { code, stderr } = await place.cluster.tryKubectl(['apply', '-f', '-'], {
      input: JSON.stringify(PYTORCH_JOBS),
    });
    expect(code, stderr).toBe(0);
    await place.kubectl('wait', '--for=condition=Established', 'crd/pytorchjobs.kubeflow.org', '--timeout=180s');
  });
  afterAll(async () => {
    if (isInstalled) await place.cluster.kubectl('delete', 'crd', 'pytorchjobs.kubeflow.org');
  });

  test('row 53: one worker fails, the operator fails the group and deletes its pods: told which, with its words; logs are kept', async () => {
    const { told, logs } = started(member(FAILS));
    await operator.makePods();
    await place.workspace.arrived('week', 'act', 3);
    await place.workspace.letGo('week', 'act');
    await until('the words of the worker', async () => ((await logs()).includes('no GPU left') ? true : undefined));
    await place.kubectl('wait', '--for=jsonpath={.status.phase}=Failed', `pod/${NAME}-worker-1`, '--timeout=180s');
    await operator.say('Created', 'Failed');
    await place.kubectl('delete', 'pods', '-l', `training.kubeflow.org/job-name=${NAME}`, '--grace-period=1');
    const ended = await told;
    expect(ended.exitCode, ended.stderr).toBe(3);
    expect(endsOf(ended)).toMatchObject([
      {
        kind: 'failed',
        class: 'user',
        reason: 'exit',
        exitCode: 3,
        message: 'worker-1 (node rank 2): it ended with exit code 3: no GPU left',
      },
    ]);
    const lines = (await logs()).trim().split('\n');
    for (const name of ['master-0', 'worker-0', 'worker-1'])
      expect(lines).toContain(`[act/${name}/pytorch] I am ${name}`);
    expect(lines).toContain('[act/worker-1/pytorch] no GPU left');
    expect(await place.jobs()).toEqual([]);
  });

  test('row 53: a group that succeeds: its master’s result, and the next stage', async () => {
    const { told } = started(member(`case $HOSTNAME in *master-0) ${FINISH};; esac`));
    await operator.makePods();
    await place.workspace.arrived('week', 'act', 3);
    await place.workspace.letGo('week', 'act');
    await place.kubectl('wait', '--for=jsonpath={.status.phase}=Succeeded', 'pods', '--all', '--timeout=180s');
    await operator.say('Created', 'Succeeded');
    const ended = await told;
    expect(ended.exitCode, ended.stderr).toBe(0);
    expect(endsOf(ended)).toMatchObject([{ kind: 'succeeded', result: { metrics: { score: 1 } } }]);
    expect(await place.workspace.marks('week', 'act')).toHaveLength(3);
    expect(await place.jobs()).toEqual(['week-after-1']);
  });

  test('row 51: a group that is said to have succeeded and failed has failed', async () => {
    const { told } = started(member(FINISH));
    await operator.makePods();
    await place.workspace.arrived('week', 'act', 3);
    await place.workspace.letGo('week', 'act');
    await place.kubectl('wait', '--for=jsonpath={.status.phase}=Succeeded', 'pods', '--all', '--timeout=180s');
    await operator.say('Created', 'Succeeded', 'Failed');
    const ended = await told;
    expect(ended.exitCode, ended.stderr).toBe(3);
    expect(endsOf(ended)).toMatchObject([
      { kind: 'failed', class: 'infra', message: expect.stringMatching(/no pod of it says why: PyTorchJobFailed/) },
    ]);
  });

  test('a group that is cancelled: exit 10', async () => {
    const { told } = started(member(FINISH));
    await operator.makePods();
    await place.workspace.arrived('week', 'act', 3);
    const cancelled = await place.machine().on('cancel', 'week');
    expect(cancelled.exitCode, cancelled.stderr).toBe(0);
    const ended = await told;
    expect(ended.exitCode, ended.stderr).toBe(10);
    expect(endsOf(ended)).toMatchObject([{ kind: 'cancelled' }]);
  });
});
