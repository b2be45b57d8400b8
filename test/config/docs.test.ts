import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FLAG_VARIABLES } from '../../src/config/environment.ts';
import { POD_SCHEMA } from '../../src/config/settings/pod-settings.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import type { RenderablePipeline } from '../../src/domain/pipeline/renderable-pipeline.ts';
import { manifestsOf } from '../templates/manifests.ts';
import { PACKAGE_ROOT, TypedIn } from './harness.ts';

function page(name: string): string {
  return readFileSync(join(PACKAGE_ROOT, 'docs', name), 'utf8');
}

/** The blocks of a page that say which file they are: "```sh stages/count/sh/bin/count". */
function filesOf(name: string): Readonly<Record<string, string>> {
  const found = [...page(name).matchAll(/^```(?:yaml|sh) (\S+\/\S+)\n([\s\S]*?)^```$/gm)];
  return Object.fromEntries(found.map(([, path = '', text = '']) => [path, text]));
}

/** The YAML blocks of a page, as they are. */
function yamlOf(name: string): readonly string[] {
  return [...page(name).matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, text = '']) => text);
}

describe('docs/configuration.md', () => {
  const place = new TypedIn();
  afterAll(() => place.remove());

  test('shows a project file that works', async () => {
    place.write({
      'ilab-backend.yaml': yamlOf('configuration.md').find((text) => text.includes('kind: Project')) ?? '',
    });
    const { sources, pipeline } = await place.configure();
    expect(sources).toMatchObject({
      profile: 'h100x4',
      params: { train: { epochs: 7 }, taxonomy: join(place.folder, '../taxonomy') },
    });
    expect(sources.stages['datagen']).toMatchObject({ engine: 'teacher', variant: 'job' });
    expect(manifestsOf(pipeline, 'train')).toContain('priorityClassName: low');
  });

  test.each([...Object.values(FLAG_VARIABLES), ...Object.keys(POD_SCHEMA['properties'] as JsonObject)])(
    'names %s',
    (name) => {
      expect(page('configuration.md')).toMatch(new RegExp(`\`${name}(\`|:)`));
    },
  );
});

describe('the pipeline of docs/templates.md', () => {
  const place = new TypedIn();
  let pipeline: RenderablePipeline;
  beforeAll(async () => {
    place.write({ ...filesOf('templates.md'), 'texts/a.txt': 'a b b c c c\n', 'texts/b.txt': 'c d\n' });
    for (const program of ['stages/count/sh/bin/count', 'stages/show/sh/bin/show']) {
      chmodSync(join(place.folder, program), 0o755);
    }
    pipeline = (await place.configure({ pipeline: 'letters', set: ['texts=texts'] })).pipeline;
  });
  afterAll(() => place.remove());

  test('renders', () => {
    const [count, show] = pipeline.pipeline.stages.map((stage) => manifestsOf(pipeline, stage.name));
    expect(count).toMatch(/command:\n +- count\n/);
    expect(count).toContain('mountPath: /content/inputs/texts');
    expect(show).toMatch(/command:\n +- show\n/);
    expect(pipeline.pipeline.stages.map((stage) => stage.outputs)).toEqual([['words'], ['artifacts']]);
  });

  test('has programs that keep the contract, and a gate over their metric', () => {
    const content = join(place.folder, 'content');
    mkdirSync(join(content, 'artifacts'), { recursive: true });
    const env = { ILAB_CONTENT: content, PARAM_TOP: '2', PATH: process.env['PATH'], LC_ALL: 'C' };
    const input = (name: string, from: string) => {
      mkdirSync(join(content, 'inputs'), { recursive: true });
      execFileSync('cp', ['-r', join(place.folder, from), join(content, 'inputs', name)]);
    };
    input('texts', 'texts');
    const log = join(place.folder, 'termination');
    execFileSync(join(place.folder, 'stages/count/sh/bin/count'), { env: { ...env, ILAB_TERMINATION_LOG: log } });
    const result = readFileSync(join(content, 'artifacts/result.json'), 'utf8');
    expect(readFileSync(log, 'utf8')).toBe(result);
    const { metrics, artifacts } = JSON.parse(result);
    expect(metrics).toEqual({ different: 4 });
    expect(artifacts).toEqual([
      { name: 'words', path: 'words', digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/), size: 20 },
    ]);

    input('words', 'content/artifacts/words');
    execFileSync(join(place.folder, 'stages/show/sh/bin/show'), { env });
    expect(readFileSync(join(content, 'artifacts/words.md'), 'utf8')).toBe('# Words\n      4 c\n      2 b\n');

    const show = pipeline.pipeline.stages[1];
    if (show === undefined) throw new Error('two stages');
    const judged = (different: number) => pipeline.gates(show.name, { count: { metrics: { different } } })[0]?.kind;
    expect([judged(2), judged(3)]).toEqual(['refused', 'passed']);
  });

  test('the profile fits it', async () => {
    const profile = yamlOf('templates.md').find((text) => text.includes('kind: Profile')) ?? '';
    place.write({ 'profiles/letters/small-cluster.yaml': profile });
    const typed = { pipeline: 'letters', profile: 'small-cluster', set: ['texts=texts'] };
    const { sources, pipeline: open } = await place.configure(typed);
    expect(sources).toMatchObject({ target: 'kubernetes', params: { top: 5 } });
    expect(manifestsOf(open, 'count')).toContain('image: registry.example.org/letters/count:1');
  });
});
