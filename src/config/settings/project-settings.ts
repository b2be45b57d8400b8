import { dirname, join } from 'node:path';
import { UserError } from '../../domain/errors.ts';
import type { SourceFiles } from '../../ports/source-files.ts';
import { FLAG_VARIABLES, flagVariable, type Variables } from '../environment.ts';
import { FileReader } from '../file-reader.ts';
import { type ConfigPlaces, PROJECT_FILE, shownPath } from '../places.ts';
import type { Origin } from '../values/origin.ts';
import { type Named, type PipelineSettings, readSettingsFile, type SettingsFile } from './settings-file.ts';

/** What the files around a command say before its pipeline is read. */
export interface ProjectSettings {
  readonly user?: SettingsFile;
  readonly project?: SettingsFile;
  readonly defaults: { readonly pipeline: Chosen; readonly profile: Chosen };
}

/** A name and who chose it. */
export interface Chosen {
  readonly name: string;
  readonly origin: Origin;
}

/** Reads project file, user file and our defaults. Throws `bad-config` when a named project has no file. */
export async function readProjectSettings(files: SourceFiles, places: ConfigPlaces): Promise<ProjectSettings> {
  const [project, user, defaults] = await Promise.all([
    files.read(join(places.project, PROJECT_FILE), PROJECT_FILE),
    files.read(places.userFile, shownPath(places.userFile, places.home)),
    files.read(join(places.templates, 'defaults.yaml'), 'templates/defaults.yaml'),
  ]);
  if (project === undefined && places.projectNamed) {
    throw new UserError('bad-config', `there is no ${PROJECT_FILE} in ${places.project}`, {
      hint: 'name a folder that has one with --project; parents are not searched',
    });
  }
  if (defaults === undefined) throw new Error('templates/defaults.yaml is missing');
  const reader = new FileReader(defaults);
  const fields = reader.fields(reader.root, 'the defaults', { known: ['pipeline', 'profile'] });
  const chosen = (name: 'pipeline' | 'profile'): Chosen => {
    const node = fields?.entries.get(name)?.value;
    const text = reader.text(node, name);
    if (node === undefined || text === undefined) throw new Error(`templates/defaults.yaml names no ${name}`);
    return { name: text, origin: { kind: 'defaults', ...reader.place(node) } };
  };
  return {
    defaults: { pipeline: chosen('pipeline'), profile: chosen('profile') },
    ...(project === undefined ? {} : { project: readSettingsFile('project', project, places.project) }),
    ...(user === undefined ? {} : { user: readSettingsFile('user', user, dirname(places.userFile)) }),
  };
}

/** What was typed, by name of the flag. */
export interface TypedChoice {
  readonly flag: string;
  readonly name: string | undefined;
}

/** Which pipeline is meant: as typed, else by variable, project file, user file, our default. */
export function choosePipeline(settings: ProjectSettings, typed: TypedChoice, env: Variables): Chosen {
  return (
    chosenByFlag(typed) ??
    chosenByVariable(env, 'pipeline') ??
    chosenByFile(settings.project, settings.project?.pipeline) ??
    chosenByFile(settings.user, settings.user?.pipeline) ??
    settings.defaults.pipeline
  );
}

/** Which profile is meant. Ours counts only where the pipeline has it: undefined when it has none of that name. */
export function chooseProfile(
  settings: ProjectSettings,
  request: {
    readonly pipeline: string;
    readonly typed: TypedChoice;
    readonly env: Variables;
    readonly known: readonly string[];
  },
): Chosen | undefined {
  const { pipeline, typed, env, known } = request;
  const project = settingsFor(settings, 'project', pipeline)?.profile;
  const user = settingsFor(settings, 'user', pipeline)?.profile;
  const chosen =
    chosenByFlag(typed) ??
    chosenByVariable(env, 'profile') ??
    chosenByFile(settings.project, project) ??
    chosenByFile(settings.user, user);
  if (chosen !== undefined) return chosen;
  return known.includes(settings.defaults.profile.name) ? settings.defaults.profile : undefined;
}

/** What a file says for one pipeline: at its top level for its own, below `pipelines:` for the others. */
export function settingsFor(
  settings: ProjectSettings,
  kind: 'project' | 'user',
  pipeline: string,
): PipelineSettings | undefined {
  const file = settings[kind];
  if (file === undefined) return undefined;
  return pipeline === ownPipeline(settings, kind) ? file.own : file.others.get(pipeline)?.settings;
}

/** The pipeline that a file's top level is about: the one it names, else what is meant without it. */
export function ownPipeline(settings: ProjectSettings, kind: 'project' | 'user'): string {
  const named = kind === 'project' ? settings.project?.pipeline?.name : undefined;
  return named ?? settings.user?.pipeline?.name ?? settings.defaults.pipeline.name;
}

function chosenByFlag({ flag, name }: TypedChoice): Chosen | undefined {
  return name === undefined ? undefined : { name, origin: { kind: 'flag', flag } };
}

function chosenByVariable(env: Variables, flag: 'pipeline' | 'profile'): Chosen | undefined {
  const name = flagVariable(env, flag);
  return name === undefined ? undefined : { name, origin: { kind: 'environment', variable: FLAG_VARIABLES[flag] } };
}

function chosenByFile(file: SettingsFile | undefined, named: Named | undefined): Chosen | undefined {
  if (file === undefined || named === undefined || file.kind === 'profile') return undefined;
  return { name: named.name, origin: { kind: file.kind, ...file.reader.place(named.node) } };
}
