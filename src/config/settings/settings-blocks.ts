import { isMap, isNode } from 'yaml';
import type { Json, JsonObject } from '../../domain/json.ts';
import { ParamSchema } from '../../template/schema/param-schema.ts';
import { readSchema } from '../../template/schema/schema-reader.ts';
import type { ConfigRequest, readChoices } from '../configure.ts';
import { FLAG_VARIABLES, flagVariable } from '../environment.ts';
import { API_VERSION } from '../pipelines/pipeline-file.ts';
import {
  imagesSchema,
  overlaysSchema,
  stageDefaultOrigin,
  stagesAt,
  stagesSchema,
} from '../pipelines/stage-schemas.ts';
import { dotted, type ValuePath } from '../schema-paths.ts';
import { type Given, givenInFile } from '../values/given-values.ts';
import { type Origin, showOrigin } from '../values/origin.ts';
import { readersOf } from '../values/value-readers.ts';
import { FILE_KEYS, type FileKey, PIPELINE_KEYS } from './file-keys.ts';
import { givenNotify, NOTIFY_SCHEMA, NOTIFY_SETTINGS } from './notify-settings.ts';
import { POD_SCHEMA, POD_SETTINGS } from './pod-settings.ts';
import { settingsFor } from './project-settings.ts';

export type Choices = Awaited<ReturnType<typeof readChoices>>;

/** What stands below one key of the settings files, as `explain` needs it. A key that holds one value is its own block. */
export interface Block {
  readonly name: FileKey;
  readonly schema: JsonObject;
  readonly judge: ParamSchema;
  /** From the lowest layer to the highest. */
  readonly given: readonly (readonly Given[])[];
  /** Every layer counts: nothing is overridden, and lists are joined. */
  readonly adds?: true;
  /** Where a default comes from; undefined = the program. */
  readonly defaultOrigin: (place: ValuePath) => Origin | undefined;
  /** What can be typed beside the files, from the lowest layer to the highest. */
  readonly typed: (place: ValuePath) => readonly (readonly [Origin['kind'], string])[];
  readonly readBy: (place: ValuePath) => readonly string[];
}

/** Keys of which a file has one value each. */
const SINGLE = ['apiVersion', 'kind', 'pipeline', 'profile'] as const;

/** The block of a key, but for `params`, whose schema is the pipeline's, and `pipelines`, which are other pipelines' blocks. */
export function settingsBlock(
  name: Exclude<FileKey, 'params' | 'pipelines'>,
  choices: Choices,
  request: ConfigRequest,
): Block {
  const { parsed, layers } = choices;
  const { file } = parsed;
  const nothing = () => [];
  const fromFiles = (schema: JsonObject, at: (layer: Choices['layers'][number]) => Parameters<typeof givenInFile>[1]) =>
    layers.map((layer) => givenInFile(layer.file, at(layer), schema, name));
  const plain = (schema: JsonObject) => ({
    name,
    schema,
    judge: judgeOf(schema),
    defaultOrigin: () => undefined,
    typed: nothing,
  });
  switch (name) {
    case 'pod': {
      const given = fromFiles(POD_SCHEMA, (layer) => layer.file.pod);
      return { ...plain(POD_SCHEMA), judge: POD_SETTINGS, given, readBy: (place) => readersOf(parsed, 'pod', place) };
    }
    case 'notify': {
      const given = layers.map((layer) => givenNotify(layer.file).filter(({ isHidden }) => !isHidden));
      return { ...plain(NOTIFY_SCHEMA), judge: NOTIFY_SETTINGS, given, readBy: nothing };
    }
    case 'stages': {
      const schema = stagesSchema(file);
      return {
        ...plain(schema),
        given: fromFiles(schema, ({ settings }) => settings.stages),
        defaultOrigin: (place) => stageDefaultOrigin(file, place),
        typed: typedForStage,
        readBy: (place) => stagesAt(file, name, place),
      };
    }
    case 'overlays': {
      const schema = overlaysSchema(file);
      const given = fromFiles(schema, ({ settings }) => settings.overlays);
      return { ...plain(schema), given, adds: true, readBy: (place) => stagesAt(file, name, place) };
    }
    case 'images': {
      const schema = imagesSchema(file);
      const given = fromFiles(schema, (layer) => layer.file.images);
      return { ...plain(schema), given, readBy: (place) => stagesAt(file, name, place) };
    }
    case 'apiVersion':
    case 'kind':
    case 'pipeline':
    case 'profile':
      return singleBlock(name, choices, request);
  }
}

function judgeOf(schema: JsonObject): ParamSchema {
  return new ParamSchema(schema, readSchema(schema, { strict: true }).type);
}

