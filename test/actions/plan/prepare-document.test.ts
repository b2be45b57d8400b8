import { afterEach, beforeEach, expect, test } from 'vitest';
import { prepareDocument, type Wishes } from '../../../src/actions/plan/prepare-document.ts';
import { createSourceStore } from '../../../src/adapters/sources/source-store.ts';
import { serializeSources } from '../../../src/config/run-sources.ts';
import { UserError } from '../../../src/domain/errors.ts';
import { type Typed, TypedIn } from '../../config/harness.ts';
import { FakeWorld, succeeded } from '../../fakes/story.ts';

/* Data that is not there: who named it, and what was meant. */

const HEAD = 'apiVersion: ilab-backend.dev/v1alpha1\n';
const PIPELINE = `${HEAD}kind: Pipeline
metadata: { name: p, version: 1.0.0 }
params:
  type: object
  additionalProperties: false
  required: [base]
  properties:
    base: { type: string, x-source: { builtin: [tiny] } }
    texts: { type: string, x-source: {}, examples: [./texts] }
stages:
  make:
    inputs: { model: { source: "\${params.base}" }, rows: { source: "\${params.?texts}" } }
    engines: { one: { image: stages/make/one } }
    variants: { job: job.yaml }
`;

let place: TypedIn;
beforeEach(() => {
  place = new TypedIn().write({
    'pipelines/p/pipeline.yaml': PIPELINE,
    'pipelines/p/job.yaml': 'apiVersion: v1\nkind: Pod\nmetadata: { name: x }\n',
    'ilab-backend.yaml': `${HEAD}kind: Project\npipeline: p\nparams:\n  base: tiny\n`,
  });
});
afterEach(() => place.remove());

/** What stops a plan. */
async function refused(typed: Typed, inputs: Wishes['inputs'] = []): Promise<UserError> {
  const { pipeline, sources, locations } = await place.configure(typed);
  const nobody = (): never => {
    throw new Error('nobody has to be asked');
  };
  const world = new FakeWorld([], () => succeeded());
  const store = createSourceStore({ cwd: place.folder, workspace: place.folder, hub: nobody, objects: nobody });
  const project = { pipeline, sources: serializeSources(sources), locations };
  const wishes: Wishes = { wanted: {}, reuse: [], fresh: [], inputs };
  try {
    await prepareDocument({ ...world.deps(), sources: store }, project, wishes, new AbortController().signal);
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

test('a model of the hub without hf: is told at the line that names it', async () => {
  place.write({ 'ilab-backend.yaml': `${HEAD}kind: Project\npipeline: p\nparams:\n  base: org/granite\n` });
  expect(await refused({})).toMatchObject({
    code: 'bad-input',
    message: `model: there is no folder ${place.folder}/org/granite

ilab-backend.yaml:5:9: it is named here
 5 |   base: org/granite
   |         ^~~~~~~~~~~
   = did you mean \`hf:org/granite\`?
`,
    hint: 'change `base:` in ilab-backend.yaml, or type `--set base=...`',
  });
});

test.each<[string, Typed, RegExp, RegExp]>([
  [
    'a flag',
    { set: ['base=org/m@v1'] },
    /--set base: .*\n = did you mean `hf:org\/m@v1`\?/,
    /^type another with `--set/,
  ],
  ['a name that is built in', { set: ['base=tinny'] }, /did you mean `tiny`\?/, /./],
  [
    'a variable',
    { env: { ILAB_BACKEND_PARAM_BASE: 'a/b' } },
    /\$ILAB_BACKEND_PARAM_BASE: /,
    /`ILAB_BACKEND_PARAM_BASE`/,
  ],
  ['a folder that nobody takes for a model', { set: ['texts=a/b'] }, /^rows: [^?]*$/, /--set texts=/],
])('named by %s', async (_, typed, message, hint) => {
  const error = await refused(typed);
  expect(error.message).toMatch(message);
  expect(error.hint).toMatch(hint);
  expect(error.message + error.hint).not.toContain('--input');
});

test('what --input named is named again with --input, as it was typed', async () => {
  const location = `${place.folder}/away`;
  const error = await refused({}, [{ name: 'make.model', from: { kind: 'location', location } }]);
  expect(error.message).toBe(`model: there is no folder ${location}`);
  expect(error.hint).toBe('name another: --input make.model=PATH');
});
