import { nameHint } from '../domain/closest.ts';
import { UserError } from '../domain/errors.ts';
import type { ExplainedChild, Explanation } from '../domain/explain/explanation.ts';
import { isJsonObject, type Json, type JsonObject } from '../domain/json.ts';
import type { SourceFiles } from '../ports/source-files.ts';
import { type ParamLeaf, typeName } from '../template/schema/param-leaves.ts';
import type { ParamSchema } from '../template/schema/param-schema.ts';
import { type ConfigRequest, readChoices } from './configure.ts';
import { variableOf } from './environment.ts';
import { refuse } from './faults.ts';
import { readParams } from './pipelines/load-pipeline.ts';
import { dotted, namedPaths, placeIn, schemaAt, schemaOf, type ValuePath } from './schema-paths.ts';
import { FILE_KEYS, PIPELINE_KEYS } from './settings/file-keys.ts';
import {
  type Block,
  type Choices,
  isFixed,
  isPipelineKey,
  isSingle,
  joined,
  keyOf,
  settingsBlock,
  shownDefault,
  shownPlace,
} from './settings/settings-blocks.ts';
import { defaultOrigins } from './values/default-origins.ts';
import { mergeGiven } from './values/merge-given.ts';
import { valueIn } from './values/resolve-values.ts';
import { layersOf, waysOver } from './values/value-chain.ts';
import { paramLayers, readValueFiles } from './values/value-layers.ts';
import { readersOf } from './values/value-readers.ts';

/** Keywords that say what a value may be. */
const LIMITS = [
  ...['minimum', 'exclusiveMinimum', 'maximum', 'exclusiveMaximum', 'multipleOf', 'const'],
  ...['minLength', 'maxLength', 'pattern', 'minItems', 'maxItems', 'uniqueItems'],
];

/**
 * What a value is, what holds and why. Values that are missing elsewhere do not matter. `path`: a parameter, with or without `params.`,
 * or another key of the project file, such as `pod.queue` or `stages.train.timeouts.run`; `pipelines.NAME.` leads to another pipeline.
 * Throws `bad-params` with the nearest name for one that is not there, and for flags that are wrong.
 */
export async function explainValue(files: SourceFiles, request: ConfigRequest, path: string): Promise<Explanation> {
  const steps = path.split('.');
  const [first, other = '', ...rest] = steps;
  if (first === 'pipelines' && isPipelineKey(rest[0])) {
    // A profile that was typed is one of the pipeline that is meant here.
    const { profile: _, ...without } = request;
    return explainValue(files, { ...without, pipeline: other }, rest.join('.'));
  }
  const choices = await readChoices(files, request);
  const { parsed, entry, profile } = choices;
  const key = keyOf(steps, parsed.file.params ?? {});
  const about = { pipeline: entry.name, ...(profile === undefined ? {} : { profile: profile.chosen.name }) };
  if (key === 'pipelines') return { ...about, ...otherPipelines(choices, steps) };
  const block =
    key === undefined || key === 'params'
      ? await paramsBlock(files, request, choices)
      : settingsBlock(key, choices, request);
  const { schema, judge, typed, given } = block;
  const place = placeIn(schema, isSingle(block.name) ? steps : steps.slice(key === undefined ? 0 : 1));
  const own = schemaAt(schema, place);
  if (own === undefined) throw unknown(path, block);
  const name = dotted(place);
  const leaf = judge.leaves().find((one) => one.path === name);
  const merged = mergeGiven(given);
  const values = judge.withDefaults(merged.values);
  const holds = place.length === 0 ? values : valueIn(values, place);
  const value = block.adds === true ? joined(given.flat(), place) : holds;
  const children = childrenOf(own, (inner) => shownPlace(block, [...place, inner]), value);
  const fallback =
    leaf?.default === undefined ? undefined : { value: leaf.default, origin: shownDefault(block.defaultOrigin(place)) };
  const holding = block.adds === true ? given.flat() : merged.given;
  const layers = children.length > 0 ? [] : layersOf({ place, given: given.flat(), holding, fallback });
  const last = layers.findLast((one) => one.holds);
  return {
    ...about,
    block: block.name,
    path: shownPlace(block, place),
    type: typeName(own),
    ...(place.length === 0 ? { title: FILE_KEYS[block.name] } : {}),
    ...annotations(own, leaf),
    ...(value === undefined ? {} : { value }),
    ...(last === undefined ? {} : { origin: last.origin }),
    ...faultAt(judge, values, place),
    layers,
    overriddenBy: isFixed(block.name)
      ? []
      : waysOver(last?.layer ?? 'built-in', { block: block.name, typed: typed(place), places: request.places }),
    readBy: block.readBy(place),
    children,
  };
}

