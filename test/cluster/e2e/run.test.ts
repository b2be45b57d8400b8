import { beforeEach, describe, expect, test } from 'vitest';
import { acting } from '../../e2e/act-pipeline.ts';
import { expectFault, expectNoTrace } from '../../e2e/faults.ts';
import { parseEvents, phases } from '../../e2e/program.ts';
import { DONE, FINISH, MARK, MEET, Workspace, writeActProject } from '../support/act-on-cluster.ts';
import { clusterOfFile } from '../support/cluster.ts';
import { hear, Machine } from '../support/machine.ts';
import { job, scriptPod } from '../support/objects.ts';
import { programImage } from '../support/program-image.ts';

/* The program from outside, its stages as Jobs of a real cluster. */

const cluster = clusterOfFile({ needsRig: true });
const OURS = 'app.kubernetes.io/managed-by=ilab-backend';

let namespace: string;
let workspace: Workspace;
let here: Machine;

const machine = () => Machine.ofTest(cluster().kubeconfig, namespace);

beforeEach(async () => {
  namespace = await cluster().namespace({ enforce: 'restricted' });
  workspace = new Workspace(cluster(), namespace);
  here = machine();
  writeActProject(here.person);
});

const run = (act: string, after = FINISH): readonly string[] => ['run', 'act', '--name', 'week', ...acting(act, after)];

/** Kinds and names of what lies in the namespace under a label. */
async function objects(labels: string): Promise<readonly string[]> {
  const found = await cluster().kubectl('-n', namespace, 'get', 'jobs,cm,lease,pods', '-l', labels, '-o', 'name');
  return found.split('\n').filter((line) => line !== '' && !line.startsWith('pod/'));
}

describe('a good run', () => {
  test('ends with 0, its story is whole, its objects stay, and any machine can read it', async () => {
    const told = await hear(here.begin(...run(DONE), '-o', 'json'));
    expect(told.exitCode, told.stderr).toBe(0);
    expect(told.events[0]).toMatchObject({ type: 'run-started', version: 1, driving: true, target: 'kubernetes' });
    expect(told.events.at(-1)).toMatchObject({ type: 'run-ended', phase: 'Succeeded', exitCode: 0 });
    expect(await workspace.marks('week', 'act')).toHaveLength(1);
    expect((await objects(OURS)).toSorted()).toEqual([
      'configmap/week-act-1',
      'configmap/week-after-1',
      'configmap/week-run',
      'configmap/week-sources-1',
      'job.batch/week-act-1',
      'job.batch/week-after-1',
      'lease.coordination.k8s.io/week-run',
    ]);
    const table = await cluster().kubectl('-n', namespace, 'get', 'jobs,cm,lease', '-l', OURS, '-o', 'wide');
    expect(table).toMatch(/week-act-1 +Complete +1\/1/);

    // a second machine
    {
      const there = machine();
      expect((await there.on('logs', 'week')).stdout).toBe('[act] before\n[act] after\n');
      expect(phases(await there.status('week'))).toEqual({ act: 'Succeeded', after: 'Succeeded' });
      for (const command of ['watch', 'wait']) {
        const { exitCode, stdout, stderr } = await there.on(command, 'week', '-o', 'json');
        expect(exitCode, stderr).toBe(0);
        expect(parseEvents(stdout)[0]).toMatchObject({ type: 'run-started', driving: false });
        expect(parseEvents(stdout).at(-1)).toMatchObject({ type: 'run-ended', phase: 'Succeeded' });
      }
      expect((await there.on('artifacts', 'week')).exitCode).toBe(0);
      // What the stages took is in the run's record, for whoever plans the next.
      writeActProject(there.person);
      const next = await there.on('plan', 'act', ...acting(MEET, DONE), '-o', 'json');
      expect(next.exitCode, next.stderr).toBe(0);
      const { stages } = JSON.parse(next.stdout) as {
        readonly stages: readonly { readonly tookBefore?: object }[];
      };
      const tookBefore = { runs: ['week'], seconds: { median: expect.any(Number) } };
      expect(stages).toMatchObject([{ tookBefore }, { tookBefore }]);
      expectFault(await machine().type('status', 'week'), 7, /there is no run week/);
    }
    expect((await here.type('logs', 'week', 'act')).stdout).toBe('before\nafter\n');
    expect((await here.type('status', 'week')).stdout).toMatch(/Target: +kubernetes, namespace \S+ of rig/);
    expect((await here.type('wait', 'week')).exitCode).toBe(0);
    // the same line again
    {
      const again = await here.on(...run(DONE));
      expect(again, again.stderr).toMatchObject({ exitCode: 0, stdout: 'run/week\n' });
      expect(await workspace.marks('week', 'act')).toHaveLength(1);
      expectFault(await here.on(...run('true')), 8, /run week exists with another plan/);
    }
  });

  test('rm leaves nothing that has its label', async () => {
    here.person.env['ILAB_BACKEND_IMAGE'] = await programImage();
    expect((await here.on(...run(DONE))).exitCode).toBe(0);
    const removed = await here.type('rm', 'week');
    expect(removed, removed.stderr).toMatchObject({ exitCode: 0, stdout: 'run/week deleted\n' });
    expect(await objects('ilab-backend.dev/run=week')).toEqual([]);
    expect(await workspace.marks('week', 'act')).toEqual([]);
    expectFault(await here.on('status', 'week'), 7, /there is no run week/);
  });
});

