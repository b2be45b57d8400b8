import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/domain/json.ts';
import { changedParts, type ReuseInput, reuseKey, reuseParts } from '../../../src/domain/plan/reuse-key.ts';
import { gpusOf } from '../../../src/domain/plan/workload.ts';

function job(change: JsonObject = {}, pod: JsonObject = {}): JsonObject {
  const container = {
    name: 'main',
    image: 'stages/train/mlx',
    command: ['train'],
    args: ['-v'],
    env: [{ name: 'A', value: '1' }],
    ...change,
  };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'x' },
    spec: { template: { spec: { containers: [container], ...pod } } },
  };
}

const base: ReuseInput = {
  objects: [job()],
  images: { 'stages/train/mlx': 'sha-1' },
  params: { epochs: 2, nested: { rate: 0.1 } },
  inputs: { train: 'sha256:1' },
  values: { train: { epochs: 2 }, eval: { shots: 5 } },
};
const key = (change: Partial<ReuseInput> = {}): string => reuseKey(reuseParts({ ...base, ...change }));

describe('what the key depends on', () => {
  test.each<[string, Partial<ReuseInput>]>([
    ['the command', { objects: [job({ command: ['other'] })] }],
    ['the arguments', { objects: [job({ args: [] })] }],
    ['an environment variable', { objects: [job({ env: [{ name: 'A', value: '2' }] })] }],
    [
      'a secret by its name',
      { objects: [job({ env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }] })] },
    ],
    ['an init container', { objects: [job({}, { initContainers: [{ name: 'init', command: ['x'] }] })] }],
    ['the image', { images: { 'stages/train/mlx': 'sha-2' } }],
    ['a parameter', { params: { epochs: 3, nested: { rate: 0.1 } } }],
    ['an input', { inputs: { train: 'sha256:2' } }],
    ['an input that is gone', { inputs: {} }],
  ])('%s', (_what, change) => {
    expect(key(change)).not.toBe(key());
  });

  test.each<[string, Partial<ReuseInput>]>([
    ['parameters that reach no stage', { values: { eval: { shots: 9 } } }],
    ['resources', { objects: [job({ resources: { limits: { memory: '1Gi' } } })] }],
    ['placement', { objects: [job({}, { nodeSelector: { gpu: 'h100' }, tolerations: [] })] }],
    [
      'volumes and mounts',
      { objects: [job({ volumeMounts: [{ name: 'x', mountPath: '/content' }] }, { volumes: [{ name: 'x' }] })] },
    ],
    ['names and labels', { objects: [{ ...job(), metadata: { name: 'other', labels: { a: 'b' } } }] }],
    [
      'PARAM_ variables: params.json says it',
      {
        objects: [
          job({
            env: [
              { name: 'A', value: '1' },
              { name: 'PARAM_X', value: '9' },
            ],
          }),
        ],
      },
    ],
    ['an image of another stage', { images: { 'stages/train/mlx': 'sha-1', 'stages/eval/mlx': 'sha-9' } }],
    ['the order of keys', { params: { nested: { rate: 0.1 }, epochs: 2 } }],
  ])('not: %s', (_what, change) => {
    expect(key(change)).toBe(key());
  });
});

test('what changed is named once, by the leaf', () => {
  const after = reuseParts({
    ...base,
    params: { epochs: 3, nested: {} },
    inputs: { train: 'sha256:2' },
    images: { 'stages/train/mlx': 'sha-2' },
  });
  expect(changedParts(reuseParts(base), after)).toEqual([
    'params.epochs changed 2 -> 3',
    'params.nested.rate is gone',
    'input train changed',
    'the program of the stage changed',
  ]);
});

test('equal keys and "nothing changed" are the same thing', () => {
  const params = fc.dictionary(
    fc.constantFrom('a', 'b'),
    fc.oneof(fc.integer({ max: 2, min: 0 }), fc.constantFrom('x', 'y')),
  );
  fc.assert(
    fc.property(params, params, (a, b) => {
      const [one, two] = [reuseParts({ ...base, params: a }), reuseParts({ ...base, params: b })];
      expect(changedParts(one, two).length === 0).toBe(reuseKey(one) === reuseKey(two));
    }),
  );
});

test('a change is named after the parameter that people typed, where that can be told', () => {
  const values = { train: { epochs: 3 }, eval: { shots: 5 } };
  const after = reuseParts({ ...base, params: { epochs: 3, nested: { rate: 0.2 } }, values });
  expect(changedParts(reuseParts(base), after)).toEqual([
    'params.train.epochs changed 2 -> 3',
    'params.nested.rate changed 0.1 -> 0.2',
  ]);
});

describe('GPUs a stage holds', () => {
  const gpu = (count: number): JsonObject => ({ resources: { limits: { 'nvidia.com/gpu': count } } });
  test.each<[string, JsonObject, number]>([
    ['none', job(), 0],
    ['one container', job(gpu(4)), 4],
    [
      'a sidecar beside the main one',
      job(gpu(1), { initContainers: [{ name: 'teacher', restartPolicy: 'Always', ...gpu(3) }] }),
      4,
    ],
    ['an init container that ends before', job(gpu(2), { initContainers: [{ name: 'init', ...gpu(4) }] }), 4],
    [
      'replicas',
      { spec: { Worker: { replicas: 3, template: { spec: { containers: [{ name: 'main', ...gpu(2) }] } } } } },
      6,
    ],
    [
      'machines of a TrainJob, as its runtime counts them',
      {
        kind: 'TrainingRuntime',
        spec: { mlPolicy: { numNodes: 3 }, template: { spec: { containers: [{ name: 'node', ...gpu(8) }] } } },
      },
      24,
    ],
  ])('%s', (_what, object, gpus) => {
    expect(gpusOf([object])).toBe(gpus);
  });
});
