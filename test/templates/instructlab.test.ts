import { afterAll, describe, expect, test } from 'vitest';
import type { RunDocument } from '../../src/actions/plan/run-document.ts';
import { previewStage } from '../../src/actions/plan/stage-key.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import type { StageName } from '../../src/domain/naming.ts';
import { previewBindings } from '../../src/domain/pipeline/bindings.ts';
import type { RenderablePipeline } from '../../src/domain/pipeline/renderable-pipeline.ts';
import { reuseKey, reuseParts } from '../../src/domain/plan/reuse-key.ts';
import { gpusOf } from '../../src/domain/plan/workload.ts';
import { TypedIn } from '../config/harness.ts';
import { jobOf, manifestsOf, objectsOf, type Pod, podOf, podsOf } from './manifests.ts';

const STAGES = ['datagen', 'train', 'eval', 'publish'] as const;
const PROFILES = ['local', 'kind-cpu', 'h100x4', 'h100x8', 'a100x8', 'l40s', 'multi-node'] as const;

const place = new TypedIn();
afterAll(() => place.remove());

const opened = new Map<string, Promise<RenderablePipeline>>();

/** Once for all who ask for the same. */
function open(profile: string, ...set: readonly string[]): Promise<RenderablePipeline> {
  const model = ['local', 'kind-cpu', 'hub'].includes(profile) ? 'tiny' : 'hf:instructlab/granite-7b-lab';
  const values = ['taxonomy=/data/taxonomy', 'documents=/data/documents', `model=${model}`, ...set];
  const key = JSON.stringify([profile, values]);
  const pipeline =
    opened.get(key) ?? place.configure({ pipeline: 'instructlab', profile, set: values }).then((of) => of.pipeline);
  opened.set(key, pipeline);
  return pipeline;
}

describe('the manifests of the InstructLab pipeline', () => {
  test.each(PROFILES.flatMap((profile) => STAGES.map((stage) => [profile, stage] as const)))(
    'with %s, %s renders as reviewed',
    async (profile, stage) => {
      const manifests = manifestsOf(await open(profile), stage);
      await expect(manifests).toMatchFileSnapshot(`../golden/instructlab/${profile}/${stage}.yaml`);
    },
  );

  test('variants that no profile of ours chooses render too', async () => {
    place.write({ 'served.yaml': 'teacher: { url: "http://t/v1", model: t, apiKey: keys/teacher }\n' });
    const served = await place
      .write({
        'profiles/instructlab/served.yaml': `
apiVersion: ilab-backend.dev/v1alpha1
kind: Profile
target: kubernetes
stages: { datagen: { engine: teacher, variant: served }, eval: { variant: served } }
params: { teacher: { server: { image: "vllm:1" } }, judge: { server: { image: "vllm:1" } }, taxonomy: /t, model: tiny }
`,
      })
      .configure({ pipeline: 'instructlab', profile: 'served', valueFiles: ['served.yaml'] });
    const env = podOf(served.pipeline, 'datagen').main['env'];
    expect(env).toContainEqual({
      name: 'TEACHER_API_KEY',
      valueFrom: { secretKeyRef: { name: 'keys', key: 'teacher' } },
    });
    expect(podOf(served.pipeline, 'eval').init.map((container) => container['name'])).toEqual(['judge']);
  });
});

function keepsTo({ pod, containers }: Pod): void {
  // The Pod Security level "restricted".
  expect(pod['securityContext']).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
  for (const key of ['hostNetwork', 'hostPID', 'hostIPC']) expect(pod).not.toHaveProperty(key);
  for (const container of containers) {
    expect(container['securityContext']).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(container).not.toHaveProperty('securityContext.privileged');
  }
  const kinds = (pod['volumes'] as readonly JsonObject[]).flatMap(({ name: _, ...volume }) => Object.keys(volume));
  for (const kind of kinds) expect(['configMap', 'persistentVolumeClaim', 'emptyDir']).toContain(kind);
  expect(pod['automountServiceAccountToken']).toBe(false);
  expect(pod['restartPolicy']).toBe('Never');
  // No user, no group: OpenShift assigns them.
  expect(pod).not.toHaveProperty('securityContext.runAsUser');
  expect(pod).not.toHaveProperty('securityContext.fsGroup');
}

