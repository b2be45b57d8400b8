import type { Json, JsonObject } from '../domain/json.ts';
import type { ParamLeaf } from '../template/schema/param-leaves.ts';
import type { ParamSchema } from '../template/schema/param-schema.ts';
import { type Fault, fileFaults, refuse, toCorrect } from './faults.ts';
import type { FileReader } from './file-reader.ts';
import { readImages } from './image-names.ts';
import type { LoadedPipeline } from './pipelines/loaded-pipeline.ts';
import { readOverlays } from './pipelines/overlays.ts';
import type { PipelineSource } from './pipelines/pipeline-source.ts';
import type { RunSources, StageSelection } from './run-sources.ts';
import { isSecretReference, LOCAL_SECRETS } from './secret-reference.ts';
import { NOTIFY_SETTINGS, resolveNotify } from './settings/notify-settings.ts';
import { POD_SCHEMA, POD_SETTINGS } from './settings/pod-settings.ts';
import type { Chosen } from './settings/project-settings.ts';
import type { SettingsFile } from './settings/settings-file.ts';
import { defaultOrigins } from './values/default-origins.ts';
import { type Given, givenInFile } from './values/given-values.ts';
import { type MissingValue, missingError } from './values/missing-values.ts';
import { type NamedLocation, namedLocations } from './values/named-locations.ts';
import type { Origin } from './values/origin.ts';
import { faultOf, type ResolvedValues, resolveValues, valueAt } from './values/resolve-values.ts';
import { paramLayers, type SettingsLayer, type TypedValues } from './values/value-layers.ts';

export interface ResolveInput {
  readonly pipeline: LoadedPipeline;
  readonly source: PipelineSource;
  readonly reader: FileReader;
  readonly choice: Chosen;
  readonly profile?: { readonly chosen: Chosen; readonly file: SettingsFile };
  /** As typed; absent = the profile's. */
  readonly target?: RunSources['target'];
  readonly layers: readonly SettingsLayer[];
  readonly stages: Readonly<Record<string, StageSelection>>;
  readonly typed: TypedValues;
  /** Where each thing chosen so far came from; gets the rest. */
  readonly origins: Map<string, Origin>;
  /** For the lines to add when a value is missing. */
  readonly project: { readonly own: boolean; readonly hasFile: boolean };
}

/** What a run is recorded with, and who named which data. */
export interface ResolvedConfig {
  readonly sources: RunSources;
  readonly locations: readonly NamedLocation[];
}

/** Joins the layers over a loaded pipeline. Throws one `UserError` with every fault. */
export function resolveConfig(input: ResolveInput): ResolvedConfig {
  return new Resolver(input).resolve();
}

class Resolver {
  readonly #input: ResolveInput;
  readonly #faults: Fault[] = [];

  constructor(input: ResolveInput) {
    this.#input = input;
  }

