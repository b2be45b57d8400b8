import type { RunSources } from '../../config/run-sources.ts';
import { sha256 } from '../../domain/data/digest.ts';
import { isJsonObject, type Json } from '../../domain/json.ts';
import { type Pin, pinnedVersion, type RunDocument } from './run-document.ts';

/** Everything that decides a plan, leaf by leaf, by a dotted path; texts of files by their digest. */
export type PlanValues = ReadonlyMap<string, string | number>;

/** The values of a stored plan, in the order of the pipeline's schema. */
export function planValues(document: RunDocument): PlanValues {
  const sources = JSON.parse(document.sources) as RunSources;
  const { pipeline, profile, target, params, pod, stages, images, files, shared, overlays } = sources;
  const values: (readonly [string, string | number])[] = [
    ['pipeline', `${pipeline.name} ${pipeline.version}`],
    ...(profile === undefined ? [] : [['profile', profile] as const]),
    ['target', target],
    ...leaves('params', params),
    ...leaves('pod', pod),
    ...leaves('stages', stages as unknown as Json),
    ...leaves('references', images),
    ...document.pins.flatMap(dataOf),
    ...[...files, ...shared].map(({ path, text }) => [`files.${path}`, digestOf(text)] as const),
    ...overlays.map(
      ({ stage, from, text }, index) => [`overlays.${stage}.${index + 1}`, `${from} ${digestOf(text)}`] as const,
    ),
    ...Object.entries(document.images).map(([image, { identity }]) => [`images.${image}`, identity] as const),
    ['selection.stages', document.selection.selected.join(', ')],
  ];
  return new Map(values);
}

function leaves(path: string, value: Json): readonly (readonly [string, string | number])[] {
  if (isJsonObject(value)) return Object.entries(value).flatMap(([key, child]) => leaves(`${path}.${key}`, child));
  return [[path, typeof value === 'number' || typeof value === 'string' ? value : JSON.stringify(value)]];
}

/** Where it lay, and which version of it was taken. */
function dataOf({ stage, input, request, source }: Pin): readonly (readonly [string, string])[] {
  const at = `data.${stage}.${input}`;
  return [
    [`${at}.location`, request.location],
    [`${at}.version`, pinnedVersion(source)],
  ];
}

function digestOf(text: string): string {
  return `sha256:${sha256(text)}`;
}
