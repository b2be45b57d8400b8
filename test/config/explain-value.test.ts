import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { outlinePipeline } from '../../src/actions/project/outline-pipeline.ts';
import { diskSourceFiles } from '../../src/adapters/files/disk-source-files.ts';
import { explainValue } from '../../src/config/explain-value.ts';
import { FILE_KEYS, STAGE_KEYS, TIMEOUT_KEYS } from '../../src/config/settings/file-keys.ts';
import { NOTIFY_SCHEMA } from '../../src/config/settings/notify-settings.ts';
import { POD_SCHEMA } from '../../src/config/settings/pod-settings.ts';
import type { Explanation } from '../../src/domain/explain/explanation.ts';
import { explanationText } from '../../src/ui/text/answers/explanation-text.ts';
import { CONTROLS, poisoned, withoutStyles } from '../ui/hostile.ts';
import { PACKAGE_ROOT, type Typed, TypedIn } from './harness.ts';

/* What a value means, what holds, and who gave it; nothing else needs a value for that. */

const HEAD = 'apiVersion: ilab-backend.dev/v1alpha1\n';
const PIPELINE = `${HEAD}kind: Pipeline
metadata: { name: p, version: 1.0.0 }
params:
  type: object
  additionalProperties: false
  required: [data]
  properties:
    data: { type: string, minLength: 1, x-source: { builtin: [tiny] }, title: The data }
    train:
      type: object
      additionalProperties: false
      description: How it is trained
      properties:
        epochs: { type: integer, minimum: 1, maximum: 9, default: 2, title: Times through, x-unit: epochs }
        kind: { type: string, enum: [full, lora] }
        key: { type: object, x-secret: true }
        env: { type: object, additionalProperties: { type: string } }
stages:
  make:
    inputs: { data: { source: "\${params.data}" } }
    engines: { one: { image: stages/make/one } }
    variants: { job: job.yaml }
    params: { epochs: "\${params.train.?epochs}" }
    outputs: { rows: {} }
  use:
    needs: [make]
    when: params.train.hasKey
    engines: { one: { image: stages/use/one } }
    variants: { job: other.yaml }
`;

let place: TypedIn;
beforeEach(() => {
  place = new TypedIn().write({
    'pipelines/p/pipeline.yaml': PIPELINE,
    'pipelines/p/job.yaml': '$include: inner.yaml\n',
    'pipelines/p/inner.yaml': 'kind: "${params.train.kind.startsWith(\'l\')}"\n',
    'pipelines/p/other.yaml': 'kind: "${pod.?queue}"\n',
    'profiles/p/fast.yaml': `${HEAD}kind: Profile\ntarget: local\nparams: { train: { epochs: 3 } }\n`,
    'ilab-backend.yaml': `${HEAD}kind: Project\npipeline: p\nprofile: fast\nparams: { train: { epochs: null, env: { A: b } } }\n`,
  });
});
afterEach(() => place.remove());

const explain = (path: string, typed: Typed = {}): Promise<Explanation> =>
  explainValue(diskSourceFiles(), place.request(typed), path);

test('the layers come from the lowest to the highest, with what takes back', async () => {
  const taken = await explain('train.epochs');
  expect(taken).toMatchObject({ type: 'integer', unit: 'epochs', limits: { minimum: 1, maximum: 9 }, value: 2 });
  expect(taken.layers.map(({ layer, value, holds }) => [layer, value, holds])).toEqual([
    ['pipeline', 2, true],
    ['profile', 3, false],
    ['project', null, false],
  ]);
  expect(taken.origin).toBe('pipelines/p/pipeline.yaml:15:67');
  const typed = await explain('params.train.epochs', {
    set: ['train.epochs=4', 'train.epochs=5'],
    env: { ILAB_BACKEND_PARAM_TRAIN_EPOCHS: '6' },
  });
  expect(typed.layers.map(({ value }) => value)).toEqual([2, 3, null, 6, 4, 5]);
  expect(typed).toMatchObject({ value: 5, origin: '--set train.epochs', overriddenBy: ['--set train.epochs=VALUE'] });
});

test('what would go over it: every layer above the one that holds', async () => {
  expect((await explain('train.env.A')).overriddenBy).toEqual([
    'ILAB_BACKEND_PARAM_TRAIN_ENV_A=VALUE',
    '-f FILE',
    '--set train.env.A=VALUE',
  ]);
  expect((await explain('train.kind')).overriddenBy).toHaveLength(6);
});

test('what says what a file is has nothing that goes over it', async () => {
  expect((await explain('kind')).overriddenBy).toEqual([]);
  expect((await explain('apiVersion')).overriddenBy).toEqual([]);
  expect((await explain('pipeline')).overriddenBy).not.toEqual([]);
});

