import { noDataNamed } from '../../config/values/named-locations.ts';
import { NoData } from '../../domain/data/no-data.ts';
import { UserError } from '../../domain/errors.ts';
import { PROGRAM_IMAGE } from '../../domain/image/image-name.ts';
import type { StageName } from '../../domain/naming.ts';
import type { Stage } from '../../domain/pipeline/pipeline.ts';
import type { RenderablePipeline } from '../../domain/pipeline/renderable-pipeline.ts';
import { knownStage, neededStages, selectStages, type Wanted } from '../../domain/plan/selection.ts';
import type { SourceRequest } from '../../ports/source-store.ts';
import type { PlanDeps } from '../deps.ts';
import type { OpenProject } from '../project/open-project.ts';
import type { Pin, RunDocument, Selection } from './run-document.ts';

/** What a person asked for beside the pipeline's values. */
export interface Wishes {
  readonly wanted: Wanted;
  /** `--reuse STAGE@RUN`. */
  readonly reuse: readonly { readonly stage: string; readonly run: string }[];
  /** `--no-reuse[=STAGE]`: stage names, or `*`. */
  readonly fresh: readonly string[];
  /** `--input NAME=PATH|STAGE@RUN`. */
  readonly inputs: readonly InputWish[];
}

/** What a person wants an input to be, instead of what the pipeline says. */
export interface InputWish {
  /** `NAME`, or `STAGE.NAME` where several stages have an input of that name. */
  readonly name: string;
  readonly from:
    | { readonly kind: 'location'; readonly location: string }
    | { readonly kind: 'result'; readonly stage: string; readonly run: string };
}

/** Pins data and images and notes the selection: all of a run that is not rendered. Throws what the person typed wrong. */
export async function prepareDocument(
  deps: PlanDeps,
  project: Pick<OpenProject, 'pipeline' | 'sources' | 'locations'> & Partial<Pick<OpenProject, 'typed'>>,
  wishes: Wishes,
  signal: AbortSignal,
): Promise<RunDocument> {
  const { pipeline, sources } = project;
  const { stages } = pipeline.pipeline;
  const selected = selectStages(stages, wishes.wanted);
  if (selected.length === 0) {
    throw new UserError('bad-usage', 'no stage is left to run', { hint: 'loosen --only, --from or --until' });
  }
  const { inputs, located } = placeInputs(stages, selected, wishes.inputs);
  const reuse = reuseWishes(stages, wishes);
  const replaced = new Set([...Object.keys(inputs), ...located.keys()]);
  const needed = neededStages(stages, selected, replaced, new Set(Object.keys(reuse)));
  // A result taken over with --reuse is compared and shown by the data it would be made from now.
  const taken = stages.filter((stage) => selected.includes(stage.name) || needed.has(stage.name));
  const pins = await pinAll(deps, project, { stages: taken, located }, signal);
  return {
    version: 1,
    sources,
    pins,
    selection: { selected: [...selected], reuse, fresh: freshStages(stages, wishes.fresh), inputs },
    images: await identifyImages(deps, pipeline, stages),
    typed: typedOf(project.typed, wishes),
  };
}

function typedOf(
  { set, valueFiles, project }: OpenProject['typed'] = { set: [], valueFiles: [] },
  { inputs }: Wishes,
): NonNullable<RunDocument['typed']> {
  return {
    set: [...set],
    valueFiles: [...valueFiles],
    // Those of other runs are in the selection.
    inputs: inputs.flatMap(({ name, from }) => (from.kind === 'location' ? [`${name}=${from.location}`] : [])),
    ...(project === undefined ? {} : { project }),
  };
}

type LocationWish = Extract<InputWish['from'], { kind: 'location' }> & { readonly wish: string };
/** By `stage.input`: what is read instead of what the values name. */
type Located = ReadonlyMap<string, LocationWish>;

function placeInputs(
  stages: readonly Stage[],
  selected: readonly StageName[],
  wishes: readonly InputWish[],
): { readonly inputs: Selection['inputs']; readonly located: Located } {
  const inputs: Selection['inputs'] = {};
  const located = new Map<string, LocationWish>();
  for (const wish of wishes) {
    const { stage, input } = findInput(stages, selected, wish.name);
    const key = `${stage.name}.${input.name}`;
    if (wish.from.kind === 'location') {
      located.set(key, { wish: wish.name, ...wish.from });
    } else if (input.kind === 'source') {
      throw new UserError('bad-input', `input ${key} takes data from outside, not a stage's output`, {
        hint: `give it a folder: --input ${wish.name}=PATH`,
      });
    } else {
      inputs[key] = { stage: wish.from.stage, run: wish.from.run, output: outputFor(input.from, wish.from.stage, key) };
    }
  }
  return { inputs, located };
}

