import { resolve } from 'node:path';
import { nameHint } from '../domain/closest.ts';
import type { RenderablePipeline } from '../domain/pipeline/renderable-pipeline.ts';
import type { SourceFiles } from '../ports/source-files.ts';
import { formatProblems } from '../template/schema/format-problems.ts';
import type { Variables } from './environment.ts';
import { ConfigFault, fileFaults } from './faults.ts';
import { readImages } from './image-names.ts';
import { openLoaded } from './open-sources.ts';
import { findProfile } from './pipelines/find-profile.ts';
import {
  listPipelines,
  type PipelineEntry,
  pickPipeline,
  readPipelineSource,
  readProfiles,
} from './pipelines/library.ts';
import { compilePipeline, type ParsedPipeline, parsePipeline } from './pipelines/load-pipeline.ts';
import type { LoadedPipeline } from './pipelines/loaded-pipeline.ts';
import { refuseRequired, withRequired } from './pipelines/required-gates.ts';
import { chooseStages, type TypedTimeouts, withTimeouts } from './pipelines/stage-choices.ts';
import type { ConfigPlaces } from './places.ts';
import { resolveConfig } from './resolve-config.ts';
import type { RunSources, StageSelection } from './run-sources.ts';
import { PIPELINE_KEYS } from './settings/file-keys.ts';
import {
  choosePipeline,
  ownPipeline,
  type ProjectSettings,
  readProjectSettings,
  type TypedChoice,
} from './settings/project-settings.ts';
import { type PipelineSettings, refuseFiles } from './settings/settings-file.ts';
import { withStopOn } from './settings/stop-on.ts';
import type { NamedLocation } from './values/named-locations.ts';
import type { Origin } from './values/origin.ts';
import { readValueFiles, settingsLayers } from './values/value-layers.ts';

/** What a person typed, and where. */
export interface ConfigRequest {
  readonly places: ConfigPlaces;
  readonly env: Variables;
  /** `run PIPELINE`, `--pipeline P`. */
  readonly pipeline?: string;
  readonly profile?: string;
  /** `--target`, or what the flags of a cluster imply; absent = the profile's. */
  readonly target?: 'local' | 'kubernetes';
  /** `--set name=value`, in order. */
  readonly set: readonly string[];
  /** `--queue-timeout`, `--start-timeout`, `--run-timeout`; absent = as the files say. */
  readonly timeouts?: TypedTimeouts;
  /** `--require STAGE=CONDITION`, in order. */
  readonly require?: readonly string[];
  /** `--stop-on STAGE=WARNING,...`, in order. */
  readonly stopOn?: readonly string[];
  /** `-f FILE`, in order; relative to `places.cwd`. */
  readonly valueFiles: readonly string[];
  /** The program's own commands: no stage may be named like one. */
  readonly commands: readonly string[];
  /** For who wants to know all that is wrong: a fault of the project's or the user's file, or a profile that is not there, does not end it. */
  readonly goesOn?: boolean;
}

/** A pipeline with all its values, and who gave them. */
export interface Configured {
  readonly entry: PipelineEntry;
  readonly loaded: LoadedPipeline;
  /** What a run is recorded with; `serializeSources` makes its text. */
  readonly sources: RunSources;
  /** Who named which data, for messages; no part of what is recorded. */
  readonly locations: readonly NamedLocation[];
  /** What was typed, for a command that is told again; paths are absolute. */
  readonly typedAs: Pick<ConfigRequest, 'set' | 'valueFiles'> & { readonly project?: string };
  /** The same as `openSources(sources)`. */
  readonly pipeline: RenderablePipeline;
}

/**
 * Reads and joins everything that decides a run: flags over environment over project over user over profile over the
 * pipeline's defaults. Throws one `UserError` with every fault; nothing is written.
 */
export async function configure(files: SourceFiles, request: ConfigRequest): Promise<Configured> {
  const chosen = await readChoices(files, request);
  const { entry, source, parsed, choice, profile, layers, origins, settings } = chosen;
  const { places, env, set } = request;
  const timed = withTimeouts(chosen.stages, request.timeouts ?? {}, origins);
  const required = withRequired(timed, request.require ?? [], origins);
  const stages = withStopOn(required, request.stopOn ?? [], origins);
  const valueFiles = await readValueFiles(files, request.valueFiles, places);
  const loaded = compile(parsed, stages);
  refuseRequired(loaded, stages);
  const own = ownPipeline(settings, settings.project === undefined ? 'user' : 'project') === entry.name;
  const { sources, locations } = resolveConfig({
    pipeline: loaded,
    source,
    reader: parsed.file.reader,
    choice,
    ...(profile === undefined ? {} : { profile }),
    ...(request.target === undefined ? {} : { target: request.target }),
    layers,
    stages,
    typed: { places, env, set, valueFiles },
    origins,
    project: { own, hasFile: settings.project !== undefined },
  });
  const typedAs = {
    set,
    valueFiles: request.valueFiles.map((file) => resolve(places.cwd, file)),
    ...(places.projectNamed ? { project: places.project } : {}),
  };
  return { entry, loaded, sources, locations, typedAs, pipeline: openLoaded(loaded, sources) };
}