test('the stages that read it, through partials and methods, and around it', async () => {
  expect((await explain('train.epochs')).readBy).toEqual(['make']);
  expect((await explain('train.kind')).readBy).toEqual(['make']);
  expect((await explain('train')).readBy).toEqual(['make', 'use']);
  expect((await explain('pod.queue')).readBy).toEqual(['use']);
  expect((await explain('train.env')).readBy).toEqual([]);
});

test('a wrong value is told, a missing one is none', async () => {
  expect(await explain('train.epochs', { set: ['train.epochs=12'] })).toMatchObject({
    value: 12,
    fault: expect.stringContaining('9'),
  });
  const missing = await explain('data');
  expect(missing).toMatchObject({ required: true, builtin: ['tiny'], layers: [] });
  expect(missing).not.toHaveProperty('value');
  expect(missing).not.toHaveProperty('fault');
});

test('an object lists what it holds, a map what is in it', async () => {
  const { children, layers } = await explain('train');
  expect(layers).toEqual([]);
  expect(children).toEqual([
    { path: 'train.epochs', type: 'integer', title: 'Times through', value: 2 },
    { path: 'train.kind', type: 'string' },
    { path: 'train.key', type: 'secret' },
    { path: 'train.env', type: 'map of string', value: { A: 'b' } },
  ]);
  expect((await explain('train.env')).children).toEqual([{ path: 'train.env.A', type: 'string', value: 'b' }]);
});

test('every pod setting says what it means', async () => {
  const { children } = await explain('pod');
  expect(children.length).toBeGreaterThan(10);
  expect(children.filter(({ title }) => title === undefined)).toEqual([]);
  for (const path of ['pod.workspace', 'pod.storage', 'pod.caBundle', 'pod.proxy']) {
    const inside = (await explain(path)).children;
    expect(inside.every((one) => one.title !== undefined && one.path.startsWith(`${path}.`))).toBe(true);
  }
  await expect(explain('pod.que')).rejects.toThrow('there is no pod setting pod.que');
});

/** A path, and all paths that its explanation names. */
async function walk(path: string, typed: Typed): Promise<readonly Explanation[]> {
  const explained = await explain(path, typed);
  const inside: Explanation[] = [];
  for (const child of explained.children)
    inside.push(...(await walk(child.path, { ...typed, pipeline: explained.pipeline })));
  return [explained, ...inside];
}

describe('every key that a project file may hold is explained, with a meaning and a type', () => {
  test.each(Object.keys(FILE_KEYS))('%s', async (key) => {
    place.write({
      'ilab-backend.yaml': `${HEAD}kind: Project\npipeline: p\npipelines: { hello: { params: { name: you } } }\n`,
    });
    const found = await walk(key, {});
    const isNamed = ({ block, path, title, description }: Explanation): boolean =>
      (block === 'params' && path !== 'params') || (title ?? description ?? '') !== '';
    expect(found.filter((one) => !isNamed(one) || one.type === '')).toEqual([]);
    const isOpen = !['apiVersion', 'kind', 'pipeline', 'profile'].includes(key);
    expect(found.length).toBeGreaterThan(isOpen ? 2 : 0);
  });

  test.each(['instructlab', 'hello'])('of pipeline %s', async (name) => {
    const request = { packageRoot: PACKAGE_ROOT, cwd: place.folder, home: place.folder, env: {}, commands: [] };
    const { params, settings } = await outlinePipeline(diskSourceFiles(), request, name);
    const all = [...params, ...settings];
    const hasMeaning = ({ title, description }: { readonly title?: string; readonly description?: string }): boolean =>
      (title ?? description ?? '') !== '';
    expect(all.filter((one) => !hasMeaning(one))).toEqual([]);
    expect(all.length).toBeGreaterThan(40);
  });

  test('and no other key can be in it', async () => {
    for (const schema of [NOTIFY_SCHEMA, POD_SCHEMA]) expect(schema['additionalProperties']).toBe(false);
    expect((await explain('stages.make')).children).toHaveLength(Object.keys(STAGE_KEYS).length);
    expect((await explain('stages.make.timeouts')).children).toHaveLength(Object.keys(TIMEOUT_KEYS).length);
  });

  test('a key of a map, also one with dots', async () => {
    expect(await explain('train.env.a.b/c', { set: ['train.env={"a.b/c":"d"}'] })).toMatchObject({
      value: 'd',
      type: 'string',
    });
  });
});

