import { afterAll, describe, expect, test } from 'vitest';
import { diskSourceFiles } from '../../src/adapters/files/disk-source-files.ts';
import { COMMAND_NAMES } from '../../src/cli/command-names.ts';
import { listPipelines, readPipelineSource } from '../../src/config/pipelines/library.ts';
import { loadPipeline } from '../../src/config/pipelines/load-pipeline.ts';
import { configPlaces } from '../../src/config/places.ts';
import { formatProblems } from '../../src/template/index.ts';
import { PACKAGE_ROOT, TypedIn } from '../config/harness.ts';
import { manifestsOf } from './manifests.ts';

describe('the pipeline hello', () => {
  const place = new TypedIn();
  afterAll(() => place.remove());

  test.each(['greet', 'count'])('%s renders as reviewed', async (stage) => {
    const { pipeline } = await place.configure({ pipeline: 'hello', set: ['name=world'] });
    await expect(manifestsOf(pipeline, stage)).toMatchFileSnapshot(`../golden/hello/${stage}.yaml`);
  });

  test('it runs here, without a profile', async () => {
    const { pipeline } = await place.configure({ pipeline: 'hello', set: ['name=world'] });
    expect(pipeline.target).toBe('local');
    expect(pipeline.profile).toBeUndefined();
    expect(pipeline.pipeline.stages.map((stage) => stage.name)).toEqual(['greet', 'count']);
  });

  test('the gate needs a line, and says what it saw', async () => {
    const { pipeline } = await place.configure({ pipeline: 'hello', set: ['name=world'] });
    const count = pipeline.pipeline.stages[1];
    if (count === undefined) throw new Error('no count');
    const judged = (metrics: Readonly<Record<string, number>>) => pipeline.gates(count.name, { greet: { metrics } });
    expect(judged({ lines: 1 })).toMatchObject([{ kind: 'passed', name: 'some-lines', sides: [{ value: 1 }] }]);
    expect(judged({ lines: 0 })).toMatchObject([
      { kind: 'refused', name: 'some-lines', reason: 'results.greet.metrics.lines >= 1.0 is false: lines is 0' },
    ]);
    expect(judged({})).toMatchObject([
      { kind: 'refused', reason: expect.stringMatching(/^greet reported no metric lines/) },
    ]);
  });
});

describe('every pipeline of ours', () => {
  test('loads with all its variants, and all its profiles fit it', async () => {
    const place = new TypedIn();
    const files = diskSourceFiles();
    const places = configPlaces({ packageRoot: PACKAGE_ROOT, cwd: place.folder, home: place.folder, env: {} });
    const entries = await listPipelines(files, places);
    expect(entries.map((entry) => entry.name)).toEqual(['hello', 'instructlab']);
    for (const entry of entries) {
      const loaded = loadPipeline(await readPipelineSource(files, places, entry), { commands: COMMAND_NAMES });
      expect(loaded.kind === 'ok' ? '' : formatProblems(loaded.problems)).toBe('');
      if (loaded.kind === 'problems') continue;
      for (const { stage, templates } of loaded.value.stages.values()) {
        expect([...templates.keys()]).toEqual(Object.keys(stage.variants));
      }
      // What chooses data has no default, and everything has a title.
      for (const leaf of loaded.value.schema.leaves()) {
        if (leaf.source !== undefined) expect(leaf).not.toHaveProperty('default');
        if (!/\.(requests|limits)$/.test(leaf.path)) expect(leaf, leaf.path).toHaveProperty('title');
      }
    }
    place.remove();
  });
});
