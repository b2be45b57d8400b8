import { UserError } from '../domain/errors.ts';
import { PROGRAM_IMAGE } from '../domain/image/image-name.ts';
import { isJsonObject, type Json, type JsonObject } from '../domain/json.ts';
import type { StageName } from '../domain/naming.ts';
import type { NotifySettings } from '../domain/notification.ts';
import type { Pipeline, Stage } from '../domain/pipeline/pipeline.ts';
import type { Bindings, RenderablePipeline, Results, SourceInput } from '../domain/pipeline/renderable-pipeline.ts';
import { EvaluationFault } from '../template/expression-fault.ts';
import { applyOverlays } from '../template/overlay.ts';
import { formatProblems } from '../template/schema/format-problems.ts';
import { applies, judgeGate } from './pipelines/gate-verdict.ts';
import { loadPipeline } from './pipelines/load-pipeline.ts';
import type { LoadedGate, LoadedPipeline, LoadedStage } from './pipelines/loaded-pipeline.ts';
import { openOverlays } from './pipelines/overlays.ts';
import { requiredGate, requiredGates } from './pipelines/required-gates.ts';
import type { RunSources } from './run-sources.ts';
import { paramVariables } from './values/param-variables.ts';
import { valueAt } from './values/resolve-values.ts';

/** The pipeline of stored sources. Throws `state-broken` when they do not load: they did when they were stored. */
export function openSources(sources: RunSources): RenderablePipeline {
  const { folder } = sources.pipeline;
  const variants = Object.fromEntries(Object.entries(sources.stages).map(([name, { variant }]) => [name, variant]));
  const loaded = loadPipeline({ folder, files: sources.files, shared: sources.shared }, { commands: [], variants });
  if (loaded.kind === 'problems') {
    throw new UserError(
      'state-broken',
      `the sources of the run cannot be used\n\n${formatProblems(loaded.problems)}\n`,
    );
  }
  return openLoaded(loaded.value, sources);
}

/** The same without compiling again what is loaded already. */
export function openLoaded(loaded: LoadedPipeline, sources: RunSources): RenderablePipeline {
  return new OpenedPipeline(loaded, sources);
}

class OpenedPipeline implements RenderablePipeline {
  readonly pipeline: Pipeline;
  readonly target: RunSources['target'];
  readonly params: JsonObject;
  readonly pod: JsonObject;
  readonly profile?: string;
  readonly notify?: NotifySettings;
  readonly #loaded: LoadedPipeline;
  readonly #sources: RunSources;

  constructor(loaded: LoadedPipeline, sources: RunSources) {
    this.#loaded = loaded;
    this.#sources = sources;
    this.pipeline = {
      ...loaded.pipeline,
      stages: loaded.pipeline.stages.map((stage) => chosen(stage, sources, loaded.stages.get(stage.name)?.gates)),
    };
    this.target = sources.target;
    this.params = sources.params;
    this.pod = sources.pod;
    if (sources.profile !== undefined) this.profile = sources.profile;
    if (sources.notify !== undefined) this.notify = sources.notify;
  }

