import { expect, test } from 'vitest';
import { clusterOfFile } from './support/cluster.ts';
import { ClusterPerson } from './support/cluster-person.ts';

/*
 * What `rbac` prints is enough for what each persona does with the real program, and for nothing more. Each is a user of
 * their own, known by a certificate, without any other right.
 */

const cluster = clusterOfFile({ needsRig: true });

function admin(namespace: string): Promise<ClusterPerson> {
  return ClusterPerson.ofTest(cluster().kubeconfig, namespace);
}

async function apply(as: string, manifests: string): Promise<string> {
  const { code, stderr, stdout } = await cluster().tryKubectl(['apply', '-f', '-'], { as, input: manifests });
  if (code !== 0) throw new Error(stderr);
  return stdout;
}

/** A user of that name in a namespace, bound to what `rbac --persona` prints by who may do so. */
async function bound(persona: string, namespace: string): Promise<ClusterPerson> {
  const name = `${persona}-of-${namespace}`;
  const kubeconfig = await cluster().user(name);
  const printed = await (await admin(namespace)).do('rbac', '--persona', persona, '--for', `user:${name}`);
  await apply(cluster().kubeconfig, printed);
  return ClusterPerson.ofTest(kubeconfig, namespace);
}

test('a developer reads runs and their logs, and changes none', async () => {
  const namespace = await cluster().namespace({ enforce: 'restricted' });
  await (await admin(namespace)).do('run', '--name', 'weekly');
  const developer = await bound('developer', namespace);

  expect(await developer.do('list')).toContain('weekly');
  expect(await developer.do('status', 'weekly')).toContain('Succeeded');
  expect(await developer.do('logs', 'weekly', '-f')).toContain('hello you');
  expect((await developer.type('watch', 'weekly', '-o', 'plain')).code).toBe(0);

  const { code, stderr } = await developer.type('run', '--name', 'mine');
  expect(stderr).toContain(`developer-of-${namespace} may not create configmaps in namespace ${namespace}`);
  expect(code).toBe(5);
  expect((await developer.type('rm', 'weekly')).code).toBe(5);
});

test('an owner drives runs, and gives nobody rights', async () => {
  const namespace = await cluster().namespace({ enforce: 'restricted' });
  const owner = await bound('owner', namespace);

  await owner.do('run', '--name', 'weekly');
  expect(await owner.do('artifacts', 'weekly', '--download', `${owner.folder}/out`)).toBeDefined();
  await owner.do('resume', 'weekly');
  // Nobody made the driver's account here.
  const detached = await owner.type('run', '--name', 'other', '--detach');
  expect(detached.stderr).toContain(`there is no ServiceAccount ilab-backend-driver in namespace ${namespace}`);
  expect((await owner.type('status', 'other')).code).toBe(7);
  await owner.do('rm', 'weekly');
  const left = await cluster().kubectl('-n', namespace, 'get', 'jobs,leases', '-o', 'name');
  expect(left).toBe('');

  const { code, stderr } = await cluster().tryKubectl(['apply', '-f', '-'], {
    as: owner.kubeconfig,
    input: await owner.do('rbac', '--detach'),
  });
  expect([code, stderr]).toEqual([1, expect.stringContaining('cannot create resource "serviceaccounts"')]);
});

test('an administrator makes a namespace, its quota, the roles and the account of the driver', async () => {
  const made = await cluster().namespace();
  const administrator = await bound('administrator', made);
  const { kubeconfig } = administrator;
  const namespace = `${made}-new`;
  try {
    await apply(kubeconfig, `{ apiVersion: v1, kind: Namespace, metadata: { name: ${namespace} } }`);
    const hard = '{ count/jobs.batch: "20" }';
    await apply(
      kubeconfig,
      `{ apiVersion: v1, kind: ResourceQuota, metadata: { name: q, namespace: ${namespace} }, spec: { hard: ${hard} } }`,
    );
    const there = await ClusterPerson.ofTest(kubeconfig, namespace);
    for (const args of [['--detach'], ['--persona', 'owner', '--for', 'group:a'], ['--persona', 'developer']]) {
      const printed = await there.do('rbac', ...args);
      await apply(kubeconfig, printed);
      // What is there is left as it is.
      expect(await apply(kubeconfig, printed)).not.toContain('created');
    }
    // All that an owner may, with the driver that it made.
    await there.do('run', '--name', 'weekly', '--detach');
    expect((await there.type('wait', 'weekly')).code).toBe(0);

    const { stderr } = await cluster().tryKubectl(['get', 'nodes'], { as: kubeconfig });
    expect(stderr).toContain('cannot list resource "nodes"');
  } finally {
    await cluster().kubectl('delete', 'namespace', namespace, '--wait=false', '--ignore-not-found');
    const bindings = `clusterrolebinding/ilab-backend-administrator-user-administrator-of-${made}`;
    await cluster().kubectl('delete', bindings, '--ignore-not-found');
  }
});
