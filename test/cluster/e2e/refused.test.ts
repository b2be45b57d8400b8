import { describe, expect, test } from 'vitest';
import { acting } from '../../e2e/act-pipeline.ts';
import { expectEnd } from '../../e2e/faults.ts';
import { DONE, mainWith } from '../support/act-on-cluster.ts';
import { HereAndThere } from '../support/here-and-there.ts';

/* What cannot start says so soon, in a sentence with what to do; what waits for GPUs is in gpus.test.ts. */

const place = HereAndThere.ofFile();
const LINE = ['run', 'act', '--name', 'week', ...acting(DONE, DONE)] as const;

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
    const kubeconfig = await place.person(`deaf-${place.namespace}`, ['--persona', 'owner'], ['pods/log']);
    const ended = await place.machine({}, kubeconfig).on(...LINE);
    expectEnd(ended, 0, /pods\/log/);
    expect(await place.workspace.marks('week', 'act')).toHaveLength(1);
  });

  test('row 26: who may only read: exit 5 with verb, resource and namespace, and nothing is created', async () => {
    const kubeconfig = await place.person(`reader-${place.namespace}`, ['--persona', 'developer']);
    const ended = await place.machine({}, kubeconfig).on(...LINE);
    expectEnd(ended, 5, /may not create \S+.*ilab-backend rbac|may not create \S+ in namespace/);
    expect(await place.objects()).toEqual([]);
  });
});
