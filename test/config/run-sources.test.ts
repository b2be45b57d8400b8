import { afterAll, describe, expect, test } from 'vitest';
import { openSources } from '../../src/config/open-sources.ts';
import { parseSources, planOfSources, serializeSources } from '../../src/config/run-sources.ts';
import { previewBindings } from '../../src/domain/pipeline/bindings.ts';
import type { RenderablePipeline } from '../../src/domain/pipeline/renderable-pipeline.ts';
import { podOf } from '../templates/manifests.ts';
import { TypedIn } from './harness.ts';
import { changed, PIPELINE, TEMPLATE } from './pipeline-texts.ts';

const HEAD = 'apiVersion: ilab-backend.dev/v1alpha1\n';
const PROJECT = `${HEAD}kind: Project
pipeline: p
params: { data: tiny }
overlays:
  make:
    - kind: Job
      patch:
        metadata: { labels: { team: blue, run: "\${run.name}" } }
        spec: { template: { spec: { containers: [{ name: main, env: [{ name: EPOCHS, value: "\${string(params.epochs)}" }] }] } } }
`;

const place = new TypedIn().write({
  'pipelines/p/pipeline.yaml': changed({ 'stages.make.variants': { job: 'make.yaml', other: 'other.yaml' } }),
  'pipelines/p/make.yaml': TEMPLATE,
  'pipelines/p/use.yaml': TEMPLATE,
  'pipelines/p/other.yaml': TEMPLATE,
  'ilab-backend.yaml': PROJECT,
});
afterAll(() => place.remove());

function rendered(pipeline: RenderablePipeline) {
  return pipeline.pipeline.stages.map((stage) =>
    pipeline.render(stage.name, previewBindings(stage, pipeline.choice(stage.name).image, new Set())),
  );
}

describe('stored sources', () => {
  test('open to what was configured', async () => {
    const { sources, pipeline } = await place.configure();
    const opened = openSources(parseSources(serializeSources(sources)));
    expect(rendered(opened)).toEqual(rendered(pipeline));
    expect(opened.pipeline).toEqual(pipeline.pipeline);
    expect(opened.params).toEqual(pipeline.params);
  });

  test('a stage that only looks is never reused', async () => {
    const looking = new TypedIn().write({
      'pipelines/p/pipeline.yaml': changed({
        'stages.make.dry-run': 'look',
        'params.properties.look': { type: 'boolean', default: false },
      }),
      'pipelines/p/make.yaml': TEMPLATE,
      'pipelines/p/use.yaml': TEMPLATE,
      'ilab-backend.yaml': `${HEAD}kind: Project\npipeline: p\nparams: { data: tiny }\n`,
    });
    const reuse = async (...set: readonly string[]) =>
      (await looking.configure({ set })).pipeline.pipeline.stages.map((stage) => stage.reuse);
    expect(await reuse()).toEqual(['auto', 'auto']);
    expect(await reuse('look=true')).toEqual(['never', 'auto']);
    looking.remove();
  });

  test('hold overlays with their expressions', async () => {
    const { sources } = await place.configure({ set: ['epochs=7'] });
    const [[job]] = rendered(openSources(parseSources(serializeSources(sources)))) as [[unknown], unknown];
    expect(job).toMatchObject({
      metadata: { labels: { team: 'blue', run: 'preview' } },
      spec: { template: { spec: { containers: [{ name: 'main', env: [{ name: 'EPOCHS', value: '7' }] }] } } },
    });
  });

  test('do not hold templates that were not chosen, nor files that decide nothing', async () => {
    const { sources } = await place.configure();
    expect(sources.files.map((file) => file.path)).toEqual([
      'pipelines/p/make.yaml',
      'pipelines/p/pipeline.yaml',
      'pipelines/p/use.yaml',
    ]);
  });

  test('are one plan however their values were given', async () => {
    const one = await place.configure({ set: ['epochs=5'] });
    const two = await place.configure({ env: { ILAB_BACKEND_PARAM_EPOCHS: '5' } });
    const other = await place.configure({ set: ['epochs=6'] });
    expect(planOfSources(one.sources)).toEqual(planOfSources(two.sources));
    expect(serializeSources(one.sources)).not.toBe(serializeSources(two.sources));
    expect(planOfSources(other.sources)).not.toEqual(planOfSources(one.sources));
    expect(planOfSources(one.sources)).not.toHaveProperty('origins');
  });

  test('are another plan when a template or an overlay changes', async () => {
    const before = planOfSources((await place.configure()).sources);
    for (const [file, text, old] of [
      ['pipelines/p/make.yaml', `# a comment\n${TEMPLATE}`, TEMPLATE],
      ['ilab-backend.yaml', PROJECT.replace('blue', 'red'), PROJECT],
    ] as const) {
      place.write({ [file]: text });
      expect(planOfSources((await place.configure()).sources)).not.toEqual(before);
      place.write({ [file]: old });
    }
    place.write({ 'ilab-backend.yaml': `# a comment\n${PROJECT}` });
    expect(planOfSources((await place.configure()).sources)).toEqual(before);
    place.write({ 'ilab-backend.yaml': PROJECT });
  });

  test.each([
    ['no JSON', '{', 'state-broken'],
    ['another shape', '{"version":1}', 'state-broken'],
    ['a later version', '{"version":2}', 'state-newer'],
    ['nothing', 'null', 'state-broken'],
  ])('%s is refused', (_what, text, code) => {
    expect(() => parseSources(text)).toThrow(expect.objectContaining({ code }));
  });

  test('that do not load any more are refused with what is wrong', async () => {
    const { sources } = await place.configure();
    const files = sources.files.map((file) => ({ ...file, text: file.text.replace('run.name', 'run.nam') }));
    expect(() => openSources({ ...sources, files })).toThrow(/make\.yaml:3:\d+: .*`nam`/);
  });
});

