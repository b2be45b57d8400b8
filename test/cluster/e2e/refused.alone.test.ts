import { afterEach, describe, expect, test } from 'vitest';
import { parseAllDocuments, stringify } from 'yaml';
import { acting } from '../../e2e/act-pipeline.ts';
import { expectEnd } from '../../e2e/faults.ts';
import { DONE, MEET, mainWith } from '../support/act-on-cluster.ts';
import { HereAndThere, week } from '../support/here-and-there.ts';
import { hear } from '../support/machine.ts';

/* What cannot start says so soon, in a sentence with what to do; what may start later waits, and says for whom. */

const place = HereAndThere.ofFile();
const LINE = ['run', 'act', '--name', 'week', ...acting(DONE, DONE)] as const;

/** Gives somebody the rights that `rbac` prints with these flags, but for some resources; returns their kubeconfig. */
async function person(name: string, flags: readonly string[], without: readonly string[] = []): Promise<string> {
  const printed = await place.machine().on('rbac', 'act', ...flags, '--for', `user:${name}`);
  expect(printed.exitCode, printed.stderr).toBe(0);
  const objects = parseAllDocuments(printed.stdout).map((document) => document.toJS());
  for (const { rules = [] } of objects) {
    for (const rule of rules) rule.resources = rule.resources?.filter((one: string) => !without.includes(one));
  }
  const input = objects.map((object) => stringify(object)).join('---\n');
  const { code, stderr } = await place.cluster.tryKubectl(['apply', '-f', '-'], { input });
  expect(code, stderr).toBe(0);
  return place.cluster.user(name);
}

describe('an image', () => {
  test('row 38: of ours that no node has: exit 5 with the command that builds it, and nothing is created', async () => {
    const ended = await place.machine({ image: 'ilab-backend/act-shell:src-0123456789ab' }).on(...LINE);
    expectEnd(ended, 5, /act-shell:src-0123456789ab[\s\S]*ilab-backend images build/);
    expect(await place.jobs()).toEqual([]);
  });

  test('row 38: that the registry does not have: exit 5 with its words, within 30 s of the cluster’s clock', async () => {
    const ended = await place.machine({ image: 'registry.rig.local/never/made:1' }).on(...LINE);
    expectEnd(ended, 5, /image registry\.rig\.local\/never\/made:1 of container main cannot be pulled: /);
    expect(await place.secondsToFail('week-act-1')).toBeLessThanOrEqual(30);
  });
});

describe('GPUs', () => {
  afterEach(() => place.cluster.fault('gpus', 'n1', '0'));
  const gpus = (count: number) => ({ patch: mainWith({ resources: { limits: { 'nvidia.com/gpu': count } } }) });

  test('row 36: more than any node has: exit 5 with the totals, within 30 s of the cluster’s clock', async () => {
    await place.cluster.fault('gpus', 'n1', '4');
    const ended = await place.machine(gpus(8)).on(...LINE);
    expectEnd(ended, 5, /no node can ever take it: it wants 8 GPUs, .*n1.* has 4/);
    expect(await place.secondsToFail('week-act-1')).toBeLessThanOrEqual(30);
  });

  test('row 36: who may not list nodes is told in the words of the scheduler; with `rbac --cluster`, the totals', async () => {
    await place.cluster.fault('gpus', 'n1', '4');
    const name = `ada-${place.namespace}`;
    const kubeconfig = await person(name, ['--persona', 'owner']);
    const before = await place.machine(gpus(8), kubeconfig).on(...LINE);
    expectEnd(before, 5, /no node can ever take it: "0\/1 nodes are available: 1 Insufficient nvidia.com\/gpu"/);
    try {
      await person(name, ['--cluster']);
      const after = await place.machine(gpus(8), kubeconfig).on('resume', 'week');
      expectEnd(after, 5, /no node can ever take it: it wants 8 GPUs, .*n1.* has 4/);
    } finally {
      await place.kubectl('delete', 'clusterrolebinding', `ilab-backend-cluster-user-${name}`);
    }
  });

  test('row 37: all of them run; who comes later waits, is told for whom, and runs then', async () => {
    await place.cluster.fault('gpus', 'n1', '4');
    const first = hear(place.machine(gpus(4)).begin(...week(MEET)));
    await place.workspace.arrived('week', 'act');
    const waits = Promise.withResolvers<string>();
    const late = hear(
      place.machine(gpus(4)).begin('run', 'act', '--name', 'late', ...acting(DONE, DONE), '-o', 'json'),
      (event) => {
        if (event.type === 'attempt-waits' && /GPU/.test(event.reason)) waits.resolve(event.reason);
      },
    );
    expect(await Promise.race([waits.promise, late])).toMatch(/wants 4 GPUs: .*run week \(act\) holds 4/);
    await place.workspace.letGo('week', 'act');
    expect([(await first).exitCode, (await late).exitCode]).toEqual([0, 0]);
  });
});

test('row 28: a quota that is smaller than the stage: exit 5 with what it wants and what there is', async () => {
  await place.kubectl('create', 'quota', 'small', '--hard=limits.memory=32Mi');
  const patch = mainWith({ resources: { limits: { memory: '64Mi' } } });
  expectEnd(await place.machine({ patch }).on(...LINE), 5, /quota small .*limits\.memory: wants 64Mi, .*32Mi/);
});

test('row 30: a namespace whose level the pod breaks: exit 5 with the field, and nothing is created', async () => {
  await place.kubectl('label', 'ns', place.namespace, 'pod-security.kubernetes.io/enforce=restricted');
  const patch = { spec: { template: { spec: { hostNetwork: true } } } };
  const ended = await place.machine({ patch }).on(...LINE);
  expectEnd(ended, 5, /PodSecurity "restricted:latest"[\s\S]*hostNetwork/);
  expect(await place.jobs()).toEqual([]);
});

describe('rights', () => {
  test('row 25: without pods/log the run goes on without logs, and names the right', async () => {
    const kubeconfig = await person(`deaf-${place.namespace}`, ['--persona', 'owner'], ['pods/log']);
    const ended = await place.machine({}, kubeconfig).on(...LINE);
    expectEnd(ended, 0, /pods\/log/);
    expect(await place.workspace.marks('week', 'act')).toHaveLength(1);
  });

  test('row 26: who may only read: exit 5 with verb, resource and namespace, and nothing is created', async () => {
    const kubeconfig = await person(`reader-${place.namespace}`, ['--persona', 'developer']);
    const ended = await place.machine({}, kubeconfig).on(...LINE);
    expectEnd(ended, 5, /may not create \S+.*ilab-backend rbac|may not create \S+ in namespace/);
    expect(await place.objects()).toEqual([]);
  });
});