function outputFor(
  from: readonly { readonly stage: string; readonly output: string }[],
  stage: string,
  key: string,
): string {
  const ref = from.find((candidate) => candidate.stage === stage);
  if (ref !== undefined) return ref.output;
  const makers = from.map((candidate) => candidate.stage).join(', ');
  throw new UserError('bad-input', `input ${key} is made by ${makers}, not by ${stage}`, {
    hint: `name a run of one of these: --input ${key}=${from[0]?.stage}@RUN`,
  });
}

function findInput(stages: readonly Stage[], selected: readonly StageName[], name: string) {
  const matches = stages
    .filter((stage) => selected.includes(stage.name))
    .flatMap((stage) => stage.inputs.map((input) => ({ stage, input })))
    .filter(({ stage, input }) => input.name === name || `${stage.name}.${input.name}` === name);
  const [first, second] = matches;
  if (first === undefined) {
    const known = stages.flatMap((stage) => stage.inputs.map((input) => `${stage.name}.${input.name}`));
    throw new UserError('bad-input', `no stage that would run has an input ${name}`, {
      hint: `inputs: ${known.join(', ')}`,
    });
  }
  if (second !== undefined) {
    const names = matches.map((match) => `${match.stage.name}.${match.input.name}`);
    throw new UserError('bad-input', `several stages have an input ${name}`, { hint: `name one: ${names.join(', ')}` });
  }
  return first;
}

function reuseWishes(stages: readonly Stage[], wishes: Wishes): Selection['reuse'] {
  const reuse: Selection['reuse'] = {};
  for (const { stage, run } of wishes.reuse) {
    knownStage(stages, stage);
    reuse[stage] = { stage, run };
  }
  return reuse;
}

function freshStages(stages: readonly Stage[], fresh: readonly string[]): string[] {
  for (const name of fresh) if (name !== '*') knownStage(stages, name);
  return [...fresh];
}

async function pinAll(
  deps: PlanDeps,
  { pipeline, locations }: Pick<OpenProject, 'pipeline' | 'locations'>,
  { stages, located }: { readonly stages: readonly Stage[]; readonly located: Located },
  signal: AbortSignal,
): Promise<Pin[]> {
  const pins: Pin[] = [];
  // The same data feeds several stages: it is looked at once.
  const known = new Map<string, Promise<Pin['source']>>();
  for (const stage of stages) {
    for (const request of requestsOf(pipeline, stage, located)) {
      const key = JSON.stringify([request.location, request.changedSince, request.pulls]);
      const source = known.get(key) ?? deps.sources.pin(request, signal, pipeline.pod);
      known.set(key, source);
      pins.push({
        stage: stage.name,
        input: request.input,
        request,
        source: await source.catch((error: unknown) => {
          throw whoNamed(error, request.location, located.get(`${stage.name}.${request.input}`), locations);
        }),
      });
    }
  }
  return pins;
}

function requestsOf(pipeline: RenderablePipeline, stage: Stage, located: Located): readonly SourceRequest[] {
  const requests = new Map<string, SourceRequest>();
  for (const { name, ...asked } of pipeline.sourceInputs(stage.name)) requests.set(name, { input: name, ...asked });
  for (const input of stage.inputs) {
    const location = located.get(`${stage.name}.${input.name}`)?.location;
    if (location !== undefined) {
      requests.set(input.name, { builtin: [], ...requests.get(input.name), input: input.name, location });
    }
  }
  return [...requests.values()];
}

/** The fault with who named the data and what to type instead, where it is that nothing is there. */
function whoNamed(
  error: unknown,
  location: string,
  typed: LocationWish | undefined,
  locations: OpenProject['locations'],
): unknown {
  if (!(error instanceof NoData)) return error;
  if (typed !== undefined)
    return new UserError('bad-input', error.message, { hint: `name another: --input ${typed.wish}=PATH` });
  const named = locations.find((one) => one.location === location);
  return named === undefined ? error : noDataNamed(error, named);
}

async function identifyImages(
  deps: PlanDeps,
  pipeline: RenderablePipeline,
  stages: readonly Stage[],
): Promise<RunDocument['images']> {
  const images: RunDocument['images'] = {};
  for (const stage of stages) {
    const { image } = pipeline.choice(stage.name);
    images[image] ??= await deps.target.identify(image);
  }
  // Its sidecar stores what the stages make.
  if (pipeline.pod['storage'] !== undefined) images[PROGRAM_IMAGE] = await deps.target.identify(PROGRAM_IMAGE);
  return images;
}
