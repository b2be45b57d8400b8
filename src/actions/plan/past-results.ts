import type { StageResult } from '../../domain/attempt/outcome.ts';
import { UserError } from '../../domain/errors.ts';
import { parseRunName, type StageName } from '../../domain/naming.ts';
import type { Stage } from '../../domain/pipeline/pipeline.ts';
import type { Results } from '../../domain/pipeline/renderable-pipeline.ts';
import type { AttemptOrigin, ReuseParts } from '../../domain/plan/plan.ts';
import { ownKey } from '../../domain/plan/reuse-key.ts';
import type { RunRecord, StageRecord } from '../../domain/run/run-record.ts';
import type { ArtifactStore } from '../../ports/artifact-store.ts';

/** A result of an earlier run, or of this one. */
export interface PastResult {
  readonly origin: AttemptOrigin;
  readonly result: StageResult;
}

/** What a stage of a run made: by itself, or taken over from another run; undefined when it has no result. */
export function resultOf(run: string, stage: StageRecord): PastResult | undefined {
  const decision = stage.decision;
  if (decision?.kind === 'reuse') return { origin: decision.from, result: decision.result };
  const attempt = stage.attempts.findLast((candidate) => candidate.outcome?.kind === 'succeeded');
  if (attempt?.outcome?.kind !== 'succeeded') return undefined;
  return { origin: { run, stage: stage.name, attempt: attempt.attempt }, result: attempt.outcome.result };
}

/** Why an earlier result with the same key was not taken. */
export interface Spoilt {
  readonly origin: AttemptOrigin;
  readonly reason: string;
}

/** The answer to a search for an earlier result; `spoilt` names one that would fit but whose artifacts changed. */
export type Lookup =
  | { readonly kind: 'found'; readonly past: PastResult }
  | { readonly kind: 'none'; readonly spoilt?: Spoilt };

/** The newest result made under `key` whose artifacts are still what was recorded. `runs` newest first. */
export async function findByKey(
  runs: readonly RunRecord[],
  stage: StageName,
  key: string,
  artifacts: ArtifactStore,
): Promise<Lookup> {
  let spoilt: Spoilt | undefined;
  const judged = new Set<string>();
  for (const { record, stage: candidate } of stagesNamed(runs, stage)) {
    if (candidate.reuse?.key !== key) continue;
    const past = resultOf(record.name, candidate);
    if (past === undefined || judged.has(originText(past.origin))) continue;
    judged.add(originText(past.origin));
    const reason = await whatChanged(past, artifacts);
    if (reason === undefined) return { kind: 'found', past };
    spoilt ??= { origin: past.origin, reason };
  }
  return spoilt === undefined ? { kind: 'none' } : { kind: 'none', spoilt };
}

/**
 * The parts of the stage's newest run in the pipeline, to say what changed since; undefined when it never ran: a stage of another
 * pipeline has only its name in common.
 */
export function newestParts(
  runs: readonly RunRecord[],
  pipeline: string,
  stage: StageName,
): { readonly run: string; readonly parts: ReuseParts } | undefined {
  const own = runs.filter((run) => run.pipeline.name === pipeline);
  for (const { record, stage: candidate } of stagesNamed(own, stage)) {
    if (candidate.reuse !== undefined) return { run: record.name, parts: candidate.reuse.parts };
  }
  return undefined;
}

/** The newest run whose stage has a result that differs in nothing but its inputs; undefined when there is none. */
export function newestWithOwnKey(runs: readonly RunRecord[], stage: StageName, key: string): string | undefined {
  for (const { record, stage: candidate } of stagesNamed(runs, stage)) {
    const parts = candidate.reuse?.parts;
    if (parts !== undefined && ownKey(parts) === key && resultOf(record.name, candidate) !== undefined)
      return record.name;
  }
  return undefined;
}

/** The result that `STAGE@RUN` names. Throws `not-found` or `bad-usage` with what there is. */
export function namedResult(runs: readonly RunRecord[], stage: string, run: string): PastResult {
  const record = runs.find((candidate) => candidate.name === parseRunName(run));
  if (record === undefined) throw new UserError('not-found', `there is no run ${run}`);
  const named = record.stages.find((candidate) => candidate.name === stage);
  if (named === undefined) {
    const names = record.stages.map((candidate) => candidate.name).join(', ');
    throw new UserError('unknown-stage', `run ${run} has no stage ${stage}; it has ${names}`, {
      hint: `see what it made: \`ilab-backend artifacts ${run}\``,
    });
  }
  const past = resultOf(run, named);
  if (past === undefined)
    throw new UserError('not-found', `stage ${stage} of run ${run} has no result: it did not end well`);
  return past;
}

/** One sentence when an artifact is no longer what its result says, undefined when all are. */
export async function whatChanged(past: PastResult, artifacts: ArtifactStore): Promise<string | undefined> {
  const { run, stage, attempt } = past.origin;
  const ref = { run, stage, attempt } as Parameters<ArtifactStore['verify']>[0];
  for (const artifact of past.result.artifacts) {
    const faults = await artifacts.verify(ref, artifact, { contents: false });
    if (faults.length > 0) return `${artifact.name} of ${originText(past.origin)} changed after the run: ${faults[0]}`;
  }
  return undefined;
}

/** `train@weekly-47`, with the attempt when it was not the first. */
function originText(origin: AttemptOrigin): string {
  return `${origin.stage}@${origin.run}${origin.attempt === 1 ? '' : ` (attempt ${origin.attempt})`}`;
}

function* stagesNamed(
  runs: readonly RunRecord[],
  name: StageName,
): Iterable<{ record: RunRecord; stage: StageRecord }> {
  for (const record of runs) {
    const stage = record.stages.find((candidate) => candidate.name === name);
    if (stage !== undefined) yield { record, stage };
  }
}

/** What the stages of a run have made so far. */
export function madeBy(record: RunRecord): ReadonlyMap<string, PastResult> {
  const made = new Map<string, PastResult>();
  for (const stage of record.stages) {
    const past = resultOf(record.name, stage);
    if (past !== undefined) made.set(stage.name, past);
  }
  return made;
}

/** The metrics that gates and conditions may read: those of the stages that are done. */
export function resultsOf(made: ReadonlyMap<string, PastResult>): Results {
  return Object.fromEntries([...made].map(([stage, past]) => [stage, { metrics: past.result.metrics }]));
}

/** Whether a condition of the stage holds its results against what was published before: else nobody looks for that. */
export function readsPrevious({ when, gates, approval }: Pick<Stage, 'when' | 'gates' | 'approval'>): boolean {
  const conditions = [when, approval, ...gates.map(({ condition }) => condition)];
  return conditions.some((condition) => condition !== undefined && /\bprevious\b/.test(condition.text));
}

/**
 * What the stages made in the newest run of the pipeline in which this one ended well by itself and made it public; empty
 * when there is none, or no condition of it asks. A result whose metric `published` is 0 was kept or rehearsed. `runs`
 * newest first.
 */
export function publishedBefore(
  runs: readonly RunRecord[],
  pipeline: string,
  asking: Pick<Stage, 'name' | 'when' | 'gates' | 'approval'>,
): Results {
  if (!readsPrevious(asking)) return {};
  const { name: stage } = asking;
  const isPublic = (candidate: StageRecord): boolean => {
    const { outcome } = candidate.attempts.at(-1) ?? {};
    return candidate.name === stage && outcome?.kind === 'succeeded' && outcome.result.metrics['published'] !== 0;
  };
  const record = runs.find((run) => run.pipeline.name === pipeline && run.stages.some(isPublic));
  return record === undefined ? {} : resultsOf(madeBy(record));
}
