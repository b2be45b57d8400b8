import type { Configured } from '../../config/configure.ts';
import { type Fault, showFault, typedFault } from '../../config/faults.ts';
import { openLoaded } from '../../config/open-sources.ts';
import type { LoadedPipeline } from '../../config/pipelines/loaded-pipeline.ts';
import { configPlaces } from '../../config/places.ts';
import { type SurveyedFault, type SurveyedProfile, surveyConfig } from '../../config/survey.ts';
import { valueAt } from '../../config/values/resolve-values.ts';
import { ERRORS, UserError } from '../../domain/errors.ts';
import { PROGRAM_IMAGE } from '../../domain/image/image-name.ts';
import { previewBindings } from '../../domain/pipeline/bindings.ts';
import type { Stage } from '../../domain/pipeline/pipeline.ts';
import type { RenderablePipeline } from '../../domain/pipeline/renderable-pipeline.ts';
import type { SourceFile } from '../../domain/pipeline/source-file.ts';
import { NOT_BUILT } from '../../domain/plan/plan.ts';
import type { SourceFiles } from '../../ports/source-files.ts';
import type { ImageIdentity, PlanTarget } from '../../ports/target.ts';
import { EvaluationFault } from '../../template/expression-fault.ts';
import type { ProjectRequest } from './open-project.ts';

/** One thing that is wrong. */
export interface ValidationFinding {
  readonly message: string;
  readonly hint?: string;
  /** Of what stands in a file. */
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  /** Of what does not: a flag, a variable, a stage. */
  readonly where?: string;
  /** With which profiles it shows; empty = whatever the profile. */
  readonly profiles: readonly string[];
  /** All of it as people see it, with the line of the file. */
  readonly text: string;
}

/** What was looked at without asking anybody, and what is wrong. */
export interface Validation {
  readonly pipeline: string;
  readonly stages: number;
  readonly variants: number;
  /** Of one that is not chosen, values may be missing: `missing` is then no finding. */
  readonly profiles: readonly {
    readonly name: string;
    readonly isChosen: boolean;
    readonly missing: readonly string[];
  }[];
  /** How many manifests were made, of a stage with a variant and a profile each. */
  readonly rendered: number;
  readonly findings: readonly ValidationFinding[];
  /** What only a run, `plan` or `doctor` can tell. */
  readonly notChecked: readonly string[];
}

/** What takes more than files to know. */
const NOT_CHECKED = [
  'that data, models and endpoints are there (`plan`, `doctor`)',
  'that images are built (`plan`, `images list`)',
  'rights, quotas and room of a cluster, and what its policies refuse (`doctor -n NAMESPACE`, `run`)',
];

/**
 * Looks at everything that files can tell: the project's and the user's file, the pipeline, the templates of all variants,
 * all profiles with overlays, gates and values. Asks no cluster and no service; `tell` hears what is being done. Throws only when there is no such pipeline.
 */
export async function validateProject(
  files: SourceFiles,
  request: ProjectRequest,
  openTarget: (kind: 'local' | 'kubernetes') => Promise<PlanTarget>,
  tell: (what: string) => void = () => undefined,
): Promise<Validation> {
  const { packageRoot, cwd, home, env, project, ...typed } = request;
  const places = configPlaces({ packageRoot, cwd, home, env, ...(project === undefined ? {} : { project }) });
  const survey = await surveyConfig(files, { places, env, ...typed });
  const faults: SurveyedFault[] = [...survey.faults];
  let rendered = 0;
  const targets = new Map<'local' | 'kubernetes', PlanTarget>();
  for (const profile of survey.profiles) {
    if (profile.isChosen && profile.missing.length > 0) faults.push(missingFault(profile, survey.profiles));
    if (profile.configured === undefined || survey.loaded === undefined) continue;
    tell(`rendering all stages${profile.name === undefined ? '' : ` with profile ${profile.name}`}`);
    const kind = profile.configured.sources.target;
    const target = targets.get(kind) ?? identifyingOnce(await openTarget(kind));
    targets.set(kind, target);
    for (const pipeline of variantsOf(survey.loaded, profile.configured)) {
      const tried = await tryAll(pipeline, target, survey.files);
      rendered += tried.rendered;
      faults.push(...tried.faults.map((fault) => ({ fault, profiles: [profile.name] })));
    }
  }
  const all = survey.profiles.flatMap(({ name, ...one }) => (name === undefined ? [] : [{ name, ...one }]));
  return {
    pipeline: survey.pipeline,
    stages: survey.stages,
    variants: survey.variants,
    profiles: all.map(({ name, isChosen, missing }) => ({ name, isChosen, missing })),
    rendered,
    findings: joined(faults, survey.profiles.length),
    notChecked: NOT_CHECKED,
  };
}

/** The files of an image are hashed once, however many profiles and variants name it. */
function identifyingOnce(target: PlanTarget): PlanTarget {
  const known = new Map<string, Promise<ImageIdentity>>();
  const identify = (image: string): Promise<ImageIdentity> => {
    const found = known.get(image) ?? target.identify(image);
    known.set(image, found);
    return found;
  };
  return { kind: target.kind, identify, check: (checked) => target.check(checked) };
}

