import { UserError } from '../domain/errors.ts';
import type { SourceFile } from '../domain/pipeline/source-file.ts';
import type { SourceFiles } from '../ports/source-files.ts';
import { type ConfigRequest, type Configured, configure, readChoices, readPipeline } from './configure.ts';
import { ConfigFault, type Fault, fileFaults, typedFault } from './faults.ts';
import { unknownProfile } from './pipelines/find-profile.ts';
import { readProfiles } from './pipelines/library.ts';
import { compilePipeline, readParams } from './pipelines/load-pipeline.ts';
import type { LoadedPipeline } from './pipelines/loaded-pipeline.ts';
import { chooseProfile } from './settings/project-settings.ts';
import { showOrigin } from './values/origin.ts';
import { resolveValues } from './values/resolve-values.ts';
import { paramLayers, readValueFiles } from './values/value-layers.ts';

/** A fault, and with which profiles it shows; `undefined` among them: with none. */
export interface SurveyedFault {
  readonly fault: Fault;
  readonly profiles: readonly (string | undefined)[];
}

/** A pipeline's values with one profile. */
export interface SurveyedProfile {
  /** Absent = without a profile. */
  readonly name?: string;
  /** It is the one that counts when none is typed. */
  readonly isChosen: boolean;
  /** Absent where something is wrong or missing. */
  readonly configured?: Configured;
  /** Dotted names of parameters that it needs and nobody gave. */
  readonly missing: readonly string[];
  /** The lines to add for them. */
  readonly hint?: string;
}

/** Everything that the files of a pipeline and of a project say, read with every profile. */
export interface Survey {
  readonly pipeline: string;
  /** With the templates of all variants; absent where they have faults. */
  readonly loaded?: LoadedPipeline;
  readonly stages: number;
  readonly variants: number;
  readonly profiles: readonly SurveyedProfile[];
  /** What the pipeline was read from. */
  readonly files: readonly SourceFile[];
  readonly faults: readonly SurveyedFault[];
}

/** Reads a pipeline with each of its profiles, or with the one that was typed. Throws what keeps its files from being found. */
export async function surveyConfig(files: SourceFiles, request: ConfigRequest): Promise<Survey> {
  const { entry, parsed, settings } = await readPipeline(files, request);
  const compiled = compilePipeline(parsed);
  const found = new FoundFaults();
  if (compiled.kind === 'problems') found.add(fileFaults(compiled.problems), undefined);
  const profiles: SurveyedProfile[] = [];
  const known = (await readProfiles(files, request.places, entry)).map(({ name }) => name);
  const typed = { flag: `--profile ${request.profile}`, name: request.profile };
  const named = chooseProfile(settings, { pipeline: entry.name, typed, env: request.env, known });
  const chosen = known.find((name) => name === named?.name);
  if (named !== undefined && chosen === undefined) {
    const { message, hint } = unknownProfile(entry.name, named.name, known);
    found.add([typedFault(showOrigin(named.origin), message, hint)], undefined);
  }
  const others = request.profile === undefined ? known.filter((name) => name !== chosen) : [];
  for (const name of [chosen, ...others]) {
    profiles.push(await surveyProfile(files, { ...request, goesOn: true }, { name, isChosen: name === chosen, found }));
  }
  const { stages } = parsed.file;
  return {
    pipeline: entry.name,
    ...(compiled.kind === 'ok' ? { loaded: compiled.value } : {}),
    stages: stages.length,
    variants: stages.reduce((sum, { variants }) => sum + variants.length, 0),
    profiles,
    files: [...parsed.source.files, ...parsed.source.shared],
    faults: found.all(),
  };
}

async function surveyProfile(
  files: SourceFiles,
  request: ConfigRequest,
  of: { readonly name: string | undefined; readonly isChosen: boolean; readonly found: FoundFaults },
): Promise<SurveyedProfile> {
  const { name, isChosen, found } = of;
  const own = { ...(name === undefined ? {} : { name }), isChosen, missing: [] };
  try {
    return {
      ...own,
      configured: await configure(files, { ...request, ...(name === undefined ? {} : { profile: name }) }),
    };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    if (!(error instanceof ConfigFault)) {
      found.add([typedFault(name === undefined ? 'the project' : `profile ${name}`, error.message, error.hint)], name);
      return own;
    }
    found.add(error.faults, name);
    if (error.code === 'bad-pipeline') found.add(await valueFaults(files, own, request), name);
    return { ...own, missing: error.missing, ...(error.missing.length === 0 ? {} : { hint: error.hint }) };
  }
}

/** What is wrong with the values alone, where a template keeps them from being joined to a run. */
async function valueFaults(
  files: SourceFiles,
  { name }: Pick<SurveyedProfile, 'name'>,
  request: ConfigRequest,
): Promise<readonly Fault[]> {
  const { layers, parsed } = await readChoices(files, { ...request, ...(name === undefined ? {} : { profile: name }) });
  const schema = readParams(parsed.file, []);
  if (schema === undefined) return [];
  const { places, env, set } = request;
  const valueFiles = await readValueFiles(files, request.valueFiles, places);
  const { given, faults } = paramLayers(layers, { places, env, set, valueFiles }, parsed.file.params ?? {});
  const readers = new Set([...layers.map(({ file }) => file.reader), ...valueFiles]);
  return [
    ...fileFaults([...readers].flatMap(({ problems }) => problems)),
    ...faults,
    ...resolveValues(schema, given).faults,
  ];
}

/** Each fault once, with all profiles that show it. */
class FoundFaults {
  readonly #found = new Map<string, { readonly fault: Fault; readonly profiles: Set<string | undefined> }>();

  add(faults: readonly Fault[], profile: string | undefined): void {
    for (const fault of faults) {
      const key = JSON.stringify(fault);
      const known = this.#found.get(key) ?? { fault, profiles: new Set() };
      known.profiles.add(profile);
      this.#found.set(key, known);
    }
  }

  all(): readonly SurveyedFault[] {
    return [...this.#found.values()].map(({ fault, profiles }) => ({ fault, profiles: [...profiles] }));
  }
}
