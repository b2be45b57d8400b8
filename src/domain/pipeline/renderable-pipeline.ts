import type { Json, JsonObject } from '../json.ts';
import type { StageName } from '../naming.ts';
import type { NotifySettings } from '../notification.ts';
import type { Pipeline } from './pipeline.ts';
import type { InputBinding, MountedInput, OutputBinding, RunBinding } from './render-values.ts';

/** A pipeline with its values chosen: all a run is rendered from, read once and stored with the run. */
export interface RenderablePipeline {
  /** Its stages as they were chosen: with the gates that apply, and those of `--require`. */
  readonly pipeline: Pipeline;
  readonly profile?: string;
  readonly target: 'local' | 'kubernetes';
  /** Every parameter with its final value. */
  readonly params: JsonObject;
  /** The `pod:` block, defaults filled in. */
  readonly pod: JsonObject;
  /** Who is told of the run by webhook; absent = nobody. */
  readonly notify?: NotifySettings;
  /** Which engine and variant were chosen, and the engine's image as the pipeline or a profile names it. */
  choice(stage: StageName): StageChoice;
  /** The stage's objects, overlays applied; one pure function of the stored sources and the bindings. */
  render(stage: StageName, bindings: Bindings): readonly JsonObject[];
  /** What becomes params.json. */
  stageParams(stage: StageName, bindings: Bindings): JsonObject;
  /** False = the stage is skipped. `previous`: of the run that this stage published last; absent or empty = of none. */
  when(stage: StageName, results: Results, previous?: Results): boolean;
  /** One verdict a gate, in the order of the file. */
  gates(stage: StageName, results: Results, previous?: Results): readonly GateVerdict[];
  /** True = it starts once a person has agreed. */
  approval(stage: StageName, results: Results, previous?: Results): boolean;
  /** The same without the parameters that the stage's result does not depend on; absent = there never are any. */
  regardless?(stage: StageName): RenderablePipeline;
  /** The data from outside that the stage asks for; an input without a value is left out. */
  sourceInputs(stage: StageName): readonly SourceInput[];
}

/** What the profile chose for a stage. `image` is as the pipeline file has it. */
export interface StageChoice {
  readonly engine: string;
  readonly variant: string;
  readonly image: string;
}

/** What is known only when an attempt is submitted. */
export interface Bindings {
  readonly run: RunBinding;
  /** Counts from 1. */
  readonly attempt: number;
  /** The image reference as the target names it. */
  readonly image: string;
  /** The image of this program as the target names it; absent where nothing of the stage runs in it. */
  readonly program?: string;
  readonly inputs: Readonly<Record<string, InputBinding>>;
  /** The inputs that are mounted. */
  readonly mounts: readonly MountedInput[];
  readonly outputs: OutputBinding;
}

/** Metrics by stage, of the stages that are done. */
export type Results = Readonly<Record<string, { readonly metrics: Readonly<Record<string, number>> }>>;

/** What a gate says before its stage is submitted. */
export type GateVerdict =
  | ({ readonly kind: 'passed'; readonly name: string } & Judged)
  /** The run's parameters do not ask for it. */
  | ({ readonly kind: 'idle'; readonly name: string } & Judged)
  /** `reason` shows the condition with both sides' values, or names the metric that is missing. */
  | ({ readonly kind: 'refused'; readonly name: string; readonly reason: string } & Judged);

/** A condition as it was written, and both sides of each comparison in it. */
interface Judged {
  readonly condition: string;
  /** Metrics by their own name; empty where it cannot be judged. */
  readonly sides: readonly { readonly expression: string; readonly value?: Json }[];
}

/** An input from outside, with its expressions evaluated. */
export interface SourceInput {
  readonly name: string;
  /** An absolute folder, a git URL, `hf:<org>/<name>`, or one of `builtin`. */
  readonly location: string;
  readonly builtin: readonly string[];
  readonly changedSince?: string;
  /** Numbers of pull requests to merge into it; never empty. */
  readonly pulls?: readonly number[];
}
