import type { WarningKind } from '../attempt/progress.ts';
import type { JsonObject } from '../json.ts';
import type { StageName } from '../naming.ts';
import type { WatchAdvice } from '../training/advice.ts';
import type { StageTimeouts } from './render-values.ts';
import type { Place } from './source-file.ts';

/** A pipeline after parsing: every reference resolved, stages in topological order. */
export interface Pipeline {
  readonly name: string;
  readonly version: string;
  /** JSON Schema of the parameters, in the subset of docs/templates.md. */
  readonly params: JsonObject;
  readonly stages: readonly Stage[];
}

/** `plain`: exit 0 is success, the whole output folder is the artifact `artifacts`. `full`: result.json decides too. */
export type StageContract = 'full' | 'plain';

/** One step of a pipeline. Its objects come from the template of a variant, its work from the image of an engine. */
export interface Stage {
  readonly name: StageName;
  /** Stages that must be done before; includes the stages its inputs name. */
  readonly needs: readonly StageName[];
  readonly inputs: readonly StageInput[];
  /** A condition; false = skipped. Absent = always. */
  readonly when?: ExpressionText;
  /** Named conditions over `results`; one false = refused. One whose `when` is false does not apply. */
  readonly gates: readonly StageGate[];
  /** Whether a person must agree before it starts: a condition, or `required`. Absent = nobody is asked. */
  readonly approval?: ExpressionText;
  /** By engine name; `image` is a folder of ours (`stages/<stage>/<engine>`) or an image reference. */
  readonly engines: Readonly<Record<string, StageEngine>>;
  /** By variant name: the template file, relative to the pipeline's folder. */
  readonly variants: Readonly<Record<string, string>>;
  /** A tree with expressions; becomes params.json. */
  readonly params: JsonObject;
  /** Names of the artifacts its result must hold. */
  readonly outputs: readonly string[];
  /** The metrics its result may hold, whatever the engine; absent = the pipeline does not say. */
  readonly metrics?: readonly string[];
  readonly timeouts: StageTimeouts;
  readonly retry: { readonly infra: number; readonly user: number };
  /** Warnings of its log that end an attempt. */
  readonly stopOn: readonly WarningKind[];
  readonly contract: StageContract;
  readonly reuse: 'auto' | 'never';
  /** Parameters, dotted names, that say where it finds what it takes, and not what: no reuse key has them. Absent = none. */
  readonly regardless?: readonly string[];
  /** The parameter, a dotted name, that is true when the stage only shows what it would do. Absent = it cannot. */
  readonly dryRun?: string;
}

/** A condition that a stage starts on. `when`: over the parameters, whether it applies; absent = always. */
export interface StageGate {
  readonly name: string;
  readonly condition: ExpressionText;
  readonly when?: ExpressionText;
}

/** `watch`: which of the parameters to change when its log tells of a fault. */
interface StageEngine {
  readonly image: string;
  readonly watch?: WatchAdvice;
}

/** What a stage reads, and where it comes from. */
export type StageInput =
  /** An output of an earlier stage; the first of `from` that exists. */
  | { readonly kind: 'output'; readonly name: string; readonly from: readonly OutputRef[] }
  /** Data from outside: a folder, a git URL, `hf:org/name`, or a name built into the engine. None when the expression yields optional-none. */
  | {
      readonly kind: 'source';
      readonly name: string;
      readonly source: ExpressionText;
      readonly changedSince?: ExpressionText;
      readonly pulls?: ExpressionText;
    };

/** An artifact of a stage, by names. */
export interface OutputRef {
  readonly stage: StageName;
  readonly output: string;
}

/** CEL source with its place, for messages. */
export interface ExpressionText {
  readonly text: string;
  readonly place: Place;
}
