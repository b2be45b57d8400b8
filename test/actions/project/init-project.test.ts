import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { projectMaker, proposedProfile } from '../../../src/actions/project/init-project.ts';
import type { ProjectRequest } from '../../../src/actions/project/open-project.ts';
import { diskSourceFiles } from '../../../src/adapters/files/disk-source-files.ts';
import { dotted, namedPaths } from '../../../src/config/schema-paths.ts';
import { valueAt } from '../../../src/config/values/resolve-values.ts';
import type { JsonObject } from '../../../src/domain/json.ts';
import { PACKAGE_ROOT, TypedIn } from '../../config/harness.ts';

/* The file that a project begins with. */

let place: TypedIn;
beforeEach(() => {
  place = new TypedIn();
});
afterEach(() => place.remove());

const maker = projectMaker(diskSourceFiles());

function request(typed: Partial<ProjectRequest> = {}): ProjectRequest {
  const around = { packageRoot: PACKAGE_ROOT, cwd: place.folder, home: `${place.folder}/home`, env: {} };
  return { ...around, set: [], valueFiles: [], commands: ['run'], ...typed };
}

const OPTIONAL = `apiVersion: ilab-backend.dev/v1alpha1
kind: Pipeline
metadata: { name: optional, version: 1.0.0 }
params:
  type: object
  additionalProperties: false
  properties: { inner: { type: object, additionalProperties: false, properties: { times: { type: integer } } } }
stages:
  make: { engines: { one: { image: stages/make/one } }, variants: { job: job.yaml } }
`;

const JOB = `apiVersion: batch/v1
kind: Job
metadata: { name: "\${run.name}-make-1" }
spec: { template: { spec: { containers: [{ name: main, image: "\${image}" }] } } }
`;

