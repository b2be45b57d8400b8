import type { JsonObject } from '../../domain/json.ts';
import type { StageName } from '../../domain/naming.ts';
import { readSchema } from '../../template/schema/schema-reader.ts';
import { createScope, type TypeScope, type VariableType } from '../../template/scope.ts';
import { POD_SETTINGS } from '../settings/pod-settings.ts';

const TEXT: JsonObject = { type: 'string' };
const COUNT: JsonObject = { type: 'integer' };

const RUN = closed({
  name: TEXT,
  id: TEXT,
  created: TEXT,
  plan: TEXT,
  images: { type: 'object', additionalProperties: TEXT },
});
const OUTPUTS = closed({ path: TEXT, subPath: TEXT });
const TIMEOUTS = closed({ queue: COUNT, start: COUNT, run: COUNT, grace: COUNT });
const CHOICE: JsonObject = { name: TEXT, engine: TEXT, variant: TEXT, timeouts: TIMEOUTS };

const STAGE = closed({
  ...CHOICE,
  params: { type: 'object', additionalProperties: true },
  paramsJson: TEXT,
  paramEnv: { type: 'array', items: closed({ name: TEXT, value: TEXT }) },
  inputs: { type: 'array', items: closed({ name: TEXT, mountPath: TEXT, subPath: TEXT }) },
});

/** What the expressions of a pipeline may name. */
export interface PipelineScopes {
  /** A stage's `params`: everything of `template` but what is made from them. */
  params(inputs: readonly InputShape[]): TypeScope;
  /** A stage's templates. */
  template(inputs: readonly InputShape[]): TypeScope;
  /** `when`, gates and approval: the parameters, and the results of the stages before, in this run and in the one published last. */
  condition(before: readonly StageName[]): TypeScope;
  /** Where data comes from: the parameters alone. */
  readonly source: TypeScope;
}

/** What is known of an input before it is bound. */
export interface InputShape {
  readonly name: string;
  /** It may have no source, so it must be read with `.?`. */
  readonly optional: boolean;
  /** It is always a folder or a file, so it has a path. */
  readonly placed: boolean;
}

/** `params` is `dyn` where their schema has faults of its own. */
export function pipelineScopes(params: VariableType): PipelineScopes {
  const common = { params, run: RUN, attempt: COUNT, outputs: OUTPUTS };
  const forParams = createScope({ ...common, stage: closed(CHOICE) });
  const forTemplate = createScope({ ...common, stage: STAGE, image: TEXT, program: TEXT, pod: POD_SETTINGS });
  const source = createScope({ params });
  return {
    params: extended(forParams, 'inputs', inputsSchema),
    template: extended(forTemplate, 'inputs', inputsSchema),
    condition: extended(extended(source, 'previous', previousSchema), 'results', resultsSchema),
    source,
  };
}

/** Scopes with one more variable, one a shape of it: what is compiled in a scope is compiled once for all stages. */
function extended<T>(
  scope: TypeScope | ((shape: T) => TypeScope),
  name: string,
  schema: (shape: T) => JsonObject,
): (shape: T) => TypeScope {
  const known = new Map<string, TypeScope>();
  return (shape) => {
    const key = JSON.stringify(shape);
    const there = known.get(key);
    if (there !== undefined) return there;
    const inner = typeof scope === 'function' ? scope(shape) : scope;
    const made = inner.with(name, readSchema(schema(shape), { strict: false }).type);
    known.set(key, made);
    return made;
  };
}

function inputsSchema(inputs: readonly InputShape[]): JsonObject {
  return {
    type: 'object',
    additionalProperties: false,
    required: inputs.filter((input) => !input.optional).map((input) => input.name),
    properties: Object.fromEntries(inputs.map((input) => [input.name, bindingSchema(input)])),
  };
}

function bindingSchema(input: InputShape): JsonObject {
  const always = ['uri', 'digest'];
  return {
    ...closed({ path: TEXT, uri: TEXT, digest: TEXT }),
    required: input.placed ? ['path', ...always] : always,
  };
}

const METRICS: JsonObject = { type: 'object', additionalProperties: { type: 'number' } };

function resultsSchema(before: readonly StageName[]): JsonObject {
  return closed(Object.fromEntries(before.map((name) => [name, closed({ metrics: METRICS })])));
}

/** There may be none yet. */
function previousSchema(before: readonly StageName[]): JsonObject {
  return { ...resultsSchema(before), required: [] };
}

/** An object of exactly these fields, all of them there. */
function closed(properties: JsonObject): JsonObject {
  return { type: 'object', additionalProperties: false, required: Object.keys(properties), properties };
}
