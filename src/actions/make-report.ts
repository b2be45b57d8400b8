import { unreachable } from '../domain/errors.ts';
import { gpuHoursOf } from '../domain/report/gpu-hours.ts';
import type { FailureReport, Report, RunReport, StageReport } from '../domain/report/report.ts';
import { approvalSpan, installSpans, spansOf } from '../domain/report/spans.ts';
import { overheadOf } from '../domain/run/overhead.ts';
import { endingOf } from '../domain/run/run-ending.ts';
import { attemptPhase, hasEnded, shownPhase } from '../domain/run/run-phase.ts';
import type { AttemptRecord, RunRecord, StageRecord } from '../domain/run/run-record.ts';
import { type Sights, seenPhase } from '../domain/run/sight.ts';
import { type Deps, presentThere, timestamp } from './deps.ts';
import { seeAttempts } from './follow/see-attempts.ts';
import { resultOf } from './plan/past-results.ts';
import { parseDocument } from './plan/run-document.ts';
import { readRun } from './read-run.ts';
import { gatesOf } from './report/gates-of.ts';
import { materialsOf } from './report/materials-of.ts';
import { readFindings } from './report/read-findings.ts';
import { readTold } from './report/read-told.ts';

/** A run, and the place that has it: several may live in several. */
export interface ReportedRun {
  readonly deps: Deps;
  readonly name: string;
}

/** What a report is made with. */
export interface ReportOptions {
  /** Of this program. */
  readonly version: string;
  /** Reads scores, manifests and logs too; on a cluster that takes a pod for as long as it reads. */
  readonly files: boolean;
  readonly signal: AbortSignal;
  /** Hears what is being read. */
  readonly tell?: (what: string) => void;
}

/**
 * Everything there is to tell of the runs, in the order in which they are named. What cannot be read is told in `missing` and makes no
 * report fail. Throws `not-found`, `state-broken`.
 */
export async function makeReport(runs: readonly ReportedRun[], options: ReportOptions): Promise<Report> {
  const reports: RunReport[] = [];
  // One after the other: each may hold a pod of its cluster while it is read.
  for (const run of runs) reports.push(await reportRun(run, options));
  const [first] = runs;
  return {
    apiVersion: 'ilab-backend.dev/v1alpha1',
    kind: 'Report',
    program: options.version,
    madeAt: first === undefined ? new Date(0).toISOString() : timestamp(first.deps.clock),
    runs: reports,
  };
}

async function reportRun({ deps, name }: ReportedRun, options: ReportOptions): Promise<RunReport> {
  const { files, signal, tell: say } = options;
  say?.(`reading ${name} in ${deps.store.place}`);
  const { record } = await readRun(deps, name);
  const document = parseDocument(await deps.store.readSources(name), name);
  const driven = await deps.store.isLocked(name);
  const sights = await seeAttempts(deps, record, driven);
  const now = presentThere(deps).toISOString();
  const ending = endingOf(record, driven, sights);
  const isOver = hasEnded(ending.phase);
  const endedAt = lastEnd(record);
  const { stageSeconds, preparingSeconds, ownSeconds } = overheadOf(record);
  const missing: string[] = [];
  const tell = (sentence: string): void => void missing.push(sentence);
  const gates = await gatesOf(deps, record, document, tell);
  if (files) say?.(`reading what ${name} made`);
  const read = files ? await readFiles(deps, record, signal, tell) : NOTHING_READ;
  if (!files) tell('scores, data counts, curves and warnings: nobody asked for them (--no-files)');
  return {
    name: record.name,
    id: record.id,
    phase: shownPhase(record, ending.phase),
    message: ending.message,
    pipeline: record.pipeline,
    ...(record.profile === undefined ? {} : { profile: record.profile }),
    target: record.target,
    place: deps.store.place,
    createdBy: record.createdBy,
    createdAt: record.createdAt,
    ...(isOver && endedAt !== undefined ? { endedAt } : {}),
    planDigest: record.planDigest,
    seconds: {
      stages: stageSeconds,
      ...(preparingSeconds === undefined ? {} : { preparing: preparingSeconds }),
      own: ownSeconds,
    },
    gpuHours: gpuHoursOf(record, now),
    stages: record.stages.map((stage) => reportStage(record, stage, sights, now)),
    failures: record.stages.flatMap(failuresOf),
    ...read,
    gates,
    ...materialsOf(record, document),
    missing,
  };
}

const NOTHING_READ = { scores: [], data: [], series: [], warnings: [] } as const;

async function readFiles(
  deps: Deps,
  record: RunRecord,
  signal: AbortSignal,
  tell: (sentence: string) => void,
): Promise<Pick<RunReport, 'scores' | 'data' | 'series' | 'warnings'>> {
  try {
    return {
      ...(await readFindings(deps, record, signal, tell)),
      ...(await readTold(deps, record, signal, tell)),
    };
  } finally {
    await deps.artifacts.release();
  }
}

function lastEnd({ stages }: RunRecord): string | undefined {
  const ends = stages.flatMap(({ attempts }) => attempts.flatMap(({ at }) => at.ended ?? at.outcome ?? []));
  return ends.toSorted((a, b) => Date.parse(a) - Date.parse(b)).at(-1);
}

function reportStage(record: RunRecord, stage: StageRecord, sights: Sights, now: string): StageReport {
  const { decision, approval } = stage;
  const result = resultOf(record.name, stage)?.result;
  const asked = approvalSpan(approval, now);
  const before = [...(asked === undefined ? [] : [asked]), ...installSpans(record, stage)];
  return {
    name: stage.name,
    phase: seenPhase(stage, sights),
    ...(decision?.kind === 'skip' || decision?.kind === 'refuse' ? { reason: decision.reason } : {}),
    ...(decision?.kind === 'reuse' ? { reused: decision.from } : {}),
    ...(approval === undefined
      ? {}
      : {
          approval: {
            askedAt: approval.asked,
            ...(approval.given === undefined ? {} : { givenAt: approval.given.at, by: approval.given.by }),
          },
        }),
    attempts: stage.attempts.map((attempt, index) => ({
      attempt: attempt.attempt,
      phase: attemptPhase(attempt),
      ...(attempt.gpus === undefined ? {} : { gpus: attempt.gpus }),
      spans: [...(index === 0 ? before : []), ...spansOf(attempt, record.target, now)],
    })),
    metrics: result?.metrics ?? {},
    ...(result?.chosen === undefined ? {} : { chosen: result.chosen }),
  };
}

function failuresOf({ name, attempts }: StageRecord): readonly FailureReport[] {
  return attempts.flatMap((attempt, index): readonly FailureReport[] => {
    const later = attempts.slice(index + 1);
    const failure = failureOf(attempt);
    if (failure === undefined) return [];
    const at = attempt.at.ended ?? attempt.at.outcome;
    return [
      {
        ...{ stage: name, attempt: attempt.attempt, ...failure },
        ...(at === undefined ? {} : { at }),
        isMended: later.some(({ outcome }) => outcome?.kind === 'succeeded'),
      },
    ];
  });
}

function failureOf({
  outcome,
}: AttemptRecord): Pick<FailureReport, 'kind' | 'reason' | 'class' | 'message'> | undefined {
  switch (outcome?.kind) {
    case undefined:
    case 'succeeded':
      return undefined;
    case 'failed':
      return { kind: outcome.kind, reason: outcome.reason, class: outcome.class, message: outcome.message };
    case 'lost':
    case 'cancelled':
      return { kind: outcome.kind, message: outcome.message };
    default:
      return unreachable(outcome);
  }
}