/** What holds for other pipelines than the file's own: what there is of each is explained by itself. */
function otherPipelines(
  { settings }: Choices,
  [key, name, ...rest]: ValuePath,
): Omit<Explanation, 'pipeline' | 'profile'> {
  const names = [...new Set([...(settings.user?.others.keys() ?? []), ...(settings.project?.others.keys() ?? [])])];
  if (rest.length > 0 || (name !== undefined && !names.includes(name))) {
    const path = [key, name, ...rest].join('.');
    const known = names.flatMap((one) => [
      `pipelines.${one}`,
      ...PIPELINE_KEYS.map((own) => `pipelines.${one}.${own}`),
    ]);
    const hint = nameHint(path, known);
    throw new UserError('bad-params', `there is no key ${path}`, hint === undefined ? {} : { hint });
  }
  const inside: readonly (readonly [string, string])[] =
    name === undefined
      ? names.map((one) => [one, `What holds for pipeline ${one}`] as const)
      : PIPELINE_KEYS.map((own) => [own, FILE_KEYS[own]] as const);
  return {
    ...{ block: 'pipelines', path: name === undefined ? 'pipelines' : `pipelines.${name}`, type: 'object' },
    title: name === undefined ? FILE_KEYS.pipelines : `What holds for pipeline ${name}`,
    ...{ limits: {}, required: false, layers: [], overriddenBy: [], readBy: [] },
    children: inside.map(([own, title]) => ({
      ...{ path: [key, ...(name === undefined ? [] : [name]), own].join('.'), type: 'object', title },
    })),
  };
}

async function paramsBlock(files: SourceFiles, request: ConfigRequest, choices: Choices): Promise<Block> {
  const { parsed, entry, layers } = choices;
  const judge = readParams(parsed.file, []);
  if (judge === undefined) {
    throw new UserError('bad-pipeline', `the parameters of pipeline ${entry.name} cannot be read`, {
      hint: `see what is wrong: \`ilab-backend validate ${entry.name}\``,
    });
  }
  const schema = parsed.file.params ?? {};
  const { places, env, set } = request;
  const valueFiles = await readValueFiles(files, request.valueFiles, places);
  const { given, faults } = paramLayers(layers, { places, env, set, valueFiles }, schema);
  if (faults.length > 0) {
    const hint = `see the parameters: \`ilab-backend pipelines show ${entry.name}\``;
    throw refuse('bad-params', `values for pipeline ${entry.name} cannot be used`, faults, { hint });
  }
  const leaves = judge.leaves();
  return {
    ...{ name: 'params', schema, judge, given },
    defaultOrigin: (place) => {
      const own = leaves.filter((one) => one.path === dotted(place));
      return defaultOrigins(parsed.file.reader, own, judge.withDefaults({}), new Map()).get(dotted(place));
    },
    typed: (place) => [
      ['environment', `${variableOf(place)}=VALUE`],
      ['values', '-f FILE'],
      ['flag', `--set ${dotted(place)}=VALUE`],
    ],
    readBy: (place) => readersOf(parsed, 'params', place),
  };
}

function annotations(own: JsonObject, leaf: ParamLeaf | undefined) {
  const found: Readonly<Record<string, unknown>> = {
    title: own['title'],
    description: own['description'],
    unit: own['x-unit'],
    enum: own['enum'] ?? (isJsonObject(own['items']) ? own['items']['enum'] : undefined),
    examples: own['examples'],
    builtin: leaf?.source !== undefined && leaf.source.builtin.length > 0 ? leaf.source.builtin : undefined,
    default: leaf?.default,
  };
  const present = Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
  const limits = Object.fromEntries(Object.entries(own).filter(([key]) => LIMITS.includes(key)));
  return { ...(present as Pick<Explanation, 'title'>), limits, required: leaf?.required ?? false };
}

/** Of the value itself or inside it; that it is missing is seen anyway. */
function faultAt(judge: ParamSchema, values: JsonObject, place: ValuePath): { readonly fault?: string } {
  const inside = ({ path }: { readonly path: readonly (string | number)[] }): boolean =>
    place.length > 0 && place.every((step, index) => String(path[index]) === step);
  const found = judge.validate(values).find((one) => inside(one) && one.keyword !== 'required');
  return found === undefined ? {} : { fault: found.message };
}

/** The fields of an object, or the keys that a map has now. */
function childrenOf(
  own: JsonObject,
  pathOf: (name: string) => string,
  value: Json | undefined,
): readonly ExplainedChild[] {
  const names = isJsonObject(own['properties']) ? own['properties'] : isMap(own) && isJsonObject(value) ? value : {};
  return Object.keys(names).flatMap((name) => {
    const schema = schemaOf(own, name);
    if (schema === undefined) return [];
    const title = schema['title'] ?? schema['description'];
    const inner = isJsonObject(value) ? value[name] : undefined;
    return [
      {
        path: pathOf(name),
        type: typeName(schema),
        ...(typeof title === 'string' ? { title } : {}),
        ...(inner === undefined ? {} : { value: inner }),
      },
    ];
  });
}

function isMap(own: JsonObject): boolean {
  return own['type'] === 'object' && own['x-secret'] !== true && isJsonObject(own['additionalProperties']);
}

function unknown(path: string, block: Block): UserError {
  const known = namedPaths(block.schema).map((one) => shownPlace(block, one));
  const hint = nameHint(path, known);
  const what = block.name === 'params' ? 'parameter' : block.name === 'pod' ? 'pod setting' : 'key';
  return new UserError('bad-params', `there is no ${what} ${path}`, hint === undefined ? {} : { hint });
}
