import type { Outcome, StageResult } from '../../../domain/attempt/outcome.ts';
import {
  type AttemptWarning,
  type LogSight,
  type LogSights,
  NOT_READ,
  type Progress,
} from '../../../domain/attempt/progress.ts';
import { unreachable } from '../../../domain/errors.ts';
import type { Overhead } from '../../../domain/event.ts';
import type { AttemptOrigin } from '../../../domain/plan/plan.ts';
import { overheadOf } from '../../../domain/run/overhead.ts';
import { attemptPhase, isCancelling, type ShownPhase, type StagePhase } from '../../../domain/run/run-phase.ts';
import type { ApprovalRecord, AttemptRecord, RunRecord, StageRecord } from '../../../domain/run/run-record.ts';
import { NO_SIGHTS, type Sight, type Sights, seenPhase } from '../../../domain/run/sight.ts';

/*
 * `status RUN -o json` (docs/status.md). Names and meanings only grow: scripts rely on them. Keys are written in the
 * order below, so two documents can be compared line by line.
 */

/** A run in the shape of a Kubernetes object. Times are RFC 3339, UTC. */
export interface RunObject {
  readonly apiVersion: 'ilab-backend.dev/v1alpha1';
  readonly kind: 'Run';
  readonly metadata: { readonly name: string; readonly uid: string; readonly creationTimestamp: string };
  readonly spec: {
    readonly pipeline: { readonly name: string; readonly version: string };
    readonly profile?: string;
    readonly target: 'local' | 'kubernetes';
    /** Same digest = same plan. */
    readonly planDigest: string;
    readonly createdBy: { readonly user: string; readonly host: string };
  };
  readonly status: {
    readonly phase: ShownPhase;
    /** The wish to cancel what runs now; absent when there is none. */
    readonly cancel?: { readonly at: string; readonly by: string; readonly reason?: string };
    /** Whoever drove it, oldest first; without `endedAt` it drives now, or died. */
    readonly drivers: readonly RunObjectDriver[];
    readonly overhead: Overhead;
    readonly stages: readonly RunObjectStage[];
  };
}

interface RunObjectDriver {
  readonly user: string;
  readonly host: string;
  readonly pid: number;
  readonly startedAt: string;
  readonly endedAt?: string;
}

interface RunObjectStage {
  readonly name: string;
  readonly phase: StagePhase;
  /** Why it was skipped or refused. */
  readonly reason?: string;
  /** The gate that refused it. */
  readonly gate?: string;
  /** Absent where nobody was asked; without `givenAt` nobody has agreed. */
  readonly approval?: {
    readonly askedAt: string;
    readonly givenAt?: string;
    readonly by?: string;
    readonly reason?: string;
  };
  readonly attempts: readonly RunObjectAttempt[];
  /** The attempt of another run whose result it took; null when it made its own or has none. */
  readonly reused: AttemptOrigin | null;
  /** What it made or took over; null before that. */
  readonly result: Omit<StageResult, 'version'> | null;
}

interface RunObjectAttempt {
  /** Counts from 1. */
  readonly attempt: number;
  /** The target's identity of the object; absent before it was accepted. */
  readonly uid?: string;
  readonly state: AttemptRecord['state'];
  readonly phase: StagePhase;
  /** GPUs that its pods hold while they live; absent without. */
  readonly gpus?: number;
  readonly submittedAt?: string;
  /** When its first pod got a node, and with it its GPUs; absent where there are no nodes. */
  readonly placedAt?: string;
  readonly startedAt?: string;
  readonly endedAt?: string;
  /** Without the result: that is the stage's. */
  readonly outcome?: SeenOutcome;
  /** How it stands although nobody drives the run; absent while a driver lives, and once there is an outcome. */
  readonly seen?: {
    readonly kind: Sight['kind'];
    readonly startedAt?: string;
    readonly endedAt?: string;
    readonly outcome?: SeenOutcome;
    readonly reason?: string;
  };
  /** What its log warned of, in its order; absent where no log was read. */
  readonly warnings?: readonly Omit<AttemptWarning, 'stage' | 'attempt'>[];
  /** What its log told last, while it goes on. */
  readonly progress?: Progress & { readonly at: string };
}

type SeenOutcome = { readonly kind: 'succeeded' } | Exclude<Outcome, { readonly kind: 'succeeded' }>;

/** The record as scripts see it; `phase` as `shownPhase` tells it, `sights` of what nobody drives. */
export function toRunObject(
  record: RunRecord,
  phase: ShownPhase,
  sights: Sights = NO_SIGHTS,
  logs: LogSights = NOT_READ,
): RunObject {
  const { pipeline, profile, cancel } = record;
  return {
    apiVersion: 'ilab-backend.dev/v1alpha1',
    kind: 'Run',
    metadata: { name: record.name, uid: record.id, creationTimestamp: record.createdAt },
    spec: {
      pipeline: { name: pipeline.name, version: pipeline.version },
      ...(profile === undefined ? {} : { profile }),
      target: record.target,
      planDigest: record.planDigest,
      createdBy: { user: record.createdBy.user, host: record.createdBy.host },
    },
    status: {
      phase,
      ...(cancel !== undefined && isCancelling(record) ? { cancel: toCancel(cancel) } : {}),
      drivers: record.drivers.map(({ user, host, pid, startedAt, endedAt }) => ({
        ...{ user, host, pid, startedAt },
        ...(endedAt === undefined ? {} : { endedAt }),
      })),
      overhead: overheadOf(record),
      stages: record.stages.map((stage) => toStage(stage, sights, logs)),
    },
  };
}

