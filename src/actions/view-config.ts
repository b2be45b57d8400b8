import { originAt, showOrigin } from '../config/origin.ts';
import { isJsonObject, type Json, type JsonObject } from '../domain/json.ts';
import type { OpenProject } from './open-project.ts';

/** One value and where it comes from. */
export interface ConfigValue {
  /** `params.train.epochs`, `pod.nodeSelector`, `profile`, `stages.train.engine`. */
  readonly path: string;
  readonly value: Json;
  /** `ilab-backend.yaml:4:3`, `--set train.epochs=3`; `default` for what nobody gave. */
  readonly origin: string;
}

/** Every value that decides a run, leaf by leaf, in the order of the pipeline's schema. */
export function viewConfig({ config }: Pick<OpenProject, 'config'>): readonly ConfigValue[] {
  const { pipeline, profile, target, params, pod, notify, stages, images } = config;
  const values: (readonly [string, Json])[] = [
    ['pipeline', pipeline.name],
    ...(profile === undefined ? [] : [['profile', profile] as const]),
    ['target', target],
    ...leaves('params', params),
    ...leaves('pod', pod),
    ...(notify === undefined ? [] : leaves('notify', notify as unknown as JsonObject)),
    ...Object.entries(stages).flatMap(([name, choice]) => leaves(`stages.${name}`, choice as unknown as JsonObject)),
    ...Object.entries(images).map(([image, reference]) => [`images.${image}`, reference] as const),
  ];
  return values.map(([path, value]) => {
    const origin = originAt(config.origins, path);
    return { path, value, origin: origin === undefined ? 'default' : showOrigin(origin) };
  });
}

function leaves(path: string, value: Json): readonly (readonly [string, Json])[] {
  if (!isJsonObject(value) || Object.keys(value).length === 0) return path.includes('.') ? [[path, value]] : [];
  return Object.entries(value).flatMap(([key, child]) => leaves(`${path}.${key}`, child));
}
