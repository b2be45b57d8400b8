import { basename, dirname, isAbsolute, relative, resolve } from 'node:path';
import type { Json } from '../domain/json.ts';
import { previewBindings } from '../domain/pipeline/bindings.ts';
import { gpusOf } from '../domain/plan/workload.ts';
import type { SourceFiles } from '../ports/source-files.ts';
import type { ParamLeaf } from '../template/schema/param-leaves.ts';
import { type AbsentLocation, absentLocation } from './absent-location.ts';
import { type ConfigRequest, configure, readChoices, readPipeline } from './configure.ts';
import { ConfigFault, refuse } from './faults.ts';
import { isElsewhere, locationFrom } from './locations.ts';
import { readProfiles } from './pipelines/library.ts';
import { readParams } from './pipelines/load-pipeline.ts';
import { API_VERSION } from './pipelines/pipeline-file.ts';
import { type ConfigPlaces, PROJECT_FILE } from './places.ts';
import { draftText } from './project-draft.ts';
import { readSettingsFile } from './settings/settings-file.ts';
import { givenInFile } from './values/given-values.ts';
import { mergeGiven } from './values/merge-given.ts';
import { valueAt } from './values/resolve-values.ts';
import { readSetFlags } from './values/set-flags.ts';

/** A profile that a new project could take. */
export interface ProfileChoice {
  readonly name: string;
  readonly target: 'local' | 'kubernetes';
  /** The most GPUs that the pods of one stage hold; absent where that cannot be told. */
  readonly gpus?: number;
}

/** A new project's file, and what is still to be filled in. */
export interface NewProject {
  readonly text: string;
  readonly missing: readonly ParamLeaf[];
  /** Parameters whose value is a folder of this machine that is not there, or no URL that can be read, with the value. */
  readonly absent: readonly (AbsentLocation & { readonly path: string; readonly folder: string })[];
}

/** The pipeline that is meant. Throws `unknown-pipeline`. */
export async function meantPipeline(files: SourceFiles, request: ConfigRequest): Promise<string> {
  return (await readPipeline(withoutProject(files, request), request)).entry.name;
}

/** The profiles of the request's pipeline for a target; how many GPUs they hold is of interest on a cluster. */
export async function profileChoices(
  files: SourceFiles,
  request: ConfigRequest,
  target: ProfileChoice['target'],
): Promise<readonly ProfileChoice[]> {
  const own = withoutProject(files, request);
  const { entry } = await readPipeline(own, request);
  const profiles = await readProfiles(own, request.places, entry);
  const choices: ProfileChoice[] = [];
  for (const { name, file, base } of profiles) {
    if ((readSettingsFile('profile', file, base).target?.value ?? 'local') !== target) continue;
    const gpus = target === 'local' ? undefined : await gpusHeld(own, { ...request, profile: name });
    choices.push({ name, target, ...(gpus === undefined ? {} : { gpus }) });
  }
  return choices;
}

/** With an example for whatever is missing. */
async function gpusHeld(files: SourceFiles, request: ConfigRequest): Promise<number | undefined> {
  try {
    const missing = await missingLeaves(files, request);
    const set = [...request.set, ...missing.map((leaf) => `${leaf.path}=${exampleOf(leaf)}`)];
    const { pipeline } = await configure(files, { ...request, set });
    const held = pipeline.pipeline.stages.map((stage) =>
      gpusOf(pipeline.render(stage.name, previewBindings(stage, 'preview', new Set()))),
    );
    return Math.max(0, ...held);
  } catch (error) {
    if (error instanceof ConfigFault) return undefined;
    throw error;
  }
}

function exampleOf({ examples, enum: values, type }: ParamLeaf): string {
  const [first] = examples ?? values ?? [];
  if (first === undefined) return type === 'integer' || type === 'number' ? '1' : 'example';
  return typeof first === 'string' ? first : JSON.stringify(first);
}

/** The parameters that the pipeline needs with the profile and that are not among `set`. Throws for values that are wrong. */
export async function missingLeaves(files: SourceFiles, request: ConfigRequest): Promise<readonly ParamLeaf[]> {
  try {
    await configure(withoutProject(files, request), request);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigFault) || error.missing.length === 0) throw error;
    const { parsed, entry } = await readPipeline(withoutProject(files, request), request);
    if (error.faults.length > 0) {
      const hint = `see the parameters: \`ilab-backend pipelines show ${entry.name}\``;
      throw refuse(error.code, 'these values cannot be used', error.faults, { hint });
    }
    const leaves = readParams(parsed.file, [])?.leaves() ?? [];
    return error.missing.map(
      (path) => leaves.find((leaf) => leaf.path === path) ?? { path, type: 'string', required: true },
    );
  }
}

/** The file of a new project in `places.project`. Throws for values that are wrong. */
export async function newProject(files: SourceFiles, request: ConfigRequest): Promise<NewProject> {
  const own = withoutProject(files, request);
  const missing = await missingLeaves(own, request);
  const { entry, parsed, profile, layers } = await readChoices(own, request);
  const judge = readParams(parsed.file, []);
  const schema = parsed.file.params ?? {};
  const below = layers.map(({ file, settings }) => givenInFile(file, settings.params, schema));
  const typed = mergeGiven(readSetFlags(request.set, schema, request.places.cwd).given);
  const live = new Map<string, Json | undefined>();
  const absent: NewProject['absent'][number][] = [];
  for (const { path, source } of judge?.leaves() ?? []) {
    // A map was given key by key, or taken back as a whole.
    const value = valueAt(typed.values, path);
    if (value === undefined) continue;
    live.set(path, source === undefined ? value : placed(value, source.builtin, request.places));
    if (source === undefined || typeof value !== 'string' || source.builtin.includes(value)) continue;
    const folder = locationFrom(value, request.places.cwd, source.builtin, request.places.home);
    const found = await absentLocation(files, value, folder);
    if (found !== undefined) absent.push({ path, folder: value, ...found });
  }
  for (const { path } of missing) live.set(path, undefined);
  const values = judge?.withDefaults(mergeGiven(below).values) ?? {};
  const target = request.target ?? profile?.file.target?.value ?? 'local';
  return {
    text: draftText({ pipeline: entry.name, profile: profile?.chosen.name, target, schema, live, values }),
    missing,
    absent,
  };
}

/** Hidden folders are not looked for, and taken to be there. */
export async function isFolder(files: SourceFiles, path: string): Promise<boolean> {
  const name = basename(path);
  return name === '' || name.startsWith('.') || (await files.folders(dirname(path))).includes(name);
}

/** What is relative to where it was typed becomes relative to the file. */
function placed(value: Json, builtin: readonly string[], { cwd, project }: ConfigPlaces): Json {
  if (typeof value !== 'string' || isElsewhere(value, builtin) || isAbsolute(value) || /^~(\/|$)/.test(value))
    return value;
  const path = relative(project, resolve(cwd, value));
  return path === '' ? '.' : path.startsWith('..') ? path : `./${path}`;
}

/** As if the project's file said nothing but which pipeline it is about. */
function withoutProject(files: SourceFiles, { pipeline }: ConfigRequest): SourceFiles {
  const name = pipeline === undefined ? '' : `pipeline: ${pipeline}\n`;
  const text = `apiVersion: ${API_VERSION}\nkind: Project\n${name}`;
  return {
    read: async (path, shown) => (shown === PROJECT_FILE ? { path: shown, text } : files.read(path, shown)),
    readFolder: (folder, shown) => files.readFolder(folder, shown),
    folders: (folder) => files.folders(folder),
  };
}
