import { describe, expect, test } from 'vitest';
import { changed, load, loaded, PIPELINE, problemsOf, TEMPLATE } from '../pipeline-texts.ts';

describe('a pipeline that loads', () => {
  test('its stages come in the order they need each other', () => {
    const text = PIPELINE.replace(/( {2}make:[\s\S]*?)( {2}use:[\s\S]*)$/, '$2$1');
    expect(text.indexOf('  use:')).toBeLessThan(text.indexOf('  make:'));
    expect(loaded(load(text)).pipeline.stages.map((stage) => stage.name)).toEqual(['make', 'use']);
  });

  test('an input makes its maker a need', () => {
    expect(loaded().pipeline.stages[1]).toMatchObject({ name: 'use', needs: ['make'] });
  });

  test('what is not said has its default', () => {
    expect(loaded().pipeline.stages[0]).toMatchObject({
      timeouts: { queue: 86_400, start: 900, run: 86_400, grace: 30 },
      retry: { infra: 3, user: 0 },
      contract: 'full',
      reuse: 'auto',
      outputs: ['rows'],
    });
  });

  test('what is said holds', () => {
    const text = changed({
      'stages.make.timeouts': { queue: '7d', start: '5m', run: '30s', grace: '1h' },
      'stages.make.retry': { infra: 0, user: 2 },
      'stages.make.reuse': 'never',
      'stages.make.stopOn': ['nan', 'stall', 'nan'],
      'stages.make.engines.one.watch': { nan: { lower: ['epochs'], set: ['base'] } },
    });
    expect(loaded(load(text)).pipeline.stages[0]).toMatchObject({
      timeouts: { queue: 604_800, start: 300, run: 30, grace: 3600 },
      retry: { infra: 0, user: 2 },
      reuse: 'never',
      stopOn: ['nan', 'stall'],
      engines: { one: { watch: { nan: { lower: ['epochs'], set: ['base'] } } } },
    });
  });

  test('a plain stage has the output `artifacts`, said or not', () => {
    const stages = {
      'stages.make.contract': 'plain',
      'stages.make.outputs': undefined,
      'stages.use.inputs.rows': 'make.artifacts',
    };
    expect(loaded(load(changed(stages))).pipeline.stages[0]?.outputs).toEqual(['artifacts']);
  });

  test('the first of several outputs that exists', () => {
    const text = changed({
      'stages.more': { engines: { e: { image: 'i' } }, variants: { job: 'make.yaml' }, outputs: { rows: {} } },
      'stages.use.inputs.rows': ['more.rows', 'make.rows'],
    });
    expect(loaded(load(text)).pipeline.stages.at(-1)).toMatchObject({
      name: 'use',
      needs: ['make', 'more'],
      inputs: [
        {
          from: [
            { stage: 'more', output: 'rows' },
            { stage: 'make', output: 'rows' },
          ],
        },
      ],
    });
  });

  test('a partial is the pipeline’s own before it is one of all', () => {
    const template = `${TEMPLATE.replace('metadata: {', 'metadata: { labels: { $include: labels.yaml },')}`;
    const files = { 'make.yaml': template, 'use.yaml': TEMPLATE };
    expect(problemsOf(load(PIPELINE, files))).toEqual([]);
    const own = load(PIPELINE, { ...files, 'labels.yaml': 'own: ${params.wrong}\n' });
    expect(own).toMatchObject({ kind: 'problems', problems: [{ file: 'pipelines/p/labels.yaml' }] });
  });
});

