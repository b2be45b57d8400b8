import { describe, expect, test } from 'vitest';
import { expectNoTrace } from '../../e2e/faults.ts';
import { MEET, mainWith } from '../support/act-on-cluster.ts';
import { HereAndThere, resumed, week } from '../support/here-and-there.ts';
import { hear, killAt, type Told } from '../support/machine.ts';
import { beginAndMeet, endsOf } from '../support/waiting-run.ts';

/*
 * What clusters do to the objects of a run, done to a real one. The numbers are those of the fault matrix in
 * docs/reliability.md; what is felt by others, too, is in faults.alone.test.ts.
 */

const place = HereAndThere.ofFile();

test('row 48: a pod that somebody deletes is the cluster’s doing: another attempt follows', async () => {
  const { told } = await beginAndMeet(place, { retry: { infra: 1, user: 0 } });
  await place.kubectl('delete', 'pod', '-l', 'ilab-backend.dev/stage=act', '--wait=false');
  await place.workspace.arrived('week', 'act', 2);
  await place.workspace.letGo('week', 'act');
  const ended = await told;
  expect(ended.exitCode, ended.stderr).toBe(0);
  expect(endsOf(ended)).toMatchObject([{ kind: 'failed', class: 'infra', reason: 'disrupted' }, { kind: 'succeeded' }]);
  expect(await place.workspace.marks('week', 'act')).toHaveLength(2);
});

test('row 48: a Job that somebody deletes is lost, exit 9; resume tries again', async () => {
  const { told } = await beginAndMeet(place);
  await place.kubectl('delete', 'job', 'week-act-1', '--wait=false');
  const ended = await told;
  expect(ended.exitCode, ended.stderr).toBe(9);
  expect(endsOf(ended)).toMatchObject([{ kind: 'lost' }]);
  await place.workspace.letGo('week', 'act');
  const again = await hear(resumed(place.machine()));
  expect(again.exitCode, again.stderr).toBe(0);
  expect(endsOf(again)).toMatchObject([{ kind: 'lost' }, { kind: 'succeeded' }]);
  expect(await place.jobs()).toEqual(['week-act-2', 'week-after-1']);
});

test('row 49: a Job that was made anew under the same name is not taken for the old one', async () => {
  const driver = place.machine().begin(...week(MEET));
  await killAt(driver, ({ type }) => type === 'attempt-started');
  const job = JSON.parse(await place.kubectl('get', 'job', 'week-act-1', '-o', 'json'));
  await place.kubectl('delete', 'job', 'week-act-1', '--cascade=foreground');
  const { name, annotations } = job.metadata;
  const { selector: _, template, ...spec } = job.spec;
  delete template.metadata.labels['batch.kubernetes.io/controller-uid'];
  delete template.metadata.labels['controller-uid'];
  await place.cluster.create(place.namespace, {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, annotations, labels: template.metadata.labels },
    spec: { ...spec, template },
  });
  const uid = await place.get('job/week-act-1', '.metadata.uid');
  const ended = await hear(resumed(place.machine()));
  expect(ended.exitCode, ended.stderr).toBe(9);
  expect(endsOf(ended)).toMatchObject([{ kind: 'lost' }]);
  expect(await place.get('job/week-act-1', '.metadata.uid')).toBe(uid);
});

describe('row 27: a run is lost, exit 9,', () => {
  /** Whether its driver, or who follows it, was told what became of it. */
  function expectLost({ exitCode, events, stderr }: Told): void {
    expect(exitCode, stderr).toBe(9);
    expect(events.at(-1)).toMatchObject({ type: 'run-ended', phase: 'Lost', exitCode: 9 });
    expectNoTrace({ exitCode, signal: undefined, stdout: '', stderr });
  }

  test('when its namespace is deleted under it, whatever budget it has and however its stage takes leave', async () => {
    const { told } = await beginAndMeet(place, { retry: { infra: 1, user: 1 } }, `trap 'exit 1' TERM; ${MEET}`);
    await place.kubectl('delete', 'namespace', place.namespace, '--wait=false');
    const ended = await told;
    expectLost(ended);
    expect(ended.events.at(-1)).toMatchObject({ message: expect.stringContaining(place.namespace) });
  });

  test('when somebody deletes its record; who follows it is told the same', async () => {
    const { told } = await beginAndMeet(place);
    const joined = Promise.withResolvers<void>();
    const follower = hear(place.machine().begin('watch', 'week', '-o', 'json'), () => joined.resolve());
    await joined.promise;
    await place.kubectl('delete', 'configmap', 'week-run', '--wait=false');
    await place.workspace.letGo('week', 'act');
    for (const ended of await Promise.all([told, follower])) {
      expectLost(ended);
      expect(ended.stderr).toMatch(/the record of run week is gone from namespace/);
    }
    expect(await place.jobs()).toEqual(['week-act-1']);
  });
});

test('row 44: out of memory is told as such, with the limit', async () => {
  const patch = mainWith({ resources: { limits: { memory: '16Mi' } } });
  const ended = await hear(place.machine({ patch }).begin(...week('echo before; tail /dev/zero')));
  expect(ended.exitCode, ended.stderr).toBe(3);
  expect(endsOf(ended)).toMatchObject([
    { kind: 'failed', class: 'user', reason: 'over-limit', message: expect.stringContaining('16Mi') },
  ]);
});

test('row 45: a pod that is evicted is replaced; no budget of the stage is touched', async () => {
  const { told } = await beginAndMeet(place);
  const name = await place.kubectl('get', 'pods', '-o', 'jsonpath={.items[0].metadata.name}');
  const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace: place.namespace } };
  const path = `/api/v1/namespaces/${place.namespace}/pods/${name}/eviction`;
  const { code, stderr } = await place.cluster.tryKubectl(['create', '--raw', path, '-f', '-'], {
    input: JSON.stringify(eviction),
  });
  expect(code, stderr).toBe(0);
  await place.workspace.arrived('week', 'act', 2);
  await place.workspace.letGo('week', 'act');
  const ended = await told;
  expect(ended.exitCode, ended.stderr).toBe(0);
  expect(endsOf(ended)).toMatchObject([{ kind: 'succeeded' }]);
  expect(await place.jobs()).toEqual(['week-act-1', 'week-after-1']);
});
