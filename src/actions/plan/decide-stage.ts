import type { StageName } from '../../domain/naming.ts';
import type { Stage } from '../../domain/pipeline/pipeline.ts';
import type { RenderablePipeline } from '../../domain/pipeline/renderable-pipeline.ts';
import type { ReuseParts } from '../../domain/plan/plan.ts';
import { reuseKey } from '../../domain/plan/reuse-key.ts';
import { neededStages } from '../../domain/plan/selection.ts';
import { NOT_ASKED_FOR } from '../../domain/run/run-phase.ts';
import type { RunRecord } from '../../domain/run/run-record.ts';
import type { ArtifactStore } from '../../ports/artifact-store.ts';
import { bindInputs, type InputSource } from './bind-inputs.ts';
import { findByKey, namedResult, type PastResult, publishedBefore, resultsOf, whatChanged } from './past-results.ts';
import type { RunDocument } from './run-document.ts';
import { previewStage, type StagePreview } from './stage-key.ts';

/** What one run is decided with. */
export interface DecisionContext {
  readonly pipeline: RenderablePipeline;
  readonly document: RunDocument;
  /** Every other run of the store, newest first. */
  readonly runs: readonly RunRecord[];
  readonly artifacts: ArtifactStore;
}

/** What to do with a stage whose needs are all done. */
export type StageDecision =
  | { readonly kind: 'skip'; readonly reason: string }
  | { readonly kind: 'refuse'; readonly gate: string; readonly reason: string }
  | {
      readonly kind: 'reuse';
      readonly past: PastResult;
      readonly reason: string;
      readonly key: string;
      readonly parts: ReuseParts;
    }
  | {
      readonly kind: 'run';
      readonly inputs: readonly InputSource[];
      readonly preview: StagePreview;
      readonly key: string;
      /** A person must agree first. */
      readonly approval: boolean;
      /** Said when a result with the same key exists but cannot be used. */
      readonly spoilt?: string;
    }
  /** It is not selected, others build on it, and no earlier result stands in; or what shall stand in has changed. */
  | { readonly kind: 'blocked'; readonly reason: string; readonly hint: string };

/** Results of this run's stages that are done, by stage name. */
export type Made = ReadonlyMap<string, PastResult>;

/** Decides by the stored sources, the results so far and the earlier runs; writes nothing. */
export async function decideStage(context: DecisionContext, stage: Stage, made: Made): Promise<StageDecision> {
  const { pipeline, document } = context;
  const role = roleOf(context, stage.name);
  if (role === 'unasked') return { kind: 'skip', reason: NOT_ASKED_FOR };
  const results = resultsOf(made);
  const previous = publishedBefore(context.runs, pipeline.pipeline.name, stage);
  if (role === 'selected' && !pipeline.when(stage.name, results, previous)) {
    return { kind: 'skip', reason: `its condition is false: ${stage.when?.text ?? ''}` };
  }
  const inputs = bindInputs(stage, document, makerIn(context, made));
  const absent = new Set(
    stage.inputs.map((input) => input.name).filter((name) => !inputs.some((input) => input.name === name)),
  );
  const preview = previewStage(pipeline, document, stage, inputs, absent);
  const key = reuseKey(preview.parts);

  const named = document.selection.reuse[stage.name];
  if (named !== undefined) {
    const past = namedResult(context.runs, named.stage, named.run);
    const changed = await whatChanged(past, context.artifacts);
    if (changed !== undefined) {
      const asked = `--reuse ${named.stage}@${named.run}`;
      const hint = `name another run, or leave \`${asked}\` out; all that changed: \`ilab-backend artifacts ${past.origin.run}\``;
      return { kind: 'blocked', reason: changed, hint };
    }
    return { kind: 'reuse', past, reason: 'asked for with --reuse', key, parts: preview.parts };
  }
  const refused =
    role === 'selected'
      ? pipeline.gates(stage.name, results, previous).find((gate) => gate.kind === 'refused')
      : undefined;
  if (refused !== undefined) return { kind: 'refuse', gate: refused.name, reason: refused.reason };

  const mayReuse = stage.reuse === 'auto' && !isFresh(document, stage.name);
  const lookup =
    mayReuse || role === 'needed' ? await findByKey(context.runs, stage.name, key, context.artifacts) : undefined;
  if (lookup?.kind === 'found') {
    return { kind: 'reuse', past: lookup.past, reason: 'nothing it depends on changed', key, parts: preview.parts };
  }
  const spoilt = lookup?.spoilt?.reason;
  if (role === 'needed') return blocked(context, stage, spoilt);
  const approval = pipeline.approval(stage.name, results, previous);
  return { kind: 'run', inputs, preview, key, approval, ...(spoilt === undefined ? {} : { spoilt }) };
}

/** `selected` may run; `needed` is only taken from earlier runs; `unasked` is skipped. */
export function roleOf(context: DecisionContext, name: StageName): 'selected' | 'needed' | 'unasked' {
  const { selection, pins } = context.document;
  const selected = context.pipeline.pipeline.stages
    .map((stage) => stage.name)
    .filter((stage) => selection.selected.includes(stage));
  if (selected.includes(name)) return 'selected';
  const replaced = new Set([...Object.keys(selection.inputs), ...pins.map((pin) => `${pin.stage}.${pin.input}`)]);
  const given = new Set(Object.keys(selection.reuse));
  return neededStages(context.pipeline.pipeline.stages, selected, replaced, given).has(name) ? 'needed' : 'unasked';
}

/** `--no-reuse` was given for the stage or for all. */
export function isFresh(document: RunDocument, stage: StageName): boolean {
  return document.selection.fresh.includes('*') || document.selection.fresh.includes(stage);
}

/** Finds what a stage of this run made, or `stage@run` of another. */
export function makerIn(context: DecisionContext, made: Made): (name: string) => PastResult | undefined {
  return (name) => {
    const at = name.indexOf('@');
    return at < 0 ? made.get(name) : namedResult(context.runs, name.slice(0, at), name.slice(at + 1));
  };
}

function blocked(context: DecisionContext, stage: Stage, spoilt: string | undefined): StageDecision {
  const newest = context.runs.find((run) =>
    run.stages.some((candidate) => candidate.name === stage.name && hasResult(candidate)),
  );
  const reason = spoilt ?? `it was not asked for, and no earlier run made it from the same inputs`;
  const hint =
    newest === undefined
      ? `run it first: \`ilab-backend run --until ${stage.name}\``
      : `take what there is with \`--reuse ${stage.name}@${newest.name}\`, or run it too: \`--from ${stage.name}\``;
  return { kind: 'blocked', reason, hint };
}

function hasResult(stage: RunRecord['stages'][number]): boolean {
  return stage.decision?.kind === 'reuse' || stage.attempts.some((attempt) => attempt.outcome?.kind === 'succeeded');
}