describe('what a pipeline says wrongly is told with its place', () => {
  test.each([
    ['no file', '', /the file is empty/],
    ['another kind', changed({ kind: 'Profile' }), /^2:7 `kind` cannot be `Profile` \[one of `Pipeline`\]$/],
    ['another version', changed({ apiVersion: 'v2' }), /`apiVersion` cannot be `v2`/],
    ['no version', changed({ 'metadata.version': undefined }), /`metadata` has no `version` \[add `version:`\]/],
    ['the name of another folder', changed({ 'metadata.name': 'q' }), /the pipeline `q` lies in a folder `p`/],
    ['a misspelt field', changed({ stage: {} }), /the pipeline has no field `stage` \[did you mean `stages`\?\]/],
    ['no stage', changed({ stages: {} }), /the pipeline has no stage/],
    ['a schema with a fault', changed({ 'params.properties.epochs.minimun': 1 }), /`minimun` does not belong.*minimum/],
    ['a stage like a command', changed({ 'stages.run': stage() }), /a stage cannot be named `run`/],
    ['a stage with a long name', changed({ 'stages.a-name-with-17-ch': stage() }), /is no name of a stage: at most 16/],
    ['a stage with capitals', changed({ 'stages.Make': stage() }), /`Make` is no name of a stage/],
    [
      'a misspelt field of a stage',
      changed({ 'stages.use.need': ['make'] }),
      /stage `use` has no field `need` .*`needs`/,
    ],
    [
      'a gate that wants nothing',
      changed({ 'stages.use.gate': { enough: { when: 'params.epochs > 1' } } }),
      /gate `enough` has no `require` \[add `require:`\]/,
    ],
    [
      'a gate that applies by its results',
      changed({ 'stages.use.gate': { enough: { when: 'results.make.metrics.rows > 1', require: 'true' } } }),
      /`?results`?/,
    ],
    ['an unknown need', changed({ 'stages.use.needs': ['mak'] }), /there is no stage `mak` \[did you mean `make`\?\]/],
    ['an unknown maker', changed({ 'stages.use.inputs.rows': 'mke.rows' }), /there is no stage `mke` .*`make`/],
    ['an unknown output', changed({ 'stages.use.inputs.rows': 'make.row' }), /`make` has no output `row` .*`rows`/],
    [
      'an input that names no output',
      changed({ 'stages.use.inputs.rows': 'make' }),
      /must name an output: `stage.output`/,
    ],
    ['a circle', changed({ 'stages.make.needs': ['use'] }), /in a circle: `make` needs `use` needs `make`/],
    ['a stage that needs itself', changed({ 'stages.make.needs': ['make'] }), /in a circle: `make` needs `make`/],
    [
      'a name that is no field',
      changed({ 'stages.use.inputs': { 'a-b': 'make.rows' } }),
      /`a-b` is no name of an input/,
    ],
    ['an output with a slash', changed({ 'stages.make.outputs.a/b': {} }), /`a\/b` is no name of an output/],
    ['no engine', changed({ 'stages.use.engines': undefined }), /stage `use` has no `engines`/],
    ['an engine without image', changed({ 'stages.use.engines.one': {} }), /engine `one` has no `image`/],
    [
      'a need of an unknown parameter',
      changed({ 'stages.make.engines.two.requires': ['bas'] }),
      /no parameter `bas` .*`base`/,
    ],
    [
      'a key without what is not there',
      changed({ 'stages.make.regardless': ['epoch'] }),
      /there is no parameter `epoch`/,
    ],
    [
      'a key without what always has a value',
      changed({ 'stages.make.regardless': ['epochs'] }),
      /`epochs` always has a value/,
    ],
    ['a dry run by a number', changed({ 'stages.make.dry-run': 'epochs' }), /there is no boolean parameter `epochs`/],
    ['a warning that there is none of', changed({ 'stages.make.stopOn': ['nam'] }), /`stopOn` cannot be `nam` .*`nan`/],
    [
      'advice for a warning that there is none of',
      changed({ 'stages.make.engines.one.watch': { nam: { lower: ['epochs'] } } }),
      /`watch` has no field `nam` .*`nan`/,
    ],
    [
      'advice to do what cannot be done',
      changed({ 'stages.make.engines.one.watch': { nan: { lover: ['epochs'] } } }),
      /`watch.nan` has no field `lover` .*`lower`/,
    ],
    [
      'advice that names an unknown parameter',
      changed({ 'stages.make.engines.one.watch': { nan: { lower: ['epoch'] } } }),
      /no parameter `epoch` .*`epochs`/,
    ],
    ['no template', changed({ 'stages.use.variants.job': 'us.yaml' }), /no file `pipelines\/p\/us.yaml` .*`use.yaml`/],
    [
      'a mixed duration',
      changed({ 'stages.use.timeouts': { run: '1h30m' } }),
      /`timeouts.run` is `1h30m` \[give a whole/,
    ],
    ['a duration of nothing', changed({ 'stages.use.timeouts': { run: '0s' } }), /`timeouts.run` is `0s`/],
    ['a bare number', changed({ 'stages.use.timeouts': { run: 30 } }), /`timeouts.run` must be a text, not a number/],
    [
      'a negative count',
      changed({ 'stages.use.retry': { infra: -1 } }),
      /`retry.infra` must be a whole number from 0 to/,
    ],
    [
      'another contract',
      changed({ 'stages.use.contract': 'ful' }),
      /`contract` cannot be `ful` \[did you mean `full`\?\]/,
    ],
    ['outputs of a plain stage', changed({ 'stages.make.contract': 'plain' }), /`contract: plain` has one output/],
    [
      'a condition of another type',
      changed({ 'stages.use.when': 'params.epochs' }),
      /the result is an integer.*a boolean/,
    ],
    ['a condition over a name', changed({ 'stages.use.when': 'params.epoch > 1' }), /no field `epoch` .*`epochs`/],
    [
      'a gate over a later stage',
      changed({ 'stages.make.gate': { g: 'results.use.metrics.x > 1.0' } }),
      /no field `use`/,
    ],
    [
      'a gate over a metric that is not listed',
      changed({ 'stages.make.metrics': ['row', 'loss'] }),
      /^\d+:21 stage `make` gives no metric `rows` \[did you mean `row`\?\]$/,
    ],
    [
      'metrics of a plain stage',
      changed({ 'stages.use.contract': 'plain', 'stages.use.metrics': ['x'] }),
      /`contract: plain` reports no metrics/,
    ],
    [
      'a source that may be absent',
      changed({ 'stages.make.inputs.data.source': '${params.base}' }),
      /`base` may be absent/,
    ],
    ['a source in a text', changed({ 'stages.make.inputs.data.source': '/x/${params.data}' }), /one whole expression/],
    [
      'parameters over a name',
      changed({ 'stages.make.params.epochs': '${params.epoch}' }),
      /no field `epoch` .*`epochs`/,
    ],
  ])('%s', (_what, text, message) => {
    const problems = problemsOf(load(text));
    expect(problems.join('\n')).toMatch(message);
    expect(problems.every((problem) => /^\d+:\d+ /.test(problem))).toBe(true);
  });

  test('all of it together, in every file', () => {
    const text = changed({ 'stages.use.needs': ['mak'], 'stages.make.timeouts': { run: 'x' }, kind: 'X' });
    const result = load(text, { 'make.yaml': TEMPLATE.replace('run.name', 'run.nam'), 'use.yaml': TEMPLATE });
    expect(problemsOf(result)).toEqual([
      expect.stringMatching(/`kind` cannot be/),
      expect.stringMatching(/`timeouts.run` is `x`/),
      expect.stringMatching(/there is no stage `mak`/),
      expect.stringMatching(/no field `nam`/),
    ]);
  });

  test('the marker underlines what is wrong', () => {
    const result = load(PIPELINE.replace('results.make.metrics.rows > 10', 'results.mak.metrics.rows > 10'));
    expect(result).toMatchObject({
      kind: 'problems',
      problems: [
        { file: 'pipelines/p/pipeline.yaml', line: 23, column: 29, length: 3, sourceLine: expect.any(String) },
      ],
    });
  });

  test('a template sees its stage’s inputs and no others', () => {
    const template = TEMPLATE.replace('command: [run]', 'command: ["${inputs.rows.path}"]');
    expect(problemsOf(load(PIPELINE, { 'make.yaml': TEMPLATE, 'use.yaml': template }))).toEqual([]);
    expect(problemsOf(load(PIPELINE, { 'make.yaml': template, 'use.yaml': TEMPLATE }))).toEqual([
      expect.stringMatching(/no field `rows`/),
    ]);
  });

  test('the path of data from outside may be absent: it can be a URL', () => {
    const template = TEMPLATE.replace('command: [run]', 'command: ["${inputs.data.path}"]');
    expect(problemsOf(load(PIPELINE, { 'make.yaml': template, 'use.yaml': TEMPLATE }))).toEqual([
      expect.stringMatching(/`path` may be absent/),
    ]);
  });

  test('an output of a stage that may be skipped may be absent', () => {
    const template = TEMPLATE.replace('command: [run]', 'command: ["${inputs.rows.path}"]');
    const text = changed({ 'stages.make.when': 'params.epochs > 1' });
    expect(problemsOf(load(text, { 'make.yaml': TEMPLATE, 'use.yaml': template }))).toEqual([
      expect.stringMatching(/`rows` may be absent/),
    ]);
  });
});

function stage() {
  return { engines: { e: { image: 'i' } }, variants: { job: 'make.yaml' } };
}
