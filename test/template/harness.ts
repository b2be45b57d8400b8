import type { JsonObject } from '../../src/domain/json.ts';
import type { Problem, SourceFile } from '../../src/domain/pipeline/source-file.ts';
import { type Compiled, compileTemplate, createScope, formatProblems } from '../../src/template/index.ts';

/** The parameters that most tests use: one of each kind. */
const PARAMS: JsonObject = {
  type: 'object',
  additionalProperties: false,
  required: ['name', 'times', 'files', 'train', 'rows'],
  properties: {
    name: { type: 'string' },
    times: { type: 'integer' },
    rate: { type: 'number' },
    loud: { type: 'boolean', default: false },
    files: { type: 'array', items: { type: 'string' } },
    train: {
      type: 'object',
      additionalProperties: false,
      required: ['epochs'],
      properties: { epochs: { type: 'integer' }, lr: { type: 'number', default: 0.5 } },
    },
    teacher: {
      type: 'object',
      additionalProperties: false,
      required: ['url'],
      properties: { url: { type: 'string' }, model: { type: 'string' } },
    },
    rows: {
      type: 'array',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['name'],
        properties: { name: { type: 'string' }, size: { type: 'integer' } },
      },
    },
    env: { type: 'object', additionalProperties: { type: 'string' } },
    free: { type: 'object', additionalProperties: true, default: {} },
  },
};

export const VALUES: JsonObject = {
  name: 'Ada',
  times: 2,
  files: ['a', 'b'],
  train: { epochs: 3 },
  rows: [{ name: 'x', size: 1 }, { name: 'y' }],
};

export const SCOPE = createScope({ params: PARAMS, image: { type: 'string' } });

export type Texts = Readonly<Record<string, string>>;

/** Finds partials among texts by name. */
export function partialsOf(texts: Texts): (name: string) => SourceFile | undefined {
  const files = new Map(Object.entries(texts).map(([path, text]) => [path, { path, text }]));
  return (name) => files.get(name);
}

/** Compiles the body of one object; `apiVersion` and `kind` stand above it on lines 1 and 2. */
export function compileBody(body: string, partials: Texts = {}) {
  const file = { path: 'greet/job.yaml', text: `apiVersion: v1\nkind: Test\n${body}\n` };
  return compileTemplate({ file, scope: SCOPE, partials: partialsOf(partials) });
}

/** The one object of a body without `apiVersion` and `kind`, rendered with some values changed. */
export function renderBody(body: string, params: JsonObject = {}, partials: Texts = {}): unknown {
  const [object, ...others] = must(compileBody(body, partials)).render({
    params: { ...VALUES, ...params },
    image: 'img',
  });
  if (object === undefined || others.length > 0) throw new Error('not one object');
  const { apiVersion, kind, ...rest } = object;
  return rest;
}

/** What a person reads about the faults of a body. */
export function faultsOf(body: string, partials: Texts = {}): string {
  return formatProblems(problemsOf(compileBody(body, partials)));
}

export function must<T>(result: Compiled<T>): T {
  if (result.kind === 'ok') return result.value;
  throw new Error(`unexpected problems:\n${formatProblems(result.problems)}`);
}

export function problemsOf(result: Compiled<unknown>): readonly Problem[] {
  return result.kind === 'ok' ? [] : result.problems;
}
