import { describe, expect, test } from 'vitest';
import { clusterOfFile } from './support/cluster.ts';
import { ClusterPerson } from './support/cluster-person.ts';
import { until } from './support/command.ts';

/*
 * A run that goes on with no program outside: `run --detach` with the real program, whose image is on the nodes
 * (`npm run cluster:images`).
 */

const cluster = clusterOfFile();

function personIn(namespace: string): Promise<ClusterPerson> {
  return ClusterPerson.ofTest(cluster().kubeconfig, namespace);
}

/** A namespace that admits only restricted pods, with what the driver runs as. */
async function prepared(): Promise<ClusterPerson> {
  const person = await personIn(await cluster().namespace({ enforce: 'restricted' }));
  const { stdout } = await person.type('rbac', '--detach');
  const applied = await cluster().tryKubectl(['apply', '-f', '-'], { input: stdout });
  if (applied.code !== 0) throw new Error(applied.stderr);
  return person;
}

const DRIVER = 'app.kubernetes.io/component=driver';

function driverPods(namespace: string): Promise<readonly string[]> {
  return cluster()
    .kubectl('-n', namespace, 'get', 'pods', '-l', DRIVER, '-o', 'name')
    .then((text) => text.split('\n').filter((line) => line !== ''));
}

interface Status {
  readonly phase: string;
  readonly stages: readonly { readonly name: string; readonly attempts?: readonly unknown[] }[];
}

async function statusOf(person: ClusterPerson, run: string): Promise<Status> {
  const document = JSON.parse(await person.do('status', run, '-o', 'json')) as { readonly status: Status };
  return document.status;
}

test('without its ServiceAccount nothing is started, and the line to type is said', async () => {
  const person = await personIn(await cluster().namespace());
  const { code, stderr } = await person.type('run', '--name', 'alone', '--detach');
  expect(stderr).toContain(`\`ilab-backend rbac --detach -n ${person.namespace} | kubectl apply -f -\``);
  expect(code).toBe(5);
  expect((await person.type('status', 'alone')).code).toBe(7);
});

test('a run ends well with no program outside; others follow it, and rm takes the driver away', async () => {
  const person = await prepared();
  const { code, stdout, stderr } = await person.type('run', '--name', 'alone', '--detach');
  expect(stderr).toContain('alone goes on by itself (driver: job/alone-driver-x');
  expect([code, stdout]).toEqual([0, 'run/alone\n']);

  const other = await personIn(person.namespace);
  expect((await other.type('wait', 'alone')).code).toBe(0);
  expect((await statusOf(other, 'alone')).phase).toBe('Succeeded');
  expect(await other.do('logs', 'alone', 'greet')).toContain('hello you\n');
  const job = `job.batch/${(await driverPods(person.namespace))[0]?.replace(/^pod\/|-[a-z0-9]+$/g, '')}`;
  await cluster().kubectl('-n', person.namespace, 'wait', '--for=condition=complete', job, '--timeout=180s');

  await person.do('rm', 'alone');
  const left = await cluster().kubectl(
    '-n',
    person.namespace,
    'get',
    'jobs',
    '-l',
    'ilab-backend.dev/run',
    '-o',
    'name',
  );
  expect(left).toBe('');
});

test('a driver whose pod is deleted is replaced and goes on: one attempt a stage', async () => {
  const person = (await prepared()).slow(20);
  await person.do('run', '--name', 'alone', '--detach');
  const [first = ''] = await driverPods(person.namespace);
  await until('the first stage is submitted', async () => {
    const jobs = await cluster().kubectl('-n', person.namespace, 'get', 'jobs', '-o', 'name');
    return jobs.includes('alone-greet-1') ? true : undefined;
  });
  await cluster().kubectl('-n', person.namespace, 'delete', first, '--wait=false');
  expect((await person.type('wait', 'alone')).code).toBe(0);

  const { phase, stages } = await statusOf(person, 'alone');
  expect(phase).toBe('Succeeded');
  expect(stages.map(({ name, attempts = [] }) => `${name} ${attempts.length}`)).toEqual(['greet 1', 'count 1']);
});

test('cancel from outside ends what a driver inside drives', async () => {
  const person = (await prepared()).slow(300);
  await person.do('run', '--name', 'alone', '--detach');
  await until('the stage runs', async () => {
    const text = await cluster().kubectl('-n', person.namespace, 'get', 'pods', '-l', 'ilab-backend.dev/stage=greet');
    return text.includes('Running') ? true : undefined;
  });
  const { code } = await (await personIn(person.namespace)).type('cancel', 'alone');
  expect(code).toBe(0);
  expect((await statusOf(person, 'alone')).phase).toBe('Cancelled');
  // An end that the run came to is final: no pod drives it again.
  await until('the driver has ended', async () => {
    const text = await cluster().kubectl('-n', person.namespace, 'get', 'jobs', '-l', DRIVER);
    return text.includes('Failed') ? true : undefined;
  });
  expect(await driverPods(person.namespace)).toHaveLength(1);
});

describe('a driver that cannot begin', () => {
  test('is named with what it lacks', async () => {
    const person = await prepared();
    const image = { ILAB_BACKEND_IMAGE: 'ilab-backend/program:src-000000000000' };
    const { code, stderr } = await person.typeWith(image, 'run', '--name', 'alone', '--detach');
    expect(stderr).toContain('ilab-backend/program:src-000000000000 of container driver is not on the node');
    expect(code).toBe(5);
  });
});
