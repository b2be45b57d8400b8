import { UserError } from '../domain/errors.ts';
import type { ExplainedChild, Explanation } from '../domain/explanation.ts';
import { isJsonObject, type Json, type JsonObject } from '../domain/json.ts';
import type { SourceFiles } from '../ports/source-files.ts';
import { closest, nameHint } from '../template/closest.ts';
import { type ParamLeaf, typeName } from '../template/param-leaves.ts';
import type { ParamSchema } from '../template/param-schema.ts';
import { type ConfigRequest, readChoices } from './configure.ts';
import { defaultOrigins } from './default-origins.ts';
import { refuse } from './faults.ts';
import { type Given, givenInFile } from './given-values.ts';
import { readParams } from './load-pipeline.ts';
import { mergeGiven } from './merge-given.ts';
import { showOrigin } from './origin.ts';
import { POD_SCHEMA, POD_SETTINGS } from './pod-settings.ts';
import { valueAt } from './resolve-values.ts';
import { dotted, namedPaths, schemaAt, schemaOf, type ValuePath } from './schema-paths.ts';
import { layersOf, waysOver } from './value-chain.ts';
import { paramLayers, readValueFiles } from './value-layers.ts';
import { readersOf } from './value-readers.ts';

/** Keywords that say what a value may be. */
const LIMITS = [
  ...['minimum', 'exclusiveMinimum', 'maximum', 'exclusiveMaximum', 'multipleOf', 'const'],
  ...['minLength', 'maxLength', 'pattern', 'minItems', 'maxItems', 'uniqueItems'],
];

/**
 * What a value is, what holds and why. Values that are missing elsewhere do not matter. `path`: with or without `params.`;
 * `pod.` for a pod setting. Throws `bad-params` with the nearest name for one that is not there, and for flags that are wrong.
 */
export async function explainValue(files: SourceFiles, request: ConfigRequest, path: string): Promise<Explanation> {
  const choices = await readChoices(files, request);
  const { parsed, entry, profile } = choices;
  const isPod = path === 'pod' || path.startsWith('pod.');
  const place = path === 'params' ? [] : path.split('.').slice(isPod || path.startsWith('params.') ? 1 : 0);
  const { schema, judge } = isPod ? { schema: POD_SCHEMA, judge: POD_SETTINGS } : paramsOf(choices);
  const own = schemaAt(schema, place);
  if (own === undefined) throw unknown(path, schema, isPod);
  const name = dotted(place);
  const leaf = judge.leaves().find((one) => one.path === name);
  const given = await givenFor(files, request, { choices, schema, isPod });
  const merged = mergeGiven(given);
  const values = judge.withDefaults(merged.values);
  const value = place.length === 0 ? values : valueAt(values, name);
  const children = childrenOf(own, isPod ? ['pod', ...place] : place, value);
  const layers =
    children.length > 0 ? [] : layersOf({ place, given: given.flat(), holding: merged.given, fallback: fallbackOf() });
  const holding = layers.findLast(({ holds }) => holds);
  return {
    pipeline: entry.name,
    ...(profile === undefined ? {} : { profile: profile.chosen.name }),
    path: isPod ? dotted(['pod', ...place]) : name || 'params',
    type: typeName(own),
    ...annotations(own, leaf),
    ...(value === undefined ? {} : { value }),
    ...(holding === undefined ? {} : { origin: holding.origin }),
    ...faultAt(judge, values, place),
    layers,
    overriddenBy: waysOver(holding?.layer ?? 'built-in', { place, isPod, places: request.places }),
    readBy: readersOf(parsed, isPod ? 'pod' : 'params', place),
    children,
  };

  function fallbackOf(): { readonly value: Json; readonly origin: string } | undefined {
    if (leaf?.default === undefined) return undefined;
    const nobody = judge.withDefaults({});
    const origin = isPod ? undefined : defaultOrigins(parsed.file.reader, [leaf], nobody, new Map()).get(name);
    return { value: leaf.default, origin: origin === undefined ? 'built in' : showOrigin(origin) };
  }
}

type Choices = Awaited<ReturnType<typeof readChoices>>;

function paramsOf({ parsed, entry }: Choices): { readonly schema: JsonObject; readonly judge: ParamSchema } {
  const judge = readParams(parsed.file, []);
  if (judge !== undefined) return { schema: parsed.file.params ?? {}, judge };
  throw new UserError('bad-pipeline', `the parameters of pipeline ${entry.name} cannot be read`, {
    hint: `see what is wrong: \`ilab-backend validate ${entry.name}\``,
  });
}

async function givenFor(
  files: SourceFiles,
  request: ConfigRequest,
  { choices, schema, isPod }: { readonly choices: Choices; readonly schema: JsonObject; readonly isPod: boolean },
): Promise<readonly (readonly Given[])[]> {
  if (isPod) return choices.layers.map(({ file }) => givenInFile(file, file.pod, schema));
  const { places, env, set } = request;
  const valueFiles = await readValueFiles(files, request.valueFiles, places);
  const { given, faults } = paramLayers(choices.layers, { places, env, set, valueFiles }, schema);
  if (faults.length > 0) {
    const hint = `see the parameters: \`ilab-backend pipelines show ${choices.entry.name}\``;
    throw refuse('bad-params', `values for pipeline ${choices.entry.name} cannot be used`, faults, { hint });
  }
  return given;
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
function childrenOf(own: JsonObject, place: ValuePath, value: Json | undefined): readonly ExplainedChild[] {
  const names = isJsonObject(own['properties']) ? own['properties'] : isMap(own) && isJsonObject(value) ? value : {};
  return Object.keys(names).flatMap((name) => {
    const schema = schemaOf(own, name);
    if (schema === undefined) return [];
    const title = schema['title'] ?? schema['description'];
    const inner = isJsonObject(value) ? value[name] : undefined;
    return [
      {
        path: dotted([...place, name]),
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

function unknown(path: string, schema: JsonObject, isPod: boolean): UserError {
  const known = namedPaths(schema).map((one) => dotted(isPod ? ['pod', ...one] : one));
  const lastOf = (name: string): string => name.slice(name.lastIndexOf('.') + 1);
  const last = closest(path, known) === undefined ? closest(lastOf(path), known.map(lastOf)) : undefined;
  const alike = known.filter((name) => lastOf(name) === last);
  const hint =
    alike.length > 0 ? `did you mean ${alike.map((name) => `\`${name}\``).join(', ')}?` : nameHint(path, known);
  return new UserError(
    'bad-params',
    `there is no ${isPod ? 'pod setting' : 'parameter'} ${path}`,
    hint === undefined ? {} : { hint },
  );
}
