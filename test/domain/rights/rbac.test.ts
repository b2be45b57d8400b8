import { describe, expect, test } from 'vitest';
import { clusterRbacObjects, rbacObjects, rulesFor } from '../../../src/domain/rights/rbac.ts';
import type { Persona } from '../../../src/domain/rights/rights.ts';

const KINDS = [
  { apiVersion: 'v1', kind: 'ConfigMap' },
  { apiVersion: 'batch/v1', kind: 'Job' },
  { apiVersion: 'kubeflow.org/v1', kind: 'PyTorchJob' },
  { apiVersion: 'example.com/v1', kind: 'Policy' },
];

/** `verb group/resource` for each single right. */
function rights(persona: Persona): readonly string[] {
  return rulesFor(persona, KINDS).flatMap(({ apiGroups, resources, verbs }) =>
    resources.flatMap((resource) => verbs.map((verb) => `${verb} ${apiGroups[0]}/${resource}`)),
  );
}

describe('rights', () => {
  test.each(['developer', 'driver', 'owner', 'administrator'] as const)(
    'of a %s have no wildcard and no twins',
    (persona) => {
      const all = rights(persona);
      expect(all.filter((right) => right.includes('*'))).toEqual([]);
      expect(all).toEqual([...new Set(all)]);
    },
  );

  test.each(['developer', 'driver', 'owner', 'administrator'] as const)(
    'of a %s open no container and no secret',
    (persona) => {
      expect(rights(persona).filter((right) => /exec|attach|portforward|secrets|nodes/.test(right))).toEqual([]);
    },
  );

  test('of a developer change nothing', () => {
    expect(rights('developer').filter((right) => !/^(get|list|watch) /.test(right))).toEqual([]);
  });

  test('of a driver inside the cluster delete nothing and mount nothing', () => {
    expect(rights('driver').filter((right) => /^delete |pods\/proxy|serviceaccounts/.test(right))).toEqual([]);
  });

  test('grow from persona to persona', () => {
    for (const [less, more] of [
      ['developer', 'owner'],
      ['driver', 'owner'],
      ['owner', 'administrator'],
    ] as const)
      expect(rights(more)).toEqual(expect.arrayContaining([...rights(less)]));
  });

  test('follow the kinds that the templates render, by the names the API has for them', () => {
    expect(rights('owner')).toEqual(
      expect.arrayContaining(['create kubeflow.org/pytorchjobs', 'delete example.com/policies', 'update batch/jobs']),
    );
  });
});

test('who renders what waits in a queue may read what the queue says of it; nobody else asks', () => {
  const [job] = [{ apiVersion: 'batch/v1', kind: 'Job' }];
  const asked = (rendered: Parameters<typeof rulesFor>[1]) =>
    rulesFor('driver', rendered).filter(({ apiGroups }) => apiGroups.includes('kueue.x-k8s.io'));
  expect(asked([job])).toEqual([]);
  expect(asked([{ ...job, isQueued: true }])).toEqual([
    { apiGroups: ['kueue.x-k8s.io'], resources: ['workloads'], verbs: ['list'] },
  ]);
});

describe('the objects', () => {
  test('of a namespace bind a role to whoever is named', () => {
    const objects = rbacObjects('owner', [], { namespace: 'team', subject: { kind: 'Group', name: 'backend' } });
    expect(objects.map(({ kind }) => kind)).toEqual(['Role', 'RoleBinding']);
    expect(objects[1]).toMatchObject({
      metadata: { namespace: 'team' },
      subjects: [{ kind: 'Group', name: 'backend', apiGroup: 'rbac.authorization.k8s.io' }],
    });
  });

  test("of an administrator are the cluster's", () => {
    expect(rbacObjects('administrator', [], { namespace: 'team' })).toMatchObject([{ kind: 'ClusterRole' }]);
  });

  test('of the whole cluster, which nothing needs, only look', () => {
    const [role, binding] = clusterRbacObjects({ namespace: 'team', subject: { kind: 'User', name: 'ada' } }, false);
    expect(role).toMatchObject({
      kind: 'ClusterRole',
      rules: [
        { apiGroups: [''], resources: ['nodes'], verbs: ['list'] },
        { apiGroups: ['storage.k8s.io'], resources: ['storageclasses'], verbs: ['list'] },
      ],
    });
    expect(role).not.toHaveProperty('metadata.namespace');
    expect(binding).toMatchObject({
      kind: 'ClusterRoleBinding',
      metadata: { name: 'ilab-backend-cluster-user-ada' },
      roleRef: { kind: 'ClusterRole', name: 'ilab-backend-cluster' },
      subjects: [{ kind: 'User', name: 'ada' }],
    });
    expect(clusterRbacObjects({ namespace: 'team' }, false)).toEqual([role]);
  });

  test("of the whole cluster bind the drivers' accounts of several namespaces side by side", () => {
    const bindings = ['team', 'other'].map((namespace) => clusterRbacObjects({ namespace }, true)[1]);
    expect(bindings).toMatchObject([
      { subjects: [{ kind: 'ServiceAccount', name: 'ilab-backend-driver', namespace: 'team' }] },
      { subjects: [{ kind: 'ServiceAccount', name: 'ilab-backend-driver', namespace: 'other' }] },
    ]);
    const names = bindings.map((binding) => (binding as { metadata: { name: string } }).metadata.name);
    expect(new Set(names).size).toBe(2);
  });

  test('of the driver bring its ServiceAccount, which alone gets the rights', () => {
    const objects = rbacObjects('driver', [], { namespace: 'team', subject: { kind: 'User', name: 'eve' } });
    expect(objects.map(({ kind }) => kind)).toEqual(['ServiceAccount', 'Role', 'RoleBinding']);
    expect(objects[2]).toMatchObject({
      subjects: [{ kind: 'ServiceAccount', name: 'ilab-backend-driver', namespace: 'team' }],
    });
  });
});
