import { resolve } from 'node:path';
import { UserError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { SourceFiles } from '../../ports/source-files.ts';
import { readEnvironment, type Variables } from '../environment.ts';
import type { Fault } from '../faults.ts';
import { FileReader } from '../file-reader.ts';
import { placeLocation } from '../locations.ts';
import type { ConfigPlaces } from '../places.ts';
import { ownPipeline, type ProjectSettings, settingsFor } from '../settings/project-settings.ts';
import type { PipelineSettings, SettingsFile } from '../settings/settings-file.ts';
import { type Given, givenInFile } from './given-values.ts';
import { readSetFlags } from './set-flags.ts';

/** The settings of one file that count for the chosen pipeline. */
export interface SettingsLayer {
  readonly file: SettingsFile;
  readonly settings: PipelineSettings;
  /** Where `settings` stands in the file. */
  readonly path: readonly string[];
}

/** Profiles, each over those before it, user file, project file: from the lowest to the highest. */
export function settingsLayers(
  settings: ProjectSettings,
  profiles: readonly SettingsFile[],
  pipeline: string,
): readonly SettingsLayer[] {
  const layers: SettingsLayer[] = profiles.map((file) => ({ file, settings: file.own, path: [] }));
  for (const kind of ['user', 'project'] as const) {
    const file = settings[kind];
    if (file === undefined) continue;
    const own = ownPipeline(settings, kind) === pipeline;
    const found = settingsFor(settings, kind, pipeline) ?? {};
    layers.push({ file, settings: found, path: own ? [] : ['pipelines', pipeline] });
  }
  return layers;
}

/** What was typed beside the files of a project. */
export interface TypedValues {
  readonly places: ConfigPlaces;
  readonly env: Variables;
  readonly set: readonly string[];
  readonly valueFiles: readonly FileReader[];
}

/** Reads the files given with `-f`; relative to the current folder. Throws `bad-config` for one that is not there. */
export async function readValueFiles(
  files: SourceFiles,
  paths: readonly string[],
  places: ConfigPlaces,
): Promise<readonly FileReader[]> {
  return Promise.all(
    paths.map(async (path) => {
      const file = await files.read(resolve(places.cwd, path), path);
      if (file !== undefined) return new FileReader(file);
      throw new UserError('bad-config', `there is no file ${path}`, { hint: 'name a YAML file of parameters with -f' });
    }),
  );
}

/** Every value that somebody gave a parameter, from the lowest layer to the highest, locations made absolute. */
export function paramLayers(
  layers: readonly SettingsLayer[],
  typed: TypedValues,
  schema: JsonObject,
): { readonly given: readonly (readonly Given[])[]; readonly faults: readonly Fault[] } {
  const { cwd, home } = typed.places;
  const environment = readEnvironment(typed.env, schema, cwd);
  const flags = readSetFlags(typed.set, schema, cwd);
  const given = [
    ...layers.map(({ file, settings }) =>
      givenInFile({ reader: file.reader, kind: file.kind, base: file.base }, settings.params, schema),
    ),
    environment.given,
    ...typed.valueFiles.map((reader) => {
      const base = resolve(cwd, reader.file.path, '..');
      return givenInFile({ reader, kind: 'values', base }, reader.root, schema);
    }),
    ...flags.given,
  ];
  return {
    given: given.map((layer) => layer.map((one) => placeLocation(one, schema, home))),
    faults: [...environment.faults, ...flags.faults],
  };
}