  choice(name: StageName) {
    const { engine, variant } = this.#selection(name);
    const image = this.#stage(name).stage.engines[engine]?.image ?? '';
    return { engine, variant, image: this.#sources.images[image] ?? image };
  }

  render(name: StageName, bindings: Bindings): readonly JsonObject[] {
    const { engine, variant } = this.#selection(name);
    const template = this.#stage(name).templates.get(variant);
    if (template === undefined) throw new Error(`stage ${name} has no template ${variant}`);
    const params = this.stageParams(name, bindings);
    const { timeouts } = this.#timed(name);
    const values = {
      ...this.#bound(name, bindings),
      stage: {
        name,
        engine,
        variant,
        params,
        paramsJson: JSON.stringify(params),
        paramEnv: paramVariables(params),
        inputs: bindings.mounts,
        timeouts,
      },
      image: bindings.image,
      program: bindings.program ?? PROGRAM_IMAGE,
      pod: this.#sources.pod,
    };
    return explained(() => this.#overlaid(name, template.render(values as unknown as JsonObject), values));
  }

  #overlaid(name: StageName, objects: readonly JsonObject[], values: object): readonly JsonObject[] {
    const overlays = openOverlays(this.#sources.overlays, this.#stage(name));
    if (overlays.length === 0) return objects;
    const applied = applyOverlays(
      objects,
      overlays.map((overlay) => overlay.render(values as unknown as JsonObject)),
    );
    if (applied.kind === 'ok') return applied.value.objects;
    const what = `an overlay does not fit what stage ${name} renders to`;
    throw new UserError('bad-template', `${what}\n\n${formatProblems(applied.problems)}\n`);
  }

  stageParams(name: StageName, bindings: Bindings): JsonObject {
    const { params } = this.#stage(name);
    if (params === undefined) return {};
    const { engine, variant } = this.#selection(name);
    const { timeouts } = this.#timed(name);
    const values = { ...this.#bound(name, bindings), stage: { name, engine, variant, timeouts } };
    return explained(() => params.render(values as unknown as JsonObject));
  }

  when(name: StageName, results: Results, previous: Results = {}): boolean {
    const stage = this.#stage(name);
    const condition = stage.when;
    if (condition === undefined) return true;
    return explained(() => condition.evaluate(this.#conditionValues(stage, results, previous)) === true);
  }

  gates(name: StageName, results: Results, previous: Results = {}) {
    const stage = this.#stage(name);
    const values = this.#conditionValues(stage, results, previous);
    return [...stage.gates, ...this.#required(name)].map((gate) => judgeGate(gate, values));
  }

  approval(name: StageName, results: Results, previous: Results = {}): boolean {
    const stage = this.#stage(name);
    const { approval } = stage;
    if (approval === undefined || approval === 'required') return approval === 'required';
    return explained(() => approval.evaluate(this.#conditionValues(stage, results, previous)) === true);
  }

  sourceInputs(name: StageName): readonly SourceInput[] {
    const values = { params: this.params };
    return this.#stage(name).sources.flatMap((source): readonly SourceInput[] => {
      const location = explained(() => source.location.evaluate(values));
      const changedSince = explained(() => source.changedSince?.evaluate(values));
      if (typeof location !== 'string' || location === '') return [];
      const since = typeof changedSince === 'string' && changedSince !== '' ? { changedSince } : {};
      const pulls = explained(() => source.pulls?.evaluate(values));
      const merged = Array.isArray(pulls) && pulls.length > 0 ? { pulls: pulls.map(Number) } : {};
      return [{ name: source.name, location, builtin: source.builtin, ...since, ...merged }];
    });
  }

  regardless(name: StageName): RenderablePipeline {
    const { regardless = [] } = this.#stage(name).stage;
    const given = regardless.filter((path) => valueAt(this.params, path) !== undefined);
    if (given.length === 0) return this;
    const params = given.reduce((left, path) => withoutValue(left, path.split('.')), this.params);
    return new OpenedPipeline(this.#loaded, { ...this.#sources, params });
  }

  #required(name: StageName): readonly LoadedGate[] {
    const { require = [] } = this.#selection(name);
    const gates = requiredGates(this.#stage(name), require);
    if (gates.kind === 'ok') return gates.value;
    const what = `a condition of the run for stage ${name} cannot be used`;
    throw new UserError('state-broken', `${what}\n\n${formatProblems(gates.problems)}\n`);
  }

  /** What `params` and templates see alike. */
  #bound(name: StageName, bindings: Bindings) {
    const known = new Set(this.#stage(name).stage.inputs.map((input) => input.name));
    const inputs = Object.entries(bindings.inputs).filter(([input]) => known.has(input));
    return {
      params: this.params,
      run: bindings.run,
      attempt: bindings.attempt,
      inputs: Object.fromEntries(inputs),
      outputs: bindings.outputs,
    };
  }

  /** A stage that was skipped has no metrics, so that a condition over them names the metric. */
  #conditionValues(stage: LoadedStage, results: Results, previous: Results): JsonObject {
    const before = stage.before.map((name): [string, Json] => [name, { metrics: results[name]?.metrics ?? {} }]);
    const past = stage.before.flatMap((name): [string, Json][] => {
      const metrics = previous[name]?.metrics;
      return metrics === undefined ? [] : [[name, { metrics }]];
    });
    return { params: this.params, results: Object.fromEntries(before), previous: Object.fromEntries(past) };
  }

  #stage(name: string): LoadedStage {
    const stage = this.#loaded.stages.get(name);
    if (stage === undefined) throw new Error(`the pipeline has no stage ${name}`);
    return stage;
  }

  #timed(name: string): Stage {
    const { stage, gates } = this.#stage(name);
    return chosen(stage, this.#sources, gates);
  }

  #selection(name: string) {
    const selection = this.#sources.stages[name];
    if (selection === undefined) throw new Error(`nothing is chosen for stage ${name}`);
    return selection;
  }
}

function chosen(stage: Stage, sources: RunSources, loaded: readonly LoadedGate[] = []): Stage {
  const { timeouts, require = [], stopOn = stage.stopOn } = sources.stages[stage.name] ?? {};
  const idle = new Set(loaded.filter((gate) => !applies(gate, { params: sources.params })).map(({ name }) => name));
  const asked = stage.gates.filter(({ name }) => !idle.has(name));
  const gates = [...asked, ...require.map((text, index) => requiredGate(stage.name, text, index))];
  const looksOnly = stage.dryRun !== undefined && valueAt(sources.params, stage.dryRun) === true;
  // What would be done depends on what is out there now.
  const reuse = looksOnly ? 'never' : stage.reuse;
  return { ...stage, gates, stopOn, timeouts: { ...stage.timeouts, ...timeouts }, reuse };
}

function withoutValue(values: JsonObject, [name = '', ...rest]: readonly string[]): JsonObject {
  const { [name]: inner, ...others } = values;
  return rest.length === 0 || !isJsonObject(inner) ? others : { ...others, [name]: withoutValue(inner, rest) };
}

/** An expression without a result is a fault of the template, shown with its place. */
function explained<T>(compute: () => T): T {
  try {
    return compute();
  } catch (error) {
    if (!(error instanceof EvaluationFault)) throw error;
    const { file, line, column } = error.place;
    const expression = error.expression === '' ? '' : ` (in ${error.expression})`;
    throw new UserError('bad-template', `${file}:${line}:${column}: ${error.message}${expression}`, { cause: error });
  }
}