function typedForStage([stage = 'STAGE', key, timeout]: ValuePath): readonly (readonly [Origin['kind'], string])[] {
  if (key === 'stopOn') return [['flag', `--stop-on ${stage}=WARNING,...`]];
  if (timeout === 'queue' || timeout === 'start') return [['flag', `--${timeout}-timeout DURATION`]];
  return [];
}

function singleBlock(name: (typeof SINGLE)[number], choices: Choices, { places, env, ...typed }: ConfigRequest): Block {
  const { settings, entry } = choices;
  const isChoice = name === 'pipeline' || name === 'profile';
  const fallback = isChoice ? settings.defaults[name] : undefined;
  const value = { title: FILE_KEYS[name], type: 'string', minLength: 1 };
  const rule =
    name === 'apiVersion' ? { enum: [API_VERSION] } : name === 'kind' ? { enum: ['Project', 'User', 'Profile'] } : {};
  // Ours counts only where the pipeline has it.
  const isDefault = name !== 'profile' || choices.profile?.chosen.origin.kind === 'defaults';
  const own = { ...value, ...rule, ...(fallback === undefined || !isDefault ? {} : { default: fallback.name }) };
  const schema: JsonObject = { type: 'object', additionalProperties: false, properties: { [name]: own } };
  const one = (found: string | undefined, origin: Origin): readonly Given[] =>
    found === undefined ? [] : [{ path: [name], value: found, origin, base: places.cwd }];
  const inFile = (kind: 'user' | 'project'): readonly Given[] => {
    const file = settings[kind];
    const said = name === 'profile' ? settingsFor(settings, kind, entry.name)?.profile : file?.pipeline;
    if (file === undefined) return [];
    if (isChoice) return said === undefined ? [] : one(said.name, { kind, ...file.reader.place(said.node) });
    const { root } = file.reader;
    const node: unknown = isMap(root) ? root.get(name, true) : undefined;
    return isNode(node) ? one(textOf(node), { kind, ...file.reader.place(node) }) : [];
  };
  const choice = name as 'pipeline' | 'profile';
  const given = [
    inFile('user'),
    inFile('project'),
    ...(isChoice
      ? [
          one(flagVariable(env, choice), { kind: 'environment', variable: FLAG_VARIABLES[choice] }),
          one(typed[choice], { kind: 'flag', flag: `--${name} ${typed[choice]}` }),
        ]
      : []),
  ];
  return {
    ...{ name, schema, judge: judgeOf(schema), given },
    defaultOrigin: () => fallback?.origin,
    typed: () =>
      isChoice
        ? [
            ['environment', `${FLAG_VARIABLES[choice]}=NAME`],
            ['flag', name === 'profile' ? '--profile NAME' : 'its name behind the command: ilab-backend run NAME'],
          ]
        : [],
    readBy: () => [],
  };
}

function textOf(node: object): string | undefined {
  return 'value' in node && typeof node.value === 'string' ? node.value : undefined;
}

/** The key of a file that a path begins with; undefined for a parameter's. */
export function keyOf(path: ValuePath, params: JsonObject): FileKey | undefined {
  const [first = ''] = path;
  if (!Object.hasOwn(FILE_KEYS, first)) return undefined;
  const own = params['properties'];
  // A pipeline may have a parameter that is called like a key.
  const isParameter =
    first !== 'pod' && first !== 'params' && typeof own === 'object' && own !== null && Object.hasOwn(own, first);
  return isParameter ? undefined : (first as FileKey);
}

/** Whether what stands behind `pipelines.NAME.` is a key that a pipeline may have there. */
export function isPipelineKey(word: string | undefined): boolean {
  return PIPELINE_KEYS.some((key) => key === word);
}

/** Whether a file has one value of the key, and nothing inside. */
export function isSingle(key: FileKey): boolean {
  return SINGLE.some((one) => one === key);
}

/** Whether it says what the file is: whoever changes it has no file of this program any more. */
export function isFixed(key: FileKey): boolean {
  return key === 'apiVersion' || key === 'kind';
}

/** As messages and `--set` have it: a parameter without `params.`. */
export function shownPlace({ name }: Pick<Block, 'name'>, place: ValuePath): string {
  if (name === 'params') return dotted(place) || name;
  return isSingle(name) ? name : dotted([name, ...place]);
}

/** Where a value comes from, for people. */
export function shownDefault(origin: Origin | undefined): string {
  return origin === undefined ? 'built in' : showOrigin(origin);
}

/** The values of layers that all count, one behind the other. */
export function joined(given: readonly Given[], place: ValuePath): Json | undefined {
  const lists = given
    .filter(({ path }) => dotted(path) === dotted(place))
    .flatMap(({ value }) => (Array.isArray(value) ? value : []));
  return lists.length === 0 ? undefined : lists;
}