describe('an opened pipeline', () => {
  test('has the stages, skipped or not, by its conditions', async () => {
    const { pipeline } = await place.configure({ set: ['epochs=1'] });
    const [make, use] = pipeline.pipeline.stages;
    if (make === undefined || use === undefined) throw new Error('two stages');
    expect(pipeline.when(make.name, {})).toBe(true);
    expect(pipeline.when(use.name, {})).toBe(false);
  });

  test('judges gates over the results of the stages before', async () => {
    const { pipeline } = await place.configure();
    const use = pipeline.pipeline.stages[1];
    if (use === undefined) throw new Error('two stages');
    const judged = (rows: number) => pipeline.gates(use.name, { make: { metrics: { rows } } });
    expect(judged(11)).toMatchObject([{ kind: 'passed', name: 'enough' }]);
    expect(judged(10.5)).toMatchObject([{ kind: 'passed', name: 'enough' }]);
    expect(judged(10)).toEqual([
      {
        ...{ kind: 'refused', name: 'enough', condition: 'results.make.metrics.rows > 10' },
        sides: [{ expression: 'rows', value: 10 }],
        reason: 'results.make.metrics.rows > 10 is false: rows is 10',
      },
    ]);
    for (const results of [{}, { make: { metrics: {} } }, { other: { metrics: { rows: 11 } } }]) {
      expect(pipeline.gates(use.name, results)).toMatchObject([
        {
          kind: 'refused',
          name: 'enough',
          reason: 'make reported no metric rows: results.make.metrics.rows > 10 cannot be judged',
        },
      ]);
    }
  });

  test('params.json and PARAM_* say the same', async () => {
    const env = '{ $for: { p: "${stage.paramEnv}" }, name: "${p.name}", value: "${p.value}" }';
    const json = '{ name: JSON, value: "${stage.paramsJson}" }';
    const template = TEMPLATE.replace('command: [run]', `env: [${env}, ${json}]`);
    const params = { deepValue: { aB: '${params.epochs}' }, list: [1], off: false, text: 'a "b"\n$(c)' };
    const other = new TypedIn().write({
      'pipelines/p/pipeline.yaml': changed({ 'stages.make.params': params }),
      'pipelines/p/make.yaml': template,
      'pipelines/p/use.yaml': TEMPLATE,
    });
    const { pipeline } = await other.configure({ pipeline: 'p', set: ['data=tiny'] });
    other.remove();
    const variables = podOf(pipeline, 'make').main['env'] as readonly {
      readonly name: string;
      readonly value: string;
    }[];
    const last = variables.at(-1)?.value.replaceAll('$$(', '$(') ?? '';
    expect(JSON.parse(last)).toEqual({ deepValue: { aB: 2 }, list: [1], off: false, text: 'a "b"\n$(c)' });
    expect(variables.slice(0, -1)).toEqual([
      { name: 'PARAM_DEEP_VALUE_A_B', value: '2' },
      { name: 'PARAM_OFF', value: 'false' },
      // What the kubelet makes of it is the value.
      { name: 'PARAM_TEXT', value: 'a "b"\n$$(c)' },
    ]);
  });

  test('an expression without a result is a fault of the template, with its place', async () => {
    const other = new TypedIn().write({
      'pipelines/p/pipeline.yaml': PIPELINE,
      'pipelines/p/make.yaml': TEMPLATE.replace('${image}', '${string(1 / (params.epochs - 2))}'),
      'pipelines/p/use.yaml': TEMPLATE,
    });
    const { pipeline } = await other.configure({ pipeline: 'p', set: ['data=tiny'] });
    other.remove();
    expect(() => rendered(pipeline)).toThrow(/^pipelines\/p\/make\.yaml:4:\d+: .*zero/);
  });
});
