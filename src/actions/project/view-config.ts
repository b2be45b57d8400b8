import { originAt, showOrigin } from '../../config/values/origin.ts';
import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';
import type { OpenProject } from './open-project.ts';

/** One value and where it comes from. */
export interface ConfigValue {
  /** `params.train.epochs`, `pod.nodeSelector`, `profile`, `stages.train.engine`. */
  readonly path: string;
  readonly value: Json;
  /** `ilab-backend.yaml:4:3`, `--set train.epochs=3`; `default` for what nobody gave. */
  readonly origin: string;
}

/**
 * Every value that decides a run, leaf by leaf, in the order of the pipeline's schema. With `pipeline` also the timeouts,
 * in seconds, that nobody gave.
 */
export function viewConfig(
  project: Pick<OpenProject, 'config'> & Partial<Pick<OpenProject, 'pipeline'>>,
): readonly ConfigValue[] {
  const { config } = project;
  const timeoutsOf = (name: string) => project.pipeline?.pipeline.stages.find((stage) => stage.name === name)?.timeouts;
  const { pipeline, profile, target, params, pod, notify, stages, images } = config;
  const values: (readonly [string, Json])[] = [
    ['pipeline', pipeline.name],
    ...(profile === undefined ? [] : [['profile', profile] as const]),
    ['target', target],
    ...leaves('params', params),
    ...leaves('pod', pod),
    ...(notify === undefined ? [] : leaves('notify', notify as unknown as JsonObject)),
    ...Object.entries(stages).flatMap(([name, choice]) => {
      const timeouts = timeoutsOf(name);
      const whole = timeouts === undefined ? choice : { ...choice, timeouts };
      return leaves(`stages.${name}`, whole as unknown as JsonObject);
    }),
    ...Object.entries(images).map(([image, reference]) => [`images.${image}`, reference] as const),
  ];
  return values.map(([path, value]) => {
    const origin = originAt(config.origins, path);
    return { path, value, origin: origin === undefined ? 'default' : showOrigin(origin) };
  });
}

/** Whether the value at the path is a time in seconds. */
export function isTimeout(path: string): boolean {
  return /^stages\.[^.]+\.timeouts\.[^.]+$/.test(path);
}

function leaves(path: string, value: Json): readonly (readonly [string, Json])[] {
  if (!isJsonObject(value) || Object.keys(value).length === 0) return path.includes('.') ? [[path, value]] : [];
  return Object.entries(value).flatMap(([key, child]) => leaves(`${path}.${key}`, child));
}