/** With the `#` of these comments taken away, and nothing else; what is said at the top stays. */
function taken(text: string, isMeant: (line: string) => boolean): string {
  const lines = text
    .split('\n')
    .map((line) => (/^ *#(?! \w)/.test(line) && isMeant(line) ? line.replace('#', '') : line));
  return lines.join('\n');
}

describe('the file', () => {
  test('of the smallest pipeline: lines to fill in, comments for the rest', async () => {
    const { text, missing } = await maker.draft(request({ pipeline: 'hello' }));
    expect(missing.map(({ path }) => path)).toEqual(['name']);
    expect(text.slice(text.indexOf('apiVersion'))).toMatchInlineSnapshot(`
      "apiVersion: ilab-backend.dev/v1alpha1
      kind: Project
      pipeline: hello
      #profile: <string>
      params:
        name: # fill in: Whom to greet; for example world
        #greet:
        #  times: 2 # How often (lines)
      "
    `);
  });

  test('is taken as it is once the missing values are given, with what was typed', async () => {
    const set = ['taxonomy=./taxonomy', 'model=tiny', 'train.env={"A":"b"}', 'train.epochs=3', 'publish.modelName=5'];
    const { text, missing } = await maker.draft(request({ set, project: 'deep/down', profile: 'h100x4' }));
    expect(missing).toEqual([]);
    // What the profile says is what stands behind a comment.
    expect(text).toContain('    #batchSize: 128 # Rows of one step (rows)\n');
    expect(text).toContain('#pod: # put on every pod');
    place.write({ 'deep/down/ilab-backend.yaml': text });
    const { sources } = await place.configure({ project: 'deep/down' });
    expect(sources).toMatchObject({ profile: 'h100x4', pipeline: { name: 'instructlab' } });
    expect(sources.params).toMatchObject({
      taxonomy: `${place.folder}/taxonomy`,
      train: { epochs: 3, env: { A: 'b' }, learningRate: 2e-5 },
      publish: { modelName: '5' },
    });
  });

  test.each(['a\tb\nc', ' # no comment', "it's: {x}", '- a', '"', 'null', '007', '\u001b[31m', 'ä\n'])(
    'holds %j as it was typed',
    async (name) => {
      const { text } = await maker.draft(request({ pipeline: 'hello', set: [`name=${name}`], project: 'odd' }));
      if (name === 'null') return expect(text).toContain('fill in');
      place.write({ 'odd/ilab-backend.yaml': text });
      expect((await place.configure({ project: 'odd' })).sources.params['name']).toBe(name);
    },
  );

  test('with every comment that has a value made a line says the same', async () => {
    const { text } = await maker.draft(request({ pipeline: 'hello', set: ['name=you'] }));
    place.write({ 'ilab-backend.yaml': taken(text, () => true).replace('profile: <string>\n', '') });
    const { sources } = await place.configure();
    expect(sources.params).toEqual({ name: 'you', greet: { times: 2 } });
    expect(sources.origins['params.greet.times']).toMatchObject({ kind: 'project' });
  });

  test.each([
    ['lines to fill in', 'instructlab', []],
    ['a value inside an object', 'instructlab', ['taxonomy=./t', 'model=tiny', 'publish.github.repo=a/b']],
    ['nothing chosen', 'optional', []],
  ])('is YAML with every # taken away, and nothing else: %s', async (_what, pipeline, set) => {
    place.write({ 'pipelines/optional/pipeline.yaml': OPTIONAL, 'pipelines/optional/job.yaml': JOB });
    const profile = pipeline === 'instructlab' ? { profile: 'h100x4' } : {};
    const { text, missing } = await maker.draft(request({ set, pipeline, ...profile }));
    const { params, pod = {} } = parse(taken(text, () => true)) as { params: JsonObject; pod?: JsonObject };
    const folder = pipeline === 'optional' ? `${place.folder}/pipelines` : `${PACKAGE_ROOT}/templates`;
    const schema = parse(readFileSync(`${folder}/${pipeline}/pipeline.yaml`, 'utf8')).params as JsonObject;
    const unfilled = missing.map(({ path }) => path);
    for (const path of namedPaths(schema).map(dotted)) {
      expect(valueAt(params, path) === undefined || valueAt(params, path) === null, path).toBe(unfilled.includes(path));
    }
    expect(Object.keys(pod)).toHaveLength(pipeline === 'instructlab' ? 5 : 0);
  });

  test('has no null where the # of one value without a value is taken away', async () => {
    const { text } = await maker.draft(request({ pipeline: 'instructlab', set: ['taxonomy=./t', 'model=tiny'] }));
    place.write({ 'ilab-backend.yaml': taken(text, (line) => /^ *#(train| {2}warmupSteps):/.test(line)) });
    await expect(place.configure()).rejects.toThrow(/`train.warmupSteps` must be an integer/);
  });

  test('knows which folders are not there, from where they were typed', async () => {
    place.write({ 'here/a.yaml': '' });
    const absent = async (taxonomy: string) =>
      (await maker.draft(request({ set: [`taxonomy=${taxonomy}`, 'model=tiny'], project: 'deep' }))).absent;
    expect(await absent('./here')).toEqual([]);
    expect(await absent('https://example.org/t.git')).toEqual([]);
    expect(await absent('./there')).toEqual([{ path: 'taxonomy', folder: './there', what: 'folder', near: './here' }]);
    expect(await maker.folderIsThere(request({ project: 'here' }))).toBe(true);
    expect(await maker.folderIsThere(request({ project: 'there' }))).toBe(false);
  });

  test('takes no variable of whoever types, and no value of the file that it replaces', async () => {
    place.write({ 'ilab-backend.yaml': (await maker.draft(request({ pipeline: 'hello', set: ['name=old'] }))).text });
    expect(await maker.isThere(request())).toBe(true);
    expect(await maker.isThere(request({ project: 'elsewhere' }))).toBe(false);
    const env = { ILAB_BACKEND_PARAM_NAME: 'mine' };
    expect((await maker.missing(request({ pipeline: 'hello', env }))).map(({ path }) => path)).toEqual(['name']);
  });

  test('a wrong value is told before anything is written', async () => {
    const wrong = request({ pipeline: 'hello', set: ['greet.times=many'] });
    await expect(maker.draft(wrong)).rejects.toMatchObject({
      code: 'bad-params',
      message: expect.stringContaining('whole number'),
    });
  });
});

describe('the profile that is proposed', () => {
  const choices = [
    { name: 'local', target: 'local' },
    { name: 'cpu', target: 'kubernetes', gpus: 0 },
    { name: 'h100x4', target: 'kubernetes', gpus: 4 },
    { name: 'h100x8', target: 'kubernetes', gpus: 8 },
    { name: 'l40s', target: 'kubernetes', gpus: 4 },
    { name: 'odd', target: 'kubernetes' },
  ] as const;
  const node = (total: number, product?: string) => ({
    node: 'n',
    total,
    ...(product === undefined ? {} : { product }),
  });
  test.each([
    ['here', 'local', [], 'local'],
    ['no GPU', 'kubernetes', [], 'cpu'],
    ['eight of a name', 'kubernetes', [node(8, 'NVIDIA-H100-80GB-HBM3')], 'h100x8'],
    ['four of a name', 'kubernetes', [node(4, 'NVIDIA-L40S')], 'l40s'],
    ['no name: the most that fits', 'kubernetes', [node(4), node(2)], 'h100x4'],
    ['a name that none is called like', 'kubernetes', [node(4, 'NVIDIA-X1')], 'h100x4'],
    ['fewer than any takes', 'kubernetes', [node(2, 'NVIDIA-L40S')], 'cpu'],
  ] as const)('%s', (_what, target, nodes, name) => {
    expect(proposedProfile(choices, target, nodes)?.name).toBe(name);
  });

  test('is told by what its pods hold, rendered with examples for what is missing', async () => {
    const api = 'apiVersion: ilab-backend.dev/v1alpha1\n';
    const limits = '{ limits: { nvidia.com/gpu: "${string(params.gpus)}" } }';
    place.write({
      'pipelines/p/pipeline.yaml': `${api}kind: Pipeline
metadata: { name: p, version: 1.0.0 }
params:
  type: object
  additionalProperties: false
  required: [data, gpus]
  properties: { data: { type: string, enum: [a] }, gpus: { type: integer }, url: { type: string } }
stages:
  make:
    engines: { one: { image: stages/make/one, requires: [url] } }
    variants: { job: job.yaml }
`,
      'pipelines/p/job.yaml': `apiVersion: batch/v1
kind: Job
metadata: { name: "\${run.name}-make-1" }
spec: { template: { spec: { containers: [{ name: main, image: "\${image}", resources: ${limits} }] } } }
`,
      'profiles/p/four.yaml': `${api}kind: Profile\ntarget: kubernetes\nparams: { gpus: 4 }\n`,
      'profiles/p/wrong.yaml': `${api}kind: Profile\ntarget: kubernetes\nparams: { gpus: many }\n`,
      'profiles/p/here.yaml': `${api}kind: Profile\ntarget: local\n`,
    });
    expect(await maker.profiles(request({ pipeline: 'p' }), 'kubernetes')).toEqual([
      { name: 'four', target: 'kubernetes', gpus: 4 },
      { name: 'wrong', target: 'kubernetes' },
    ]);
    expect(await maker.profiles(request({ pipeline: 'p' }), 'local')).toEqual([{ name: 'here', target: 'local' }]);
  });
});