describe('what every pod of every profile keeps to', () => {
  test.each(PROFILES.flatMap((profile) => STAGES.map((stage) => [profile, stage] as const)))(
    'with %s, %s',
    async (profile, stage) => {
      const pipeline = await open(profile);
      for (const pod of podsOf(pipeline, stage)) keepsTo(pod);
      for (const object of objectsOf(pipeline, stage)) {
        const spec = object['spec'];
        if (object['kind'] === 'Job') expect(spec).toMatchObject({ backoffLimit: 0 });
        expect(JSON.stringify(spec ?? {})).not.toContain('ttlSecondsAfterFinished');
      }
    },
  );

  test.each(PROFILES)('with %s, every mount has its volume and every volume a mount', async (profile) => {
    const pipeline = await open(profile);
    for (const stage of STAGES) {
      const { pod, containers } = podOf(pipeline, stage);
      const volumes = (pod['volumes'] as readonly JsonObject[]).map((volume) => volume['name']);
      const mounted = containers.flatMap((container) =>
        (container['volumeMounts'] as readonly JsonObject[]).map((mount) => mount['name']),
      );
      expect(new Set(mounted)).toEqual(new Set(volumes));
    }
  });
});

describe('one server with 4 GPUs', () => {
  test.each([
    ['datagen', 4],
    ['train', 4],
    ['eval', 4],
    ['publish', 0],
  ] as const)('%s holds %i GPUs', async (name, gpus) => {
    const pipeline = await open('h100x4');
    expect(gpusOf([jobOf(pipeline, name)])).toBe(gpus);
  });

  test('the teacher and the judge are native sidecars that say when they serve their model', async () => {
    const pipeline = await open('h100x4');
    for (const [stage, model] of [
      ['datagen', 'mistralai/Mixtral-8x7B-Instruct-v0.1'],
      ['eval', 'prometheus-eval/prometheus-8x7b-v2.0'],
    ] as const) {
      const [server] = podOf(pipeline, stage).init;
      expect(server).toMatchObject({ restartPolicy: 'Always' });
      expect(server?.['env']).toContainEqual({ name: 'PROBE_MODEL', value: model });
      // 10 s apart for an hour: 90 GB of weights are read first.
      expect(server?.['startupProbe']).toMatchObject({ periodSeconds: 10, failureThreshold: 360 });
    }
  });

  test('training has time to save, shared memory and a bound on waiting GPUs', async () => {
    const pipeline = await open('h100x4');
    const { pod, main } = podOf(pipeline, 'train');
    expect(pod['terminationGracePeriodSeconds']).toBeGreaterThanOrEqual(300);
    expect(pod['volumes']).toContainEqual({ name: 'shm', emptyDir: { medium: 'Memory', sizeLimit: '16Gi' } });
    expect(main['volumeMounts']).toContainEqual({ name: 'shm', mountPath: '/dev/shm' });
    expect(main['env']).toContainEqual({ name: 'INSTRUCTLAB_NCCL_TIMEOUT_MS', value: '1800000' });
  });
});