function toCancel(cancel: NonNullable<RunRecord['cancel']>): NonNullable<RunObject['status']['cancel']> {
  return { at: cancel.at, by: cancel.by, ...(cancel.reason === undefined ? {} : { reason: cancel.reason }) };
}

function toStage(stage: StageRecord, sights: Sights, logs: LogSights): RunObjectStage {
  const { decision } = stage;
  const reason = decision?.kind === 'skip' || decision?.kind === 'refuse' ? { reason: decision.reason } : {};
  const reused = decision?.kind === 'reuse' ? decision : undefined;
  return {
    name: stage.name,
    phase: seenPhase(stage, sights),
    ...reason,
    ...(decision?.kind === 'refuse' ? { gate: decision.gate } : {}),
    ...(stage.approval === undefined ? {} : { approval: toApproval(stage.approval) }),
    attempts: stage.attempts.map((attempt) => ({
      ...toAttempt(
        attempt,
        attempt.outcome === undefined ? sights.get(stage.name) : undefined,
        seenPhase(stage, sights),
      ),
      ...toTold(logs.get(stage.name)?.get(attempt.attempt)),
    })),
    reused:
      reused === undefined ? null : { run: reused.from.run, stage: reused.from.stage, attempt: reused.from.attempt },
    result: toResult(reused?.result ?? ownResult(stage)),
  };
}

function toApproval({ asked, given }: ApprovalRecord): NonNullable<RunObjectStage['approval']> {
  if (given === undefined) return { askedAt: asked };
  const { at, ...rest } = given;
  return { askedAt: asked, givenAt: at, ...rest };
}

function ownResult(stage: StageRecord): StageResult | undefined {
  const outcome = stage.attempts.at(-1)?.outcome;
  return outcome?.kind === 'succeeded' ? outcome.result : undefined;
}

function toResult(result: StageResult | undefined): RunObjectStage['result'] {
  if (result === undefined) return null;
  const artifacts = result.artifacts.map(({ name, path, digest, size }) => ({ name, path, digest, size }));
  return {
    metrics: sortKeys(result.metrics),
    artifacts,
    ...(result.chosen === undefined ? {} : { chosen: result.chosen }),
  };
}

function toAttempt(attempt: AttemptRecord, sight: Sight | undefined, stagePhase: StagePhase): RunObjectAttempt {
  const { bound, placed, started, ended } = attempt.at;
  return {
    attempt: attempt.attempt,
    ...(attempt.uid === undefined ? {} : { uid: attempt.uid }),
    state: attempt.state,
    phase: sight === undefined ? attemptPhase(attempt) : stagePhase,
    ...(attempt.gpus === undefined ? {} : { gpus: attempt.gpus }),
    ...(bound === undefined ? {} : { submittedAt: bound }),
    ...(placed === undefined ? {} : { placedAt: placed }),
    ...(started === undefined ? {} : { startedAt: started }),
    ...(ended === undefined ? {} : { endedAt: ended }),
    ...(attempt.outcome === undefined ? {} : { outcome: toOutcome(attempt.outcome) }),
    ...(sight === undefined ? {} : { seen: toSeen(sight) }),
  };
}

function toTold(log: LogSight | undefined): Pick<RunObjectAttempt, 'warnings' | 'progress'> {
  if (log === undefined) return {};
  return {
    warnings: log.warnings.map(({ kind, at, message, evidence, fix, command }) => ({
      ...{ kind, at, message },
      ...(evidence === undefined ? {} : { evidence }),
      ...(fix === undefined ? {} : { fix }),
      ...(command === undefined ? {} : { command }),
    })),
    ...(log.progress === undefined ? {} : { progress: { at: log.progress.at, ...log.progress.progress } }),
  };
}

function toSeen(sight: Sight): NonNullable<RunObjectAttempt['seen']> {
  switch (sight.kind) {
    case 'running':
      return { kind: sight.kind, startedAt: sight.at };
    case 'ended':
      return { kind: sight.kind, endedAt: sight.at, outcome: toOutcome(sight.outcome) };
    case 'not-submitted':
    case 'gone':
      return { kind: sight.kind };
    case 'waiting':
    case 'troubled':
    case 'unknown':
      return { kind: sight.kind, ...(sight.reason === '' ? {} : { reason: sight.reason }) };
    default:
      return unreachable(sight);
  }
}

function toOutcome(outcome: Outcome): SeenOutcome {
  return outcome.kind === 'succeeded' ? { kind: 'succeeded' } : outcome;
}

/** Metrics come in the order a driver wrote them; two runs are compared by name. */
function sortKeys(metrics: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(metrics).sort(([a], [b]) => (a < b ? -1 : 1)));
}
