import { expect, test } from 'vitest';
import type { JsonObject } from '../../../src/domain/json.ts';
import { acting } from '../../e2e/act-pipeline.ts';
import { expectEnd, expectFault } from '../../e2e/faults.ts';
import { type ClusterActOptions, DONE, mainWith } from '../support/act-on-cluster.ts';
import { HereAndThere } from '../support/here-and-there.ts';
import { hear } from '../support/machine.ts';

/* What a run names and the cluster does not have: named, with what to do, before anything runs. */

const placeOf = HereAndThere.ofEach();
const named = (name: string) => ['run', 'act', '--name', name, ...acting(DONE, DONE)] as const;

test.concurrent('row 27: a namespace that is not there, or is being deleted: exit 5 at the plan, and nothing is created', async (context) => {
  const place = await placeOf(context);
  const machine = place.machine();
  const line = [...named('week'), '--kubeconfig', place.cluster.kubeconfig];
  expectFault(
    await machine.type(...line, '-n', 'not-there-at-all'),
    5,
    /there is no namespace not-there-at-all on https.*\n.*`kubectl create namespace not-there-at-all`/,
  );
  await place.kubectl('create', 'configmap', 'stays');
  const hold = JSON.stringify({ metadata: { finalizers: ['ilab-backend.dev/test'] } });
  await place.kubectl('patch', 'configmap', 'stays', '--type=merge', '-p', hold);
  await place.kubectl('delete', 'namespace', place.namespace, '--wait=false');
  try {
    expectFault(await machine.on(...named('week')), 5, /namespace \S+ is being deleted: it takes nothing new/);
    expect(await place.objects()).toEqual(expect.not.arrayContaining([expect.stringContaining('week')]));
  } finally {
    await place.kubectl('patch', 'configmap', 'stays', '--type=merge', '-p', '{"metadata":{"finalizers":null}}');
  }
});

/** The main container of `act` with a volume. */
function mounting(source: JsonObject): ClusterActOptions {
  const volumeMounts = [{ name: 'extra', mountPath: '/extra' }];
  const spec = { containers: [{ name: 'main', volumeMounts }], volumes: [{ name: 'extra', ...source }] };
  return { patch: { spec: { template: { spec } } } };
}

/** The same with a variable. */
function taking(valueFrom: JsonObject): ClusterActOptions {
  return { patch: mainWith({ env: [{ name: 'EXTRA', valueFrom }] }) };
}

test.concurrent('rows 40, 41: a ConfigMap, a Secret, a key of one, a storage class: exit 5 with its name, within 60 s of the cluster’s clock', async (context) => {
  const place = await placeOf(context);
  await place.kubectl('create', 'configmap', 'there', '--from-literal=a=1');
  await place.kubectl('create', 'secret', 'generic', 'hidden', '--from-literal=a=1');
  const items = [{ key: 'b', path: 'b' }];
  const nowhere = { workspaceClaim: 'elsewhere', workspace: { storageClassName: 'nowhere' } };
  const cases: readonly (readonly [name: string, options: ClusterActOptions, message: RegExp])[] = [
    [
      'variable-of-map',
      taking({ configMapKeyRef: { name: 'gone', key: 'a' } }),
      /container main needs ConfigMap gone, .*create configmap gone /,
    ],
    [
      'variable-of-map-key',
      taking({ configMapKeyRef: { name: 'there', key: 'b' } }),
      /container main needs key b of ConfigMap there, .*patch configmap there /,
    ],
    [
      'variable-of-secret',
      taking({ secretKeyRef: { name: 'gone', key: 'a' } }),
      /container main needs Secret gone, .*create secret generic gone /,
    ],
    [
      'variable-of-secret-key',
      taking({ secretKeyRef: { name: 'hidden', key: 'b' } }),
      /container main needs key b of Secret hidden, .*patch secret hidden /,
    ],
    ['map', mounting({ configMap: { name: 'gone' } }), /volume extra wants ConfigMap gone, .*create configmap gone /],
    [
      'map-key',
      mounting({ configMap: { name: 'there', items } }),
      /volume extra wants key b of ConfigMap there, .*patch configmap there /,
    ],
    [
      'secret',
      mounting({ secret: { secretName: 'gone' } }),
      /volume extra wants Secret gone, .*create secret generic gone /,
    ],
    [
      'secret-key',
      mounting({ secret: { secretName: 'hidden', items } }),
      /volume extra wants key b of Secret hidden, .*patch secret hidden /,
    ],
    [
      'class',
      { pod: nowhere },
      /volume claim elsewhere names storage class nowhere, .*kubectl get storageclass.*delete pvc elsewhere/,
    ],
  ];
  await Promise.all(
    cases.map(async ([name, options, message]) => {
      const ended = await place.machine(options).on(...named(name));
      expectEnd(ended, 5, message, new RegExp(`next: ilab-backend resume ${name} -n \\S+\n`));
      // Nothing of it ran: there is no log to miss or to look at. And the nodes are in order.
      expect(ended.stderr).not.toMatch(/may be missing|its log:|no node/);
      expect(await place.secondsToFail(`${name}-act-1`), name).toBeLessThanOrEqual(60);
    }),
  );
});

test.concurrent('row 41: a storage class that waits for the first pod is no alarm', async (context) => {
  const place = await placeOf(context);
  expect(await place.get('storageclass/standard', '.volumeBindingMode')).toBe('WaitForFirstConsumer');
  const { exitCode, events, stderr } = await hear(place.machine().begin(...named('week'), '-o', 'json'));
  expect(exitCode, stderr).toBe(0);
  const reasons = events.flatMap((event) => (event.type === 'attempt-waits' ? [event.reason] : []));
  expect(reasons.filter((reason) => /claim|class|no node/.test(reason))).toEqual([]);
});