describe('values reach the stages', () => {
  test('params.json of train says what was asked for, and leaves out what was not', async () => {
    const pipeline = await open('local', 'train.epochs=3', 'train.mlx.threads=2');
    expect(paramsOf(pipeline, 'train')).toEqual({
      model: 'file:///content/inputs/model',
      epochs: 3,
      seed: 42,
      fineTuneType: 'full',
      threads: 2,
    });
  });

  test('the teacher is a matter of engines that ask one', async () => {
    expect(paramsOf(await open('local', 'teacher.url=https://t/v1'), 'datagen')).not.toHaveProperty('teacher');
    expect(paramsOf(await open('h100x4'), 'datagen')).toHaveProperty('teacher.url', 'http://127.0.0.1:8000/v1');
  });

  test('own pipelines travel as an input, and nobody is told where they lie here', async () => {
    const pipeline = await open('h100x4', 'datagen.instructlabSdg.pipelineFolder=/home/ada/pipelines');
    const own = { name: 'sdgPipelines', location: '/home/ada/pipelines', builtin: [] };
    expect(pipeline.sourceInputs(stageOf(pipeline, 'datagen').name)).toContainEqual(own);
    expect(paramsOf(pipeline, 'datagen')).toHaveProperty(
      'instructlabSdg.pipelineFolder',
      'file:///content/inputs/sdgPipelines',
    );
    expect(JSON.stringify(paramsOf(pipeline, 'datagen'))).not.toContain('ada');
  });

  test('sdg-hub is told its flows, and nothing of other engines', async () => {
    place.write({
      'profiles/instructlab/hub.yaml': `
apiVersion: ilab-backend.dev/v1alpha1
kind: Profile
target: local
stages: { datagen: { engine: sdg-hub } }
params: { teacher: { url: "https://t/v1", model: t }, datagen: { sdgHub: { flows: [key_facts] } } }
`,
    });
    const pipeline = await open('hub');
    const params = paramsOf(pipeline, 'datagen');
    expect(params).toMatchObject({ sdgHub: { flows: ['key_facts'], chunkCharacters: 4000, workers: 10 } });
    expect(params).not.toHaveProperty('instructlabSdg');
  });

  test('the model card names a folder without the way to it', async () => {
    const folder = await open('local', 'model=/home/ada/models/granite');
    expect(paramsOf(folder, 'publish')).toMatchObject({ baseModel: 'granite' });
    expect(paramsOf(await open('h100x4'), 'publish')).toMatchObject({ baseModel: 'hf:instructlab/granite-7b-lab' });
  });

  test('how generously a stage runs changes nothing of what it is keyed by', async () => {
    const generous = ['train', 'eval', 'datagen', 'publish'].map(
      (stage) => `${stage}.resources.limits={"memory":"9Gi"}`,
    );
    const [plain, rich] = [await open('kind-cpu'), await open('kind-cpu', 'train.shm=1Gi', ...generous)];
    const key = (pipeline: RenderablePipeline, name: string) => {
      const objects = objectsOf(pipeline, name);
      return reuseKey(
        reuseParts({ objects, images: {}, params: paramsOf(pipeline, name), inputs: {}, values: pipeline.params }),
      );
    };
    for (const name of STAGES) {
      expect(manifestsOf(rich, name)).toContain('9Gi');
      expect(key(rich, name)).toBe(key(plain, name));
      expect(key(await open('kind-cpu', 'train.epochs=9'), name) === key(plain, name)).toBe(
        !['train', 'publish'].includes(name),
      );
    }
  });

  test('where the hub is changes what a stage is sent, and no key but that of publish', async () => {
    const set = ['publish.huggingFace.repo=acme/granite', 'publish.huggingFace.token=keys/hub', 'hub.token=keys/hub'];
    const [here, there] = [await open('h100x4', ...set), await open('h100x4', ...set, 'hub.endpoint=https://hub.acme')];
    const key = (pipeline: RenderablePipeline, stage: string): string => {
      const name = stage as StageName;
      const document = { images: {} } as unknown as RunDocument;
      const of = pipeline.pipeline.stages.find((one) => one.name === name);
      if (of === undefined) throw new Error(stage);
      return reuseKey(previewStage(pipeline, document, of, [], new Set()).parts);
    };
    for (const stage of ['datagen', 'train', 'eval']) {
      expect(manifestsOf(there, stage)).toContain('https://hub.acme');
      expect(key(there, stage), stage).toBe(key(here, stage));
    }
    expect(key(there, 'publish')).not.toBe(key(here, 'publish'));
  });

  test('scores are logged to Weights & Biases where a project is named, training only where that is asked for', async () => {
    const set = ['wandb.project=taxonomy', 'wandb.url=https://wandb.example', 'wandb.apiKey=keys/wandb'];
    const logged = await open('h100x4', ...set);
    expect(paramsOf(logged, 'eval')['wandb']).toEqual({
      ...{ project: 'taxonomy', mode: 'online', url: 'https://wandb.example' },
      ...{ id: expect.any(String), name: 'preview' },
    });
    // Who adds it later does not train anew.
    expect(paramsOf(logged, 'train')).toEqual(paramsOf(await open('h100x4'), 'train'));
    const training = await open('h100x4', ...set, 'wandb.training=true');
    expect(paramsOf(training, 'train')['wandb']).toEqual(paramsOf(logged, 'eval')['wandb']);
    for (const pod of [podOf(logged, 'eval'), podOf(training, 'train')]) {
      expect(pod.main['env']).toContainEqual({
        name: 'WANDB_API_KEY',
        valueFrom: { secretKeyRef: { name: 'keys', key: 'wandb' } },
      });
    }
    expect(manifestsOf(logged, 'train')).not.toMatch(/wandb/i);
    expect(manifestsOf(await open('h100x4', 'wandb.entity=us'), 'eval')).not.toMatch(/wandb/i);
  });

  test('secrets come by reference only', async () => {
    const pipeline = await open('local', 'hub.token=env:HF_TOKEN', 'git.token=file:/run/git', 'git.host=github.com');
    const reference = (name: string, key: string) => ({ valueFrom: { secretKeyRef: { name, key } } });
    expect(podOf(pipeline, 'train').main['env']).toContainEqual({ name: 'HF_TOKEN', ...reference('env', 'HF_TOKEN') });
    expect(podOf(pipeline, 'datagen').main['env']).toContainEqual({
      name: 'GIT_TOKEN',
      ...reference('file', '/run/git'),
    });
  });

  test('what publishes has its tokens, and no other stage has', async () => {
    const hub = [
      'publish.huggingFace.repo=acme/m',
      'publish.huggingFace.token=env:WRITE',
      'hub.endpoint=https://hub.test',
    ];
    const host = [
      'publish.github.repo=acme/t',
      'publish.github.token=env:HOST',
      'publish.github.endpoint=https://host.test',
    ];
    const pipeline = await open('local', ...hub, ...host, 'publish.taxonomyRepo=acme/taxonomy', 'hub.token=env:READ');
    const secret = (name: string, key: string) => ({ name, valueFrom: { secretKeyRef: { name: 'env', key } } });
    const named = ({ name }: { readonly name: string }): boolean => /^(HF|GITHUB)_/.test(name);
    expect((podOf(pipeline, 'publish').main['env'] as { name: string }[]).filter(named)).toEqual([
      { name: 'HF_ENDPOINT', value: 'https://hub.test' },
      ...[secret('HF_TOKEN', 'WRITE'), { name: 'GITHUB_API_URL', value: 'https://host.test' }],
      secret('GITHUB_TOKEN', 'HOST'),
    ]);
    for (const stage of ['datagen', 'train', 'eval']) expect(manifestsOf(pipeline, stage)).not.toMatch(/WRITE|HOST/);
    expect(paramsOf(pipeline, 'publish')).toMatchObject({
      huggingFace: { repo: 'acme/m', private: true },
      github: { repo: 'acme/t', changelog: { path: 'CHANGELOG.md', by: 'pull-request' }, comments: true, labels: [] },
      taxonomyRepo: 'acme/taxonomy',
    });
    await expect(open('local', 'publish.huggingFace.repo=acme/m')).rejects.toThrow(/publish\.huggingFace\.token/);
    await expect(open('local', 'publish.github.repo=acme/m')).rejects.toThrow(/publish\.github\.token/);
    expect(JSON.stringify(podOf(await open('local', 'hub.token=env:READ'), 'publish').main)).not.toContain('READ');
  });

  test('data from outside is asked for where it is used', async () => {
    const pipeline = await open('local', 'taxonomyBase=main', 'taxonomyPulls=[145, 123]');
    const inputs = (name: string) => pipeline.sourceInputs(stageOf(pipeline, name).name);
    expect(inputs('datagen')).toEqual([
      { name: 'taxonomy', location: '/data/taxonomy', builtin: [], changedSince: 'main', pulls: [145, 123] },
      { name: 'documents', location: '/data/documents', builtin: [] },
    ]);
    expect(inputs('train')).toEqual([{ name: 'model', location: 'tiny', builtin: ['tiny'] }]);
    expect(inputs('publish')).toEqual([]);
  });
});