/** Of the chosen profile, with the others that lack the same. */
function missingFault({ missing, hint }: SurveyedProfile, all: readonly SurveyedProfile[]): SurveyedFault {
  const message = `${missing.length === 1 ? 'it has' : 'they have'} no value, and must have one`;
  const profiles = all.filter((one) => one.missing.join() === missing.join()).map(({ name }) => name);
  return { fault: typedFault(missing.join(', '), message, hint), profiles };
}

/** As it would run, then with each other variant that has the values it needs; overlays are made for the chosen one. */
function variantsOf(loaded: LoadedPipeline, { sources }: Configured): readonly RenderablePipeline[] {
  const others = [...loaded.stages].flatMap(([name, { stage, requires }]) => {
    const chosen = sources.stages[name];
    if (chosen === undefined) return [];
    const lacks = (variant: string): boolean =>
      requires.some(
        (one) => one.kind === 'variant' && one.name === variant && valueAt(sources.params, one.path) === undefined,
      );
    return Object.keys(stage.variants)
      .filter((variant) => variant !== chosen.variant && !lacks(variant))
      .map((variant) => {
        const only = { ...loaded, pipeline: { ...loaded.pipeline, stages: [stage] } };
        return openLoaded(only, { ...sources, overlays: [], stages: { [name]: { ...chosen, variant } } });
      });
  });
  return [openLoaded(loaded, sources), ...others];
}

async function tryAll(
  pipeline: RenderablePipeline,
  target: PlanTarget,
  files: readonly SourceFile[],
): Promise<{ readonly rendered: number; readonly faults: readonly Fault[] }> {
  const faults: Fault[] = [];
  let rendered = 0;
  for (const stage of pipeline.pipeline.stages) {
    try {
      await tryStage(pipeline, stage, target);
      rendered += 1;
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      const where = `stage ${stage.name}, variant ${pipeline.choice(stage.name).variant}`;
      // That a secret is not here now is no fault of the files.
      if (error.code === 'cannot-start') rendered += 1;
      else faults.push(faultIn(files, error) ?? saidOf(where, error));
    }
  }
  return { rendered, faults };
}

/** An expression that has no result for these values, at its place. */
function faultIn(files: readonly SourceFile[], { cause }: UserError): Fault | undefined {
  if (!(cause instanceof EvaluationFault)) return undefined;
  const { place, expression } = cause;
  const sourceLine = files.find(({ path }) => path === place.file)?.text.split(/\r?\n/)[place.line - 1];
  if (sourceLine === undefined) return undefined;
  const message = expression === '' ? cause.message : `${cause.message} (in ${expression})`;
  return { kind: 'file', problem: { ...place, message, sourceLine, length: 1 } };
}

/** The catalogue's hint says nothing of the case. */
function saidOf(where: string, { code, message, hint }: UserError): Fault {
  return typedFault(where, message, hint === ERRORS[code].hint ? undefined : hint);
}

async function tryStage(pipeline: RenderablePipeline, stage: Stage, target: PlanTarget): Promise<void> {
  const { image } = pipeline.choice(stage.name);
  const identity = await target.identify(image);
  const program = pipeline.pod['storage'] === undefined ? [] : [await target.identify(PROGRAM_IMAGE)];
  const given = new Set(pipeline.sourceInputs(stage.name).map((input) => input.name));
  const absent = stage.inputs.filter((input) => input.kind === 'source' && !given.has(input.name));
  const names = new Set(absent.map((input) => input.name));
  const objects = pipeline.render(stage.name, previewBindings(stage, identity.reference, names, program[0]?.reference));
  await target.check({ objects, images: [identity, ...program], stage: stage.name });
  if (identity.identity !== NOT_BUILT) return;
  throw new UserError('bad-pipeline', `no folder in stages/ makes its image ${image}`, {
    hint: 'name your own under `images:`',
  });
}

/** Each fault once. */
function joined(faults: readonly SurveyedFault[], count: number): readonly ValidationFinding[] {
  const found = new Map<string, { readonly fault: Fault; readonly profiles: Set<string | undefined> }>();
  for (const { fault, profiles } of faults) {
    const key = JSON.stringify(fault);
    const known = found.get(key) ?? { fault, profiles: new Set() };
    for (const profile of profiles) known.profiles.add(profile);
    found.set(key, known);
  }
  return [...found.values()].map(({ fault, profiles }) => {
    const named = [...profiles].flatMap((profile) => profile ?? []);
    const isOfAll = profiles.has(undefined) || named.length === count;
    return { ...partsOf(fault), profiles: isOfAll ? [] : named, text: showFault(fault) };
  });
}

function partsOf(fault: Fault): Omit<ValidationFinding, 'profiles' | 'text'> {
  if (fault.kind === 'typed') return { ...fault.fault };
  const { message, hint, file, line, column } = fault.problem;
  return { message, ...(hint === undefined ? {} : { hint }), file, line, column };
}
