import { expect, test } from 'vitest';
import { type KubeApi, KubeFault, type Resource } from '../../../../src/adapters/kubernetes/api/kube-api.ts';
import { DryRun } from '../../../../src/adapters/kubernetes/target/dry-run.ts';
import type { JsonObject } from '../../../../src/domain/json.ts';

const TRAINER = 'trainer.kubeflow.org/v1alpha1';
const metadata = (labels: JsonObject = {}) => ({
  name: 'weekly-train-1',
  labels: { 'ilab-backend.dev/stage': 'train', ...labels },
});

/** A server that serves every kind but those of the groups left out, and refuses TrainJobs in such words. */
function server({ without = '', words }: { readonly without?: string; readonly words?: string }): KubeApi {
  return {
    place: { context: 'c', namespace: 'lab', server: 'https://s' },
    resourceOf: async (apiVersion: string, kind: string) =>
      without !== '' && apiVersion.startsWith(without) ? undefined : { apiVersion, kind, plural: `${kind}s` },
    mayI: async () => true,
    create: async ({ kind }: Resource) => {
      if (kind === 'TrainJob' && words !== undefined) throw new KubeFault('denied', words, { request: 'create' });
    },
  } as unknown as KubeApi;
}

const runtime = { apiVersion: TRAINER, kind: 'TrainingRuntime', metadata: metadata(), spec: {} };
const trainJob = {
  apiVersion: TRAINER,
  kind: 'TrainJob',
  metadata: metadata(),
  spec: { runtimeRef: { kind: 'TrainingRuntime', name: 'weekly-train-1' } },
};
const MISSING =
  'admission webhook "validator.trainjob.trainer.kubeflow.org" denied the request: spec.runtimeRef: Invalid value: {}: TrainingRuntime "weekly-train-1" not found: specified trainingRuntime must be created before the TrainJob is created';

test.each([
  ['Trainer', MISSING],
  ['Kueue', 'admission webhook "vtrainjob.kb.io" denied the request: runtime \'weekly-train-1\' not found'],
])(
  'a TrainJob whose runtime is made before it is not refused by %s for want of that; what stays open is said',
  async (_whose, words) => {
    const unproven = await new DryRun(server({ words })).try([runtime, trainJob]);
    expect(unproven).toEqual([
      'whether TrainJob/weekly-train-1 is admitted (its TrainingRuntime/weekly-train-1 is not there before)',
    ]);
  },
);

test.each([
  ['one whose runtime nobody makes', [trainJob], MISSING],
  ['one that is refused for another reason', [runtime, trainJob], 'admission webhook "x" denied the request: no'],
])('%s is refused', async (_what, objects, words) => {
  await expect(new DryRun(server({ words })).try(objects)).rejects.toMatchObject({ code: 'cannot-start' });
});

test('what waits in a queue needs somebody who serves it', async () => {
  const job = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: metadata({ 'kueue.x-k8s.io/queue-name': 'gpus' }),
    spec: { suspend: true },
  };
  expect(await new DryRun(server({})).try([job])).toEqual([]);
  await expect(new DryRun(server({ without: 'kueue.x-k8s.io' })).try([job])).rejects.toMatchObject({
    code: 'cannot-start',
    message: 'stage train: the cluster does not know kueue.x-k8s.io/v1beta1 Workload',
    hint: 'have Kueue installed, or take `pod.queue` out of the profile',
  });
});
