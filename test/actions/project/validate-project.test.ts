import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Validation, validateProject } from '../../../src/actions/project/validate-project.ts';
import { diskSourceFiles } from '../../../src/adapters/files/disk-source-files.ts';
import { UserError } from '../../../src/domain/errors.ts';
import type { PlanTarget } from '../../../src/ports/target.ts';
import { PACKAGE_ROOT, TypedIn } from '../../config/harness.ts';

/* Everything that files can tell, and nothing that takes more. */

const API = 'apiVersion: ilab-backend.dev/v1alpha1\n';
const PIPELINE = `${API}kind: Pipeline
metadata: { name: p, version: 1.0.0 }
params:
  type: object
  additionalProperties: false
  required: [data]
  properties:
    data: { type: string, x-source: {} }
    epochs: { type: integer, minimum: 1, default: 2 }
    nodes: { type: integer }
stages:
  make:
    inputs: { data: { source: "\${params.data}" } }
    engines: { one: { image: stages/make/one } }
    variants: { job: job.yaml, big: { template: big.yaml, requires: [nodes] } }
    outputs: { rows: {} }
    metrics: [rows]
  use:
    inputs: { rows: make.rows }
    gate: { enough: results.make.metrics.rows > 3.0 }
    engines: { one: { image: stages/use/one } }
    variants: { job: job.yaml }
`;
const JOB = `apiVersion: batch/v1
kind: Job
metadata: { name: "\${run.name}-\${stage.name}-\${attempt}" }
spec:
  parallelism: \${10 / (params.epochs - 3)}
  template: { spec: { containers: [{ name: main, image: "\${image}", command: [run] }] } }
`;

let place: TypedIn;
beforeEach(() => {
  place = new TypedIn().write({
    'pipelines/p/pipeline.yaml': PIPELINE,
    'pipelines/p/job.yaml': JOB,
    'pipelines/p/big.yaml': JOB,
    'profiles/p/fast.yaml': `${API}kind: Profile\ntarget: kubernetes\nparams: { epochs: 4 }\n`,
    'ilab-backend.yaml': `${API}kind: Project\npipeline: p\nparams: { data: ./x }\n`,
  });
});
afterEach(() => place.remove());

const target: PlanTarget = {
  kind: 'local',
  check: async () => ({ notEnforced: [] }),
  identify: async (image) => ({ reference: image, identity: 'sha256:ab' }),
};

function validate(typed: { readonly set?: readonly string[]; readonly require?: readonly string[] } = {}, on = target) {
  const request = {
    ...{ packageRoot: PACKAGE_ROOT, cwd: place.folder, home: `${place.folder}/home`, env: {} },
    ...{ set: [], valueFiles: [], commands: ['run'] },
    ...typed,
  };
  return validateProject(diskSourceFiles(), request, async () => on);
}

const told = ({ findings }: Validation): readonly string[] =>
  findings.map(({ file, line, column, where, message, profiles }) =>
    [file === undefined ? where : `${file}:${line}:${column}`, message, ...profiles].join(' | '),
  );

test('says what was looked at when nothing is wrong', async () => {
  const counts = { pipeline: 'p', stages: 2, variants: 3, findings: [] };
  // Without a profile and with it; the variant that lacks a value is not made.
  expect(await validate()).toMatchObject({ ...counts, rendered: 4 });
  expect(await validate({ set: ['nodes=2'] })).toMatchObject({ ...counts, rendered: 6 });
});

test('asks once what stands behind an image, however many profiles and variants name it', async () => {
  place.write({ 'profiles/p/slow.yaml': `${API}kind: Profile\ntarget: local\n` });
  const asked: string[] = [];
  const identify: PlanTarget['identify'] = async (image) => {
    asked.push(image);
    return target.identify(image);
  };
  // Two targets, so at most twice each.
  await validate({ set: ['nodes=2'] }, { ...target, identify });
  expect(asked.length).toBeGreaterThan(1);
  for (const image of ['stages/make/one', 'stages/use/one'])
    expect(asked.filter((one) => one === image).length, image).toBeLessThanOrEqual(2);
});