/** Which engine each stage of the chosen pipeline uses with the chosen profile, in the order of the file. */
export interface StageEngine {
  readonly stage: string;
  readonly engine: string;
  /** As the pipeline has it: a folder of ours, or a reference. */
  readonly image: string;
  /** What a file says stands for it on a cluster, and which file. */
  readonly pinned?: { readonly reference: string; readonly origin: Origin };
}

/** The engines alone, which need no value. Throws one `UserError` with every fault. */
export async function configureEngines(
  files: SourceFiles,
  request: Omit<ConfigRequest, 'set' | 'valueFiles'>,
): Promise<{ readonly pipeline: string; readonly profile?: string; readonly engines: readonly StageEngine[] }> {
  const { entry, parsed, profile, layers, stages, origins } = await readChoices(files, request);
  const loaded = compile(parsed, stages);
  const named = layers.map(({ file }) => ({ reader: file.reader, kind: file.kind, node: file.images }));
  const images = readImages(loaded, named, { target: 'kubernetes', origins });
  refuseFiles(layers.map(({ file }) => file));
  const engines = loaded.pipeline.stages.map((stage): StageEngine => {
    const engine = stages[stage.name]?.engine ?? '';
    const image = stage.engines[engine]?.image ?? '';
    const [reference, origin] = [images[image], origins.get(`images.${image}`)];
    const pinned = reference === undefined || origin === undefined ? {} : { pinned: { reference, origin } };
    return { stage: stage.name, engine, image, ...pinned };
  });
  return { pipeline: entry.name, ...(profile === undefined ? {} : { profile: profile.chosen.name }), engines };
}

/** The pipeline that is meant, whatever is wrong with it or with the files around it. Throws `unknown-pipeline`. */
export async function readPipeline(files: SourceFiles, request: Omit<ConfigRequest, 'set' | 'valueFiles'>) {
  const { places, env } = request;
  const [settings, known] = await Promise.all([readProjectSettings(files, places), listPipelines(files, places)]);
  // A file that cannot be read names no pipeline that could be looked for.
  if ([settings.project, settings.user].some((file) => file?.reader.root === undefined && file !== undefined)) {
    refuseFiles([settings.project, settings.user]);
  }
  const choice = choosePipeline(settings, typed('pipeline', request.pipeline), env);
  const entry = pickPipeline(known, choice.name);
  const parsed = parsePipeline(await readPipelineSource(files, places, entry), request.commands);
  return { settings, known, choice, entry, parsed };
}

/** What the files and flags choose, before any value is looked at. Throws what keeps them from being read. */
export async function readChoices(files: SourceFiles, request: Omit<ConfigRequest, 'set' | 'valueFiles'>) {
  const { env } = request;
  const { settings, known, ...pipeline } = await readPipeline(files, request);
  checkOthers(settings, known);
  // Whoever asks for all that is wrong gets these with the rest.
  if (request.goesOn !== true) refuseFiles([settings.project, settings.user]);
  const { choice, entry, parsed } = pipeline;
  const { source } = parsed;
  const profiles = await readProfiles(files, request.places, entry);
  const profile = findProfile(settings, entry, profiles, {
    typed: typed('profile', request.profile),
    env,
    orNone: request.goesOn === true,
  });
  const layers = settingsLayers(settings, profile === undefined ? [] : [...profile.bases, profile.file], entry.name);
  const origins = new Map<string, Origin>();
  const stages = chooseStages(
    parsed.file,
    layers.map(({ file, settings: own }) => ({ reader: file.reader, kind: file.kind, node: own.stages })),
    origins,
  );
  return { settings, choice, entry, source, profile, layers, parsed, stages, origins };
}

/** A project knows its pipelines; a user's file may name those of other projects. */
function checkOthers(settings: ProjectSettings, known: readonly PipelineEntry[]): void {
  const { project } = settings;
  const names = known.map((entry) => entry.name);
  const own = ownPipeline(settings, 'project');
  for (const [name, { key, settings: said }] of project?.others ?? []) {
    if (name === own) {
      const hint = `move ${movable(said)} to the top level of this file`;
      project?.reader.report(
        key,
        `\`${name}\` is this project's own pipeline: its values stand at the top level`,
        hint,
      );
    }
    if (!names.includes(name)) project?.reader.report(key, `there is no pipeline \`${name}\``, nameHint(name, names));
  }
}

/** What a file says of a pipeline, by the keys it would have one level up. */
function movable(said: PipelineSettings): string {
  const keys = PIPELINE_KEYS.filter((key) => said[key] !== undefined);
  return keys.length === 0 ? 'what stands here' : keys.map((key) => `\`${key}:\``).join(', ');
}

function typed(flag: string, name: string | undefined): TypedChoice {
  return { flag: `--${flag} ${name ?? ''}`, name };
}

/** Only the chosen variants' templates: the others take no part. */
function compile(parsed: ParsedPipeline, stages: Readonly<Record<string, StageSelection>>): LoadedPipeline {
  const chosen = Object.entries(stages).map(([name, { variant }]) => [name, variant] as const);
  const sound = parsed.file.reader.problems.length === 0;
  const loaded = compilePipeline(parsed, sound ? Object.fromEntries(chosen) : undefined);
  if (loaded.kind === 'ok') return loaded.value;
  const what = `the pipeline in ${parsed.source.folder} cannot be used`;
  const faults = fileFaults(loaded.problems);
  throw new ConfigFault('bad-pipeline', `${what}\n\n${formatProblems(loaded.problems)}\n`, { faults });
}