test('a stage that fails ends with 3 and the last lines of its log', async () => {
  // A runtime reads two streams of a container at a time, in whatever order: so both lines go to one.
  const failed = await here.on(...run('{ echo reading; echo "no such shelf"; } >&2; exit 7'));
  expect(failed.exitCode, failed.stderr).toBe(3);
  expect(failed.stderr).toMatch(/act[^\n]*failed[\s\S]*reading\n[^\n]*no such shelf/);
  expectNoTrace(failed);
  expect(phases(await here.status('week'))).toEqual({ act: 'Failed', after: 'Pending' });
  expect(await objects(`${OURS},ilab-backend.dev/stage=after`)).toEqual([]);
});

test('cancel: SIGTERM, the grace that the stage was promised, exit 10', async () => {
  writeActProject(here.person, { grace: '30s' });
  const saves = `trap 'echo saving; sleep 2; echo saved; exit 143' TERM; echo before; ${MARK}; while :; do sleep 0.1; done`;
  const driver = here.begin(...run(saves));
  await workspace.arrived('week', 'act');
  expect((await machine().on('cancel', 'week', '--reason', 'too late')).exitCode).toBe(0);
  const { exitCode, stderr } = await driver.ended;
  expect(exitCode, stderr).toBe(10);
  // A Job that is ended takes its pod away: what nobody can prove whole any more says so.
  expect((await here.on('logs', 'week', 'act')).stdout).toMatch(/^before\nsaving\nsaved\n(?:\[some output may .*\n)?$/);
  expect(phases(await here.status('week'))).toEqual({ act: 'Cancelled', after: 'Pending' });
});

test('a name that a foreign Job has is refused, and the Job stays as it is', async () => {
  await cluster().create(namespace, job('week-act-1', restricted('sleep 1000')));
  const uid = await cluster().get(namespace, 'job/week-act-1', '.metadata.uid');
  const refused = await here.on(...run(DONE));
  expect(refused.exitCode, refused.stderr).toBe(8);
  expect(refused.stderr).toMatch(/ilab-backend: Job\/week-act-1 .*belongs to other work\n {2}choose another run name/);
  expectNoTrace(refused);
  expect(await cluster().get(namespace, 'job/week-act-1', '.metadata.uid')).toBe(uid);
});

test('what render shows is what the server takes and what runs, under the level restricted', async () => {
  const rendered = await here.type('render', 'act', ...acting(DONE));
  expect(rendered.exitCode, rendered.stderr).toBe(0);
  const dry = await cluster().tryKubectl(['-n', namespace, 'apply', '--dry-run=server', '-f', '-'], {
    input: rendered.stdout,
  });
  expect(dry.code, dry.stderr).toBe(0);
  expect(dry.stderr).not.toMatch(/would violate PodSecurity/);
  const driver = here.begin(...run(MEET));
  await workspace.arrived('week', 'act');
  const pods = await cluster().kubectl('-n', namespace, 'get', 'pods', '-o', 'jsonpath={.items[*].status.phase}');
  expect(pods).toBe('Running');
  await workspace.letGo('week', 'act');
  expect((await driver.ended).exitCode).toBe(0);
});

function restricted(script: string) {
  const securityContext = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };
  return scriptPod(script, {
    container: { securityContext },
    spec: { securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: 'RuntimeDefault' } } },
  });
}
