import { stringify } from 'yaml';
import type { Json, JsonObject } from '../../domain/json.ts';
import { shellWord } from '../../domain/typed-place.ts';
import type { ParamLeaf } from '../../template/schema/param-leaves.ts';
import { ConfigFault, describeFaults, type Fault } from '../faults.ts';
import { API_VERSION } from '../pipelines/pipeline-file.ts';
import { PROJECT_FILE } from '../places.ts';

/** A parameter without the value that it, or the chosen engine, must have. */
export interface MissingValue {
  readonly path: string;
  /** Who asks, for the message: `engine teacher of datagen`; absent = the pipeline itself. */
  readonly by?: string;
}

/** What decides which lines a person would have to add, and where. */
export interface MissingContext {
  readonly pipeline: string;
  /** The project's file is about this pipeline: its values stand at the top level. */
  readonly own: boolean;
  readonly hasProjectFile: boolean;
  readonly leaves: readonly ParamLeaf[];
}

/** One line a value, and in the hint the lines that the project file then has. */
export function missingError(
  missing: readonly MissingValue[],
  context: MissingContext,
  others: readonly Fault[],
): ConfigFault {
  const values = missing.flatMap((one) => required(one, context.leaves));
  const lines = values.map(
    ({ path, by }) => `  ${path}${describe(path, context)}${by === undefined ? '' : ` (${by} needs it)`}`,
  );
  const what = `pipeline ${context.pipeline} needs ${values.length === 1 ? 'a value' : 'values'} that nobody gave`;
  // A file that is there may name them already, without a value: two keys of one name are a fault.
  const where = context.hasProjectFile ? `edit ${PROJECT_FILE} until it has` : `write ${PROJECT_FILE}`;
  const add = `${where}:\n\n${linesToAdd(values, context)}`;
  const hint = `${add}\n\n  ${otherWays(values, context)}`;
  const also = others.length === 0 ? '' : `\n${describeFaults('and these values cannot be used', others)}`;
  const examples = values.map(({ path }) => typedExample(path, context.leaves, (text) => text));
  const parts = { faults: others, missing: values.map(({ path }) => path), examples };
  return new ConfigFault('bad-params', `${what}\n\n${lines.join('\n')}\n${also}`, parts, { hint });
}

/** A missing object stands for what is required inside it. */
function required(missing: MissingValue, leaves: readonly ParamLeaf[]): readonly MissingValue[] {
  const inside = leaves.filter((leaf) => leaf.path.startsWith(`${missing.path}.`));
  return inside.length === 0
    ? [missing]
    : inside.filter((leaf) => leaf.required).map(({ path }) => ({ ...missing, path }));
}

function describe(path: string, { leaves }: MissingContext): string {
  const leaf = leaves.find((candidate) => candidate.path === path);
  const words = [leaf?.title, leaf?.description].filter((text) => text !== undefined);
  return words.length === 0 ? '' : `: ${words.join('. ')}`;
}

function linesToAdd(missing: readonly MissingValue[], context: MissingContext): string {
  let params: JsonObject = {};
  for (const { path } of missing) params = withValue(params, path.split('.'), example(path, context.leaves));
  const section = context.own ? { params } : { pipelines: { [context.pipeline]: { params } } };
  const file = context.hasProjectFile ? section : { apiVersion: API_VERSION, kind: 'Project', ...section };
  return stringify(file)
    .trimEnd()
    .split('\n')
    .map((line) => `    ${line}`)
    .join('\n');
}

/** A file is no need of who only wants to look. */
function otherWays(
  missing: readonly MissingValue[],
  { hasProjectFile, pipeline, own, leaves }: MissingContext,
): string {
  const set = missing.map(({ path }) => `--set ${typedExample(path, leaves, shellWord)}`);
  const init = `\`ilab-backend init${own ? '' : ` --pipeline ${pipeline}`}\` writes such a file`;
  return `or give them once: ${set.join(' ')}${hasProjectFile ? '' : `; ${init}`}`;
}

function typedExample(path: string, leaves: readonly ParamLeaf[], quoted: (text: string) => string): string {
  const value = example(path, leaves);
  return `${path}=${quoted(typeof value === 'string' ? value : JSON.stringify(value))}`;
}

function example(path: string, leaves: readonly ParamLeaf[]): Json {
  const leaf = leaves.find((candidate) => candidate.path === path);
  const [first] = leaf?.examples ?? leaf?.enum ?? [];
  if (first !== undefined) return first;
  return leaf?.secret === true ? 'env:NAME' : '...';
}

function withValue(object: JsonObject, [name, ...rest]: readonly string[], value: Json): JsonObject {
  if (name === undefined) return object;
  const inner = object[name];
  const below = typeof inner === 'object' && inner !== null && !Array.isArray(inner) ? (inner as JsonObject) : {};
  return { ...object, [name]: rest.length === 0 ? value : withValue(below, rest, value) };
}