test('tells faults of every file together, with their places', async () => {
  place.write({
    'pipelines/p/big.yaml': JOB.replace('epochs', 'epoch'),
    'pipelines/p/pipeline.yaml': PIPELINE.replace('metrics.rows', 'metrics.row'),
    'profiles/p/odd.yaml': `${API}kind: Profile\ntarget: kubernets\n`,
    'ilab-backend.yaml': `${API}kind: Project\npipeline: p\nparams: { nods: 3 }\n`,
  });
  const found = await validate();
  expect(told(found)).toEqual([
    'pipelines/p/big.yaml:5:31 | `params` has no field `epoch`',
    'pipelines/p/pipeline.yaml:21:21 | stage `make` gives no metric `row`',
    'ilab-backend.yaml:4:11 | `nods` is not known',
    'profiles/p/odd.yaml:3:9 | `target` cannot be `kubernets` | odd',
  ]);
  expect(found.findings[0]?.text).toContain('^~~~~\n   = did you mean `epochs`?');
});

test('goes on behind a misspelt key, read as it was meant, and behind a profile that is not there', async () => {
  place.write({
    'profiles/p/slow.yaml': `${API}kind: Profile\ntarget: local\n`,
    'ilab-backend.yaml': `${API}kind: Project\npipline: p\nprofile: fats\nparams: { nods: 3, data: ./x }\nodd: 1\n`,
  });
  const found = await validate();
  expect(told(found)).toEqual([
    'ilab-backend.yaml:4:10 | pipeline p has no profile fats',
    'ilab-backend.yaml:3:1 | the project file has no field `pipline`',
    'ilab-backend.yaml:6:1 | the project file has no field `odd`',
    'ilab-backend.yaml:5:11 | `nods` is not known',
  ]);
  expect(found.findings[0]?.hint).toContain('did you mean fast?');
  expect(found.profiles.map(({ name }) => name)).toEqual(['fast', 'slow']);
});

test('a file that cannot be read is named as what to correct', async () => {
  place.write({ 'ilab-backend.yaml': 'a: [b\n' });
  await expect(validate()).rejects.toMatchObject({
    code: 'bad-config',
    hint: expect.stringMatching(/^correct ilab-backend.yaml;/),
  });
});

test('makes the manifests of every variant with every profile', async () => {
  place.write({
    'profiles/p/three.yaml': `${API}kind: Profile\ntarget: kubernetes\nparams: { epochs: 3, nodes: 1 }\n`,
  });
  expect(told(await validate())).toEqual([
    'pipelines/p/job.yaml:5:18 | division by zero (in 10 / (params.epochs - 3)) | three',
    'pipelines/p/big.yaml:5:18 | division by zero (in 10 / (params.epochs - 3)) | three',
  ]);
});

test('a value that is missing counts with the profile that would be taken, and is named with others', async () => {
  place.write({ 'ilab-backend.yaml': `${API}kind: Project\npipeline: p\n` });
  const found = await validate();
  expect(told(found)).toEqual(['data | it has no value, and must have one']);
  expect(found.findings[0]?.hint).toContain('data: ...');
  expect(found.profiles).toEqual([{ name: 'fast', isChosen: false, missing: ['data'] }]);
});

test('what the target cannot run, an engine that is not there, a typed gate', async () => {
  const check = async () => {
    throw new UserError('not-supported', 'it cannot run that');
  };
  expect(told(await validate({}, { ...target, check }))).toEqual([
    'stage make, variant job | it cannot run that',
    'stage use, variant job | it cannot run that',
  ]);
  const identify = async (image: string) => ({ reference: image, folder: image, identity: 'not built' });
  expect(told(await validate({}, { ...target, identify }))[0]).toContain(
    'no folder in stages/ makes its image stages/make/one',
  );
  expect(told(await validate({ require: ['use=results.make.metrics.row > 1.0'] }))).toEqual([
    '--require use:1:1 | stage `make` gives no metric `row`',
  ]);
});

test('that a secret is not here now is no fault of the files', async () => {
  const check = async () => {
    throw new UserError('cannot-start', 'the variable TOKEN is not set');
  };
  expect(await validate({}, { ...target, check })).toMatchObject({ findings: [], rendered: 4 });
});
