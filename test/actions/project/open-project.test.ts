import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { renderRights } from '../../../src/actions/plan/render-rights.ts';
import { openProject, type ProjectRequest } from '../../../src/actions/project/open-project.ts';
import { diskSourceFiles } from '../../../src/adapters/files/disk-source-files.ts';
import { PACKAGE_ROOT, TypedIn } from '../../config/harness.ts';
import { PIPELINE, TEMPLATE } from '../../config/pipeline-texts.ts';

let place: TypedIn;
beforeEach(() => {
  place = new TypedIn();
});
afterEach(() => place.remove());

function open(typed: Partial<ProjectRequest>) {
  const cwd = place.folder;
  const request = { packageRoot: PACKAGE_ROOT, cwd, home: cwd, env: {}, set: [], valueFiles: [], commands: [] };
  return openProject(diskSourceFiles(), { ...request, ...typed });
}

describe('a folder without a project', () => {
  test('has no run', async () => {
    await expect(open({})).rejects.toMatchObject({ code: 'bad-params', missing: ['taxonomy', 'model'] });
  });

  test('tells what rights runs need: its examples stand in for the data', async () => {
    const project = await open({ standIns: true, profile: 'kind-cpu' });
    expect(project.stoodIn).toEqual(['taxonomy', 'model']);
    const rights = renderRights(project, { persona: 'driver', namespace: 'team' });
    expect(rights).toBe(
      renderRights(await open({ profile: 'kind-cpu', set: ['taxonomy=/t', 'model=tiny'] }), {
        persona: 'driver',
        namespace: 'team',
      }),
    );
  });

  test('what is given is no stand-in', async () => {
    expect((await open({ standIns: true, set: ['model=tiny'] })).stoodIn).toEqual(['taxonomy']);
    expect((await open({ standIns: true, set: ['model=tiny', 'taxonomy=/t'] })).stoodIn).toEqual([]);
  });

  test('nothing stands in for a value that is wrong', async () => {
    await expect(open({ standIns: true, set: ['train.epochs=many'] })).rejects.toMatchObject({
      code: 'bad-params',
      faults: [expect.objectContaining({ kind: 'typed' })],
    });
  });
});

test('a required value whose schema has no example is missing all the same', async () => {
  const pipeline = PIPELINE.replace('required: [data]', 'required: [data, rows]').replace(
    'properties:',
    'properties:\n    rows: { type: integer }',
  );
  place.write({
    'pipelines/p/pipeline.yaml': pipeline,
    'pipelines/p/make.yaml': TEMPLATE,
    'pipelines/p/use.yaml': TEMPLATE,
  });
  await expect(open({ standIns: true, pipeline: 'p', set: ['data=tiny'] })).rejects.toMatchObject({
    code: 'bad-params',
    missing: ['rows'],
  });
});
