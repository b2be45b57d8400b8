import { afterAll, expect, test } from 'vitest';
import { podTemplates } from '../../src/adapters/kubernetes/target/workload.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import { gpusOf } from '../../src/domain/plan/workload.ts';
import { TypedIn } from '../config/harness.ts';
import { manifestsOf, objectsOf, podOf, podsOf } from './manifests.ts';

/* The variants of train on several machines. */

const place = new TypedIn();
afterAll(() => place.remove());

const open = async (variant: string, more = '') =>
  place
    .write({
      'profiles/instructlab/several.yaml': `
apiVersion: ilab-backend.dev/v1alpha1
kind: Profile
target: kubernetes
extends: multi-node
stages: { train: { variant: ${variant} } }
params: { taxonomy: /t, model: tiny, train: { nodes: 3 } }
${more}`,
    })
    .configure({ pipeline: 'instructlab', profile: 'several' })
    .then(({ pipeline }) => pipeline);

test('as a TrainJob renders as reviewed', async () => {
  const manifests = manifestsOf(await open('trainjob'), 'train');
  await expect(manifests).toMatchFileSnapshot('../golden/instructlab/multi-node/train-trainjob.yaml');
});

test.each([
  ['pytorchjob', 'pytorch'],
  ['trainjob', 'node'],
])(
  'as a %s: the same pod as that of a Job but for the name of its container, and the GPUs of all',
  async (variant, name) => {
    const [alone, group] = [await open('job'), await open(variant)];
    const { pod } = podOf(alone, 'train');
    for (const one of podsOf(group, 'train')) {
      expect(one.main['name']).toBe(name);
      expect({ ...one.pod, containers: [{ ...one.main, name: 'main' }] }).toEqual(pod);
    }
    expect(gpusOf(objectsOf(alone, 'train'))).toBe(8);
    expect(gpusOf(objectsOf(group, 'train'))).toBe(24);
  },
);

test.each(['job', 'pytorchjob', 'trainjob'])(
  'a %s waits in a queue where one is set, and its pods carry no queue',
  async (variant) => {
    const objects = objectsOf(await open(variant, 'pod: { queue: gpus }'), 'train');
    const workload = objects.at(-1) as JsonObject;
    expect(workload).toMatchObject({ metadata: { labels: { 'kueue.x-k8s.io/queue-name': 'gpus' } } });
    const { suspend, runPolicy } = workload['spec'] as {
      readonly suspend?: boolean;
      readonly runPolicy?: JsonObject;
    };
    expect(suspend ?? runPolicy?.['suspend']).toBe(true);
    const templates = objects.flatMap((object) => podTemplates(object));
    expect(JSON.stringify(templates)).not.toContain('kueue');
    expect(JSON.stringify(objectsOf(await open(variant), 'train'))).not.toMatch(/kueue|suspend/);
  },
);

test('without their number are refused', async () => {
  place.write({
    'profiles/instructlab/unnumbered.yaml': `
apiVersion: ilab-backend.dev/v1alpha1
kind: Profile
target: kubernetes
extends: h100x8
stages: { train: { variant: trainjob } }
params: { taxonomy: /t, model: tiny }
`,
  });
  const opened = place.configure({ pipeline: 'instructlab', profile: 'unnumbered' });
  await expect(opened).rejects.toThrow(/train\.nodes/);
});
