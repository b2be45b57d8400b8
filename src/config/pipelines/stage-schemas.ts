import { WARNING_KINDS } from '../../domain/attempt/progress.ts';
import { DURATION_PATTERN, durationText } from '../../domain/durations.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { nodeAt, yamlSource } from '../../template/yaml/yaml-source.ts';
import type { ValuePath } from '../schema-paths.ts';
import { FILE_KEYS, STAGE_KEYS, TIMEOUT_KEYS } from '../settings/file-keys.ts';
import type { StageSection } from '../settings/stage-section.ts';
import type { Origin } from '../values/origin.ts';
import type { PipelineFile } from './pipeline-file.ts';

/** `stages:` of a settings file, for the stages of one pipeline; the defaults are what the pipeline says, else the program. */
export function stagesSchema({ stages }: PipelineFile): JsonObject {
  return objectOf(
    FILE_KEYS.stages,
    stages.map((stage) => [stage.name, stageSchema(stage)]),
  );
}

function stageSchema({ name, engines, variants, timeouts, stopOn }: StageSection): JsonObject {
  const choice = (title: string, known: readonly { readonly name: string }[]): JsonObject => {
    const names = known.map((one) => one.name);
    const [first] = names;
    return { title, type: 'string', enum: names, ...(first === undefined ? {} : { default: first }) };
  };
  const limits = Object.entries(TIMEOUT_KEYS).map(([key, title]) => {
    const seconds = timeouts[key as keyof typeof TIMEOUT_KEYS];
    return [
      key,
      {
        title,
        type: 'string',
        pattern: DURATION_PATTERN,
        default: durationText(seconds),
        examples: ['15m', '24h', '7d'],
      },
    ] as const;
  });
  return objectOf(`How ${name} is run`, [
    ['engine', choice(STAGE_KEYS.engine, engines)],
    ['variant', choice(STAGE_KEYS.variant, variants)],
    ['timeouts', objectOf(STAGE_KEYS.timeouts, limits)],
    [
      'stopOn',
      { title: STAGE_KEYS.stopOn, type: 'array', items: { type: 'string', enum: WARNING_KINDS }, default: [...stopOn] },
    ],
  ]);
}

/** `overlays:` of a settings file, for the stages of one pipeline. */
export function overlaysSchema({ stages }: PipelineFile): JsonObject {
  return objectOf(
    FILE_KEYS.overlays,
    stages.map(({ name }) => [
      name,
      {
        title: `Changes to the objects of ${name}, one after the other`,
        description: 'Each names the objects by `kind` and `name` and has a `patch`: docs/templates.md.',
        type: 'array',
        items: { type: 'object', additionalProperties: true },
      },
    ]),
  );
}

/** `images:` of a settings file, for the engines of one pipeline. */
export function imagesSchema(file: PipelineFile): JsonObject {
  const images = new Set(file.stages.flatMap(({ engines }) => engines.map(({ image }) => image)));
  return objectOf(
    FILE_KEYS.images,
    [...images].map((image) => [image, { title: `What stands for ${image}; absent = as it was built here`, ...TEXT }]),
  );
}

/** Where the pipeline's file says the default at `place` of its `stages:`; undefined where the program does. */
export function stageDefaultOrigin(
  { reader, stages }: PipelineFile,
  [name, key, ...rest]: ValuePath,
): Origin | undefined {
  const stage = stages.find((one) => one.name === name);
  const [document] = yamlSource(reader.file).documents;
  if (stage === undefined || document === undefined) return undefined;
  const chosen = key === 'engine' ? stage.engines[0]?.key : key === 'variant' ? stage.variants[0]?.key : undefined;
  const node = chosen ?? nodeAt(document, ['stages', stage.name, key ?? '', ...rest]);
  return node === undefined ? undefined : { kind: 'pipeline', ...reader.place(node) };
}

/** The stages that a place below `stages:`, `overlays:` or `images:` is about. */
export function stagesAt(
  { stages }: PipelineFile,
  block: 'stages' | 'overlays' | 'images',
  [first]: ValuePath,
): readonly string[] {
  return stages
    .filter(({ name, engines }) =>
      block === 'images'
        ? first === undefined || engines.some(({ image }) => image === first)
        : (first ?? name) === name,
    )
    .map(({ name }) => name);
}

const TEXT: JsonObject = { type: 'string', minLength: 1 };

function objectOf(title: string, fields: readonly (readonly [string, Json])[]): JsonObject {
  return { title, type: 'object', additionalProperties: false, default: {}, properties: Object.fromEntries(fields) };
}