  get #target(): RunSources['target'] {
    return this.#input.target ?? this.#input.profile?.file.target?.value ?? 'local';
  }

  resolve(): ResolvedConfig {
    const { pipeline, source, layers, profile, stages, origins, choice } = this.#input;
    const params = this.#params();
    const podSettings = this.#values('pod', POD_SETTINGS, this.#podLayers());
    const pod = podSettings.values;
    const target = this.#target;
    const notify = this.#notify();
    if (target === 'kubernetes') this.#faults.push(...localSecrets(POD_SETTINGS.leaves(), podSettings, 'pod.'));
    const files = layers.map(({ file }) => ({ reader: file.reader, kind: file.kind, node: file.images }));
    const images = readImages(pipeline, files, { target, origins });
    const overlays = this.#overlays();
    this.#refuse(params.missing, params.values);
    origins.set('pipeline', choice.origin);
    if (profile !== undefined) origins.set('profile', profile.chosen.origin);
    const typed = this.#input.target === undefined ? undefined : ({ kind: 'flag', flag: '--target' } as const);
    origins.set('target', typed ?? targetOrigin(profile?.file));
    const sources: RunSources = {
      version: 1,
      pipeline: { name: pipeline.pipeline.name, version: pipeline.pipeline.version, folder: source.folder },
      ...(profile === undefined ? {} : { profile: profile.chosen.name }),
      target,
      files: usedFiles(source, pipeline, stages),
      shared: [...source.shared],
      params: params.values,
      pod,
      ...(notify === undefined ? {} : { notify }),
      overlays: [...overlays],
      images: { ...images },
      stages: { ...stages },
      origins: Object.fromEntries(origins),
    };
    return { sources, locations: namedLocations(params.givers, pipeline.pipeline.params) };
  }

  #params() {
    const { pipeline, layers, typed, reader, origins } = this.#input;
    const { given, faults } = paramLayers(layers, typed, pipeline.pipeline.params);
    this.#faults.push(...faults);
    const resolved = this.#values('params', pipeline.schema, given);
    if (this.#target === 'kubernetes') this.#faults.push(...localSecrets(pipeline.schema.leaves(), resolved));
    const defaults = defaultOrigins(reader, pipeline.schema.leaves(), resolved.values, resolved.origins);
    for (const [path, origin] of defaults) origins.set(`params.${path}`, origin);
    return resolved;
  }

  #podLayers(): readonly (readonly Given[])[] {
    return this.#input.layers.map(({ file }) =>
      givenInFile({ reader: file.reader, kind: file.kind, base: file.base }, file.pod, POD_SCHEMA, 'pod'),
    );
  }

  /** Checked as it is stored when the run is recorded: what is at fault is told before. */
  #notify(): RunSources['notify'] {
    const found = resolveNotify(this.#input.layers);
    if (found === undefined) return undefined;
    const { resolved, faults } = found;
    for (const [path, origin] of resolved.origins) this.#input.origins.set(`notify.${path}`, origin);
    this.#faults.push(...faults);
    if (this.#target === 'kubernetes')
      this.#faults.push(...localSecrets(NOTIFY_SETTINGS.leaves(), resolved, 'notify.'));
    return resolved.values as unknown as RunSources['notify'];
  }

  #values(name: 'params' | 'pod', schema: ParamSchema, given: readonly (readonly Given[])[]) {
    const resolved = resolveValues(schema, given, name);
    for (const [path, origin] of resolved.origins) this.#input.origins.set(`${name}.${path}`, origin);
    this.#faults.push(...resolved.faults);
    return resolved;
  }

  #overlays() {
    const { layers, pipeline, stages } = this.#input;
    const variants = Object.fromEntries(Object.entries(stages).map(([name, { variant }]) => [name, variant]));
    return layers.flatMap(({ file, settings, path }) => {
      const place = { reader: file.reader, node: settings.overlays, path: [...path, 'overlays'] };
      return readOverlays(place, pipeline, variants);
    });
  }

  #refuse(missing: readonly string[], values: JsonObject): void {
    const { layers, typed, pipeline, project } = this.#input;
    const { name } = pipeline.pipeline;
    const readers = [...new Set([...layers.map(({ file }) => file.reader), ...typed.valueFiles])];
    const problems = readers.flatMap((reader) => reader.problems);
    const structural = fileFaults(problems);
    const all = [...structural, ...this.#faults];
    const absent = [...missing.map((path) => ({ path })), ...this.#missingForChoices(values)];
    if (absent.length > 0) {
      const context = { pipeline: name, own: project.own, hasProjectFile: project.hasFile };
      throw missingError(absent, { ...context, leaves: pipeline.schema.leaves() }, all);
    }
    if (all.length === 0) return;
    const what = `values for pipeline ${name} cannot be used`;
    if (structural.length > 0) throw refuse('bad-config', what, all, { hint: toCorrect(problems) });
    throw refuse('bad-params', what, all, { hint: `see the parameters: \`ilab-backend pipelines show ${name}\`` });
  }

  /** What the chosen engines and variants cannot do without. */
  #missingForChoices(values: JsonObject): readonly MissingValue[] {
    return [...this.#input.pipeline.stages].flatMap(([name, { requires }]) => {
      const chosen = this.#input.stages[name];
      return requires
        .filter((one) => one.name === chosen?.[one.kind] && isAbsent(valueAt(values, one.path)))
        .map((one) => ({ path: one.path, by: `${one.kind} ${one.name} of ${name}` }));
    });
  }
}

/** References to this machine: a cluster has neither its variables nor its files. */
function localSecrets(leaves: readonly ParamLeaf[], { values, givers }: ResolvedValues, above = ''): readonly Fault[] {
  return leaves.flatMap((leaf) => {
    const value = leaf.secret === true ? valueAt(values, leaf.path) : undefined;
    const giver = givers.get(leaf.path);
    if (giver === undefined || value === undefined || !isSecretReference(value) || !LOCAL_SECRETS.includes(value.name))
      return [];
    const message = `\`${above}${leaf.path}\` refers to this machine (${value.name}:${value.key}); the profile runs on a cluster`;
    return [faultOf(giver, message, 'name a Secret of the cluster: SECRET/KEY')];
  });
}

function targetOrigin(profile: SettingsFile | undefined): Origin {
  if (profile?.target === undefined) return { kind: 'built-in' };
  return { kind: 'profile', ...profile.reader.place(profile.target.node) };
}

function isAbsent(value: Json | undefined): boolean {
  return value === undefined || value === '';
}

/** Without the templates of variants that were not chosen: they decide nothing. */
function usedFiles(
  source: PipelineSource,
  pipeline: LoadedPipeline,
  stages: Readonly<Record<string, StageSelection>>,
): RunSources['files'] {
  const unused = new Set<string>();
  const used = new Set<string>();
  for (const [name, { stage }] of pipeline.stages) {
    for (const [variant, path] of Object.entries(stage.variants)) {
      (stages[name]?.variant === variant ? used : unused).add(`${source.folder}/${path}`);
    }
  }
  return source.files.filter((file) => used.has(file.path) || !unused.has(file.path)).map((file) => ({ ...file }));
}