describe('what a file says beside parameters', () => {
  beforeEach(() => {
    place.write({
      'profiles/p/fast.yaml': `${HEAD}kind: Profile\ntarget: local\nstages: { make: { timeouts: { run: 3h } } }\noverlays: { make: [{ patch: { a: 1 } }] }\n`,
      'ilab-backend.yaml': `${HEAD}kind: Project\npipeline: p\nprofile: fast\nstages: { make: { timeouts: { run: 2h }, stopOn: [nan] } }
notify: { url: "https://h.example.org/x", secret: env:S, on: [done] }\noverlays: { make: [{ patch: { b: 2 } }] }
pipelines: { hello: { params: { name: you } } }\n`,
    });
  });

  test('has layers as parameters have, and the pipeline or the program below them', async () => {
    const run = await explain('stages.make.timeouts.run');
    expect(run).toMatchObject({ block: 'stages', type: 'string', value: '2h', default: '24h', readBy: ['make'] });
    expect(run.layers.map(({ layer, origin, value, holds }) => [layer, origin, value, holds])).toEqual([
      ['built-in', 'built in', '24h', false],
      ['profile', 'profiles/p/fast.yaml:4:36', '3h', false],
      ['project', 'ilab-backend.yaml:5:36', '2h', true],
    ]);
    expect(await explain('stages.make.engine')).toMatchObject({
      value: 'one',
      enum: ['one'],
      origin: 'pipelines/p/pipeline.yaml:22:16',
    });
    expect(await explain('stages.make.stopOn')).toMatchObject({
      value: ['nan'],
      overriddenBy: ['--stop-on make=WARNING,...'],
    });
    expect((await explain('stages.make.timeouts.queue')).overriddenBy.at(-1)).toBe('--queue-timeout DURATION');
    expect(await explain('notify.on')).toMatchObject({ value: ['done'], readBy: [], origin: 'ilab-backend.yaml:6:62' });
    expect(await explain('profile')).toMatchObject({ value: 'fast', origin: 'ilab-backend.yaml:4:10' });
    expect(await explain('pipeline', { pipeline: 'p' })).toMatchObject({ value: 'p', origin: '--pipeline p' });
  });

  test('overlays of all files count', async () => {
    const { value, layers } = await explain('overlays.make');
    expect(value).toEqual([{ patch: { a: 1 } }, { patch: { b: 2 } }]);
    expect(layers.map(({ holds }) => holds)).toEqual([true, true]);
  });

  test('leads to other pipelines', async () => {
    expect((await explain('pipelines')).children).toMatchObject([{ path: 'pipelines.hello' }]);
    expect(await explain('pipelines.hello.params.name')).toMatchObject({
      pipeline: 'hello',
      path: 'name',
      value: 'you',
    });
    await expect(explain('pipelines.hallo')).rejects.toMatchObject({ hint: 'did you mean `pipelines.hello`?' });
  });

  test('shows no address that may not be shown', async () => {
    place.write({
      'ilab-backend.yaml': `${HEAD}kind: Project\npipeline: p\nnotify: { url: "https://h.example.org/?key=hidden" }\n`,
    });
    expect(JSON.stringify([await explain('notify'), await explain('notify.url')])).not.toContain('hidden');
  });
});

describe('what is not there is told with the nearest name', () => {
  test.each([
    ['train.epoch', '`train.epochs`'],
    ['epochs', '`train.epochs`'],
    ['epoch', '`train.epochs`'],
    ['pod.que', '`pod.queue`'],
    ['stages.mak', '`stages.make`'],
    ['stages.make.timeout', '`stages.make.timeouts`'],
    ['notify.urls', '`notify.url`'],
  ])('%s', async (path, name) => {
    await expect(explain(path)).rejects.toMatchObject({ code: 'bad-params', hint: `did you mean ${name}?` });
  });
});

test('is shown in 80 columns, and lets no hostile text through', async () => {
  const explained = await explain('train.epochs', { set: ['train.epochs=12'] });
  expect(explanationText(explained, { width: 80 })).toMatchInlineSnapshot(`
    "train.epochs: Times through

    Type:       integer, at least 1, at most 9
    Unit:       epochs
    Default:    2
    Value:      12
    From:       --set train.epochs
    Wrong:      must be <= 9, is 12
    Read by:    make
    Pipeline:   p, profile fast
    To change:  --set train.epochs=VALUE

    LAYER      STATE        VALUE        FROM
    pipeline   overridden   2            pipelines/p/pipeline.yaml:15:67
    profile    overridden   3            profiles/p/fast.yaml:4:28
    project    overridden   taken back   ilab-backend.yaml:5:28
    flag       holds        12           --set train.epochs"
  `);
  const kept = new Set(['layer']);
  for (const one of [explained, await explain('train')]) {
    expect(withoutStyles(explanationText(poisoned(one, kept)))).not.toMatch(CONTROLS);
  }
});