describe('the gate before publish', () => {
  const results = (metrics: Readonly<Record<string, number>>) => ({ eval: { metrics } });

  test.each([
    ['local', { tuned_heldout_loss: 2, base_heldout_loss: 3 }, 'passed'],
    ['local', { tuned_heldout_loss: 3, base_heldout_loss: 3 }, 'refused'],
    ['kind-cpu', { tuned_heldout_loss: 3.1, base_heldout_loss: 3 }, 'refused'],
    ['h100x4', { mmlu_branch_tuned: 0.5, mmlu_branch_base: 0.4 }, 'passed'],
    ['h100x4', { mmlu_branch_tuned: 0.4, mmlu_branch_base: 0.4 }, 'refused'],
    ['local', {}, 'refused'],
  ] as const)('%s with %o: %s', async (profile, metrics, verdict) => {
    const pipeline = await open(profile);
    const judged = pipeline.gates(stageOf(pipeline, 'publish').name, results(metrics));
    expect(judged.some((one) => one.kind === 'refused') ? 'refused' : 'passed').toBe(verdict);
  });

  test('a person may do without', async () => {
    const pipeline = await open('local', 'publish.gate=none');
    const judged = pipeline.gates(stageOf(pipeline, 'publish').name, results({}));
    expect(judged.map(({ kind }) => kind)).toEqual(['idle', 'idle']);
    expect(stageOf(pipeline, 'publish').gates).toEqual([]);
  });

  test('a gate that the parameters do not ask for does not apply, whatever the figures say; a plan leaves it out', async () => {
    const pipeline = await open('local');
    const figures = { tuned_heldout_loss: 2, base_heldout_loss: 3, mmlu_branch_tuned: 0.25, mmlu_branch_base: 0.25 };
    const judged = pipeline.gates(stageOf(pipeline, 'publish').name, results(figures));
    expect(judged).toMatchObject([
      { kind: 'passed', name: 'lower-heldout-loss' },
      { kind: 'idle', name: 'higher-mmlu-branch', sides: [] },
    ]);
    expect(stageOf(pipeline, 'publish').gates.map(({ name, condition }) => [name, condition.text])).toEqual([
      ['lower-heldout-loss', 'results.eval.metrics.tuned_heldout_loss < results.eval.metrics.base_heldout_loss'],
    ]);
  });
});

function stageOf(pipeline: RenderablePipeline, name: string) {
  const stage = pipeline.pipeline.stages.find((candidate) => candidate.name === name);
  if (stage === undefined) throw new Error(`no stage ${name}`);
  return stage;
}

function paramsOf(pipeline: RenderablePipeline, name: string): JsonObject {
  const stage = stageOf(pipeline, name);
  return pipeline.stageParams(stage.name, previewBindings(stage, 'image', new Set()));
}
