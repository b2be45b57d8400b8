import { describe, expect, test } from 'vitest';
import { clusterOfFile } from './support/cluster.ts';
import { ClusterPerson } from './support/cluster-person.ts';

/* `doctor` on a real cluster, from here and from a pod. */

const cluster = clusterOfFile({ needsRig: true });

interface Seen {
  readonly name: string;
  readonly state: string;
  readonly message: string;
  readonly fix?: string;
}

/** The exit code, and of each finding its state and name. */
async function examine(person: ClusterPerson, ...flags: readonly string[]) {
  const { code, stdout } = await person.type('doctor', '-o', 'json', ...flags);
  const { findings } = JSON.parse(stdout) as { readonly findings: readonly Seen[] };
  return { code, findings, shape: findings.map(({ state, name }) => `${state} ${name}`) };
}

test('a namespace in which nothing is missing', async () => {
  const person = await ClusterPerson.ofTest(cluster().kubeconfig, await cluster().namespace({ enforce: 'restricted' }));
  const { stdout } = await person.type('rbac', '--detach');
  await cluster().tryKubectl(['apply', '-f', '-'], { input: stdout });
  const { code, shape, findings } = await examine(person);
  expect(shape).toEqual([
    ...['ok Cluster', 'ok Namespace', 'ok Rights', 'ok Workspace', 'ok GPUs', 'ok Images', 'ok Detach', 'ok Admission'],
  ]);
  expect(findings[1]?.message).toContain('admits pods of the level restricted');
  expect(code).toBe(0);
});

test('whoever has no right is told which, and how to get it', async () => {
  const namespace = await cluster().namespace();
  const nobody = await ClusterPerson.ofTest(await cluster().user(`nobody-of-${namespace}`), namespace);
  const { code, findings } = await examine(nobody);
  const [needed, ...lost] = findings.filter(({ name }) => name === 'Rights');
  expect(needed).toMatchObject({
    state: 'problem',
    message: expect.stringContaining('create, update configmaps'),
    fix: expect.stringContaining(`\`ilab-backend rbac --persona owner --for user:NAME -n ${namespace}`),
  });
  expect(lost.map(({ message }) => message).join('\n')).toMatch(/pods\/proxy: folders.*\n.*nodes: GPUs/s);
  expect(code).toBe(5);
});

test('a namespace that is not there ends the examination', async () => {
  const { code, findings } = await examine(await ClusterPerson.ofTest(cluster().kubeconfig, 'not-there-at-all'));
  expect(findings.at(-1)).toMatchObject({ name: 'Namespace', state: 'problem' });
  expect(code).toBe(5);
});

test('a quota that pods cannot meet is told before a run', async () => {
  const namespace = await cluster().namespace();
  await cluster().create(namespace, {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name: 'tiny' },
    spec: { hard: { 'limits.memory': '1Mi' } },
  });
  const { code, findings } = await examine(await ClusterPerson.ofTest(cluster().kubeconfig, namespace));
  expect(findings.find(({ name }) => name === 'Admission')).toMatchObject({
    state: 'problem',
    message: expect.stringContaining('tiny'),
  });
  expect(code).toBe(5);
});

describe('the classes that `pod:` names', () => {
  const classes = { runtimeClassName: 'no-such-runtime', priorityClassName: 'no-such-priority' };

  test('and the cluster does not have are told, each with what to change', async () => {
    const person = await ClusterPerson.ofTest(cluster().kubeconfig, await cluster().namespace());
    const { code, findings } = await examine(person.settle(classes));
    expect(findings).toEqual(
      expect.arrayContaining([
        {
          name: 'RuntimeClass',
          state: 'problem',
          message: 'there is no RuntimeClass no-such-runtime',
          fix: 'correct `pod.runtimeClassName`; see which there are: `kubectl get runtimeclass`',
        },
        {
          name: 'PriorityClass',
          state: 'problem',
          message: 'there is no PriorityClass no-such-priority',
          fix: 'correct `pod.priorityClassName`; see which there are: `kubectl get priorityclass`',
        },
      ]),
    );
    expect(code).toBe(5);
  });

  test('and the cluster has are in order', async () => {
    const namespace = await cluster().namespace();
    const name = `class-of-${namespace}`;
    await cluster().create(
      namespace,
      { apiVersion: 'node.k8s.io/v1', kind: 'RuntimeClass', metadata: { name }, handler: 'runc' },
      { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name }, value: 1 },
    );
    try {
      const person = await ClusterPerson.ofTest(cluster().kubeconfig, namespace);
      const { findings } = await examine(person.settle({ runtimeClassName: name, priorityClassName: name }));
      expect(findings).toEqual(
        expect.arrayContaining([
          { name: 'RuntimeClass', state: 'ok', message: name },
          { name: 'PriorityClass', state: 'ok', message: name },
        ]),
      );
      // A dry run of pods with both is taken; whether images were built is not asked here.
      expect(findings).toContainEqual(expect.objectContaining({ name: 'Admission', state: 'ok' }));
    } finally {
      await cluster().kubectl('delete', `runtimeclass/${name}`, `priorityclass/${name}`);
    }
  });
});

test('from inside: rights of the driver and endpoints, and nothing of it is left', async () => {
  const namespace = await cluster().namespace({ enforce: 'restricted' });
  const person = await ClusterPerson.ofTest(cluster().kubeconfig, namespace);
  const { stdout } = await person.type('rbac', '--detach');
  await cluster().tryKubectl(['apply', '-f', '-'], { input: stdout });
  const services = 'http://nobody-at-home.invalid/v1';
  const registry = cluster().rig.registry;
  person.ask({ STAGE_ENDPOINT: services, REGISTRY: `http://${registry}/v2/` });

  const { code, findings } = await examine(person, '--from-cluster');
  expect(findings).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ name: 'pod: Rights', state: 'ok' }),
      expect.objectContaining({
        name: 'pod: Endpoint',
        state: 'problem',
        message: `STAGE_ENDPOINT: ${services} has a name that is not known here`,
      }),
      expect.objectContaining({
        name: 'pod: Endpoint',
        state: 'ok',
        message: expect.stringContaining('REGISTRY: http://'),
      }),
    ]),
  );
  expect(code).toBe(5);
  expect(await cluster().kubectl('-n', namespace, 'get', 'jobs', '-o', 'name')).toBe('');
});
