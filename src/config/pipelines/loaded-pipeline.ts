import type { Pipeline, Stage } from '../../domain/pipeline/pipeline.ts';
import type { Compiled } from '../../template/compiled.ts';
import type { CompiledExpression, ExpressionInput } from '../../template/expression.ts';
import type { ParamSchema } from '../../template/schema/param-schema.ts';
import type { TypeScope } from '../../template/scope.ts';
import type { CompiledTemplate, CompiledTree, Partials } from '../../template/template.ts';

/** A pipeline whose references and expressions are all known to be right. */
export interface LoadedPipeline {
  readonly pipeline: Pipeline;
  readonly title?: string;
  readonly schema: ParamSchema;
  readonly stages: ReadonlyMap<string, LoadedStage>;
}

/** A stage, with everything of it compiled that does not depend on values. */
export interface LoadedStage {
  readonly stage: Stage;
  /** Every stage it builds on, directly or not: whose results its conditions may name; made when it is asked for. */
  readonly before: readonly string[];
  readonly params?: CompiledTree;
  readonly when?: CompiledExpression;
  readonly gates: readonly LoadedGate[];
  /** Compiles one more condition that may name what its gates may. */
  readonly condition: (input: ExpressionInput) => Compiled<CompiledExpression>;
  /** Whether a person must agree; absent = nobody is asked. */
  readonly approval?: CompiledExpression | 'required';
  readonly sources: readonly LoadedSource[];
  /** By variant. */
  readonly templates: ReadonlyMap<string, CompiledTemplate>;
  /** What the stage's templates see, for overlays. */
  readonly scope: TypeScope;
  readonly partials: Partials;
  /** The dotted names of the parameters that engines and variants cannot do without. */
  readonly requires: readonly Requirement[];
}

/** A parameter that must have a value when this engine or variant is chosen. */
export interface Requirement {
  readonly kind: 'engine' | 'variant';
  /** Of the engine or the variant. */
  readonly name: string;
  readonly path: string;
}

/** A condition on results of earlier stages; where it does not hold, the stage is refused. */
export interface LoadedGate {
  readonly name: string;
  readonly text: string;
  readonly condition: CompiledExpression;
  /** Over the parameters: whether it applies; absent = always. */
  readonly when?: CompiledExpression;
}

/** An input that comes from outside the pipeline. */
export interface LoadedSource {
  readonly name: string;
  readonly location: CompiledExpression;
  readonly changedSince?: CompiledExpression;
  readonly pulls?: CompiledExpression;
  /** Names that the engine knows by itself. */
  readonly builtin: readonly string[];
}
