import type { Outcome } from '../attempt/outcome.ts';
import type { AttemptRecord, RunRecord, StageRecord } from './run-record.ts';

/** A run's state in one word, derived from its record and from whether a driver lives. */
export type RunPhase =
  /** A driver lives and it has not ended. */
  | 'Running'
  /** No driver lives and it has not ended: `resume` goes on. */
  | 'Interrupted'
  | 'Succeeded'
  | 'Failed'
  /** A gate was false. */
  | 'Refused'
  /** A stage could not be started. */
  | 'CannotStart'
  | 'Cancelled'
  | 'Lost';

/** A run's state as people and programs are shown it: a run that only waits for a person is in neither of two states. */
export type ShownPhase = RunPhase | 'AwaitingApproval';

/** Where a stage stands, over all its attempts. */
export type StagePhase =
  | 'Pending'
  /** A person is asked whether it may start. */
  | 'AwaitingApproval'
  | 'Running'
  /** No driver lives; it neither runs nor has a recorded end (see sight.ts). */
  | 'Interrupted'
  | 'Succeeded'
  | 'Reused'
  | 'Skipped'
  | 'Refused'
  | 'Failed'
  | 'CannotStart'
  | 'Cancelled'
  | 'Lost';

/** The gate that a refusal by a person is recorded under. */
export const APPROVAL_GATE = 'approval';

/** Why a stage is skipped that nobody chose and nothing builds on. */
export const NOT_ASKED_FOR = 'it was not asked for';

/** Whether nobody chose the stage and nothing builds on it: it counts for nothing. */
export function isUnasked({ decision }: StageRecord): boolean {
  return decision?.kind === 'skip' && decision.reason === NOT_ASKED_FOR;
}

/** The newest attempt, or undefined. */
export function lastAttempt(stage: StageRecord): AttemptRecord | undefined {
  return stage.attempts.at(-1);
}

/** A stage's state as it stands; what an earlier epoch left behind still shows until the stage is tried again. */
export function stagePhase(stage: StageRecord): StagePhase {
  const decision = stage.decision;
  if (isAwaitingApproval(stage)) return 'AwaitingApproval';
  if (decision === undefined) return 'Pending';
  switch (decision.kind) {
    case 'reuse':
      return 'Reused';
    case 'skip':
      return 'Skipped';
    case 'refuse':
      return 'Refused';
    case 'run':
      return attemptPhase(lastAttempt(stage));
  }
}

/** Whether a person was asked and has not answered; what was declined in an earlier epoch may be asked again. */
export function isAwaitingApproval({ approval, decision }: StageRecord): boolean {
  if (approval === undefined || approval.given !== undefined) return false;
  return decision === undefined || (decision.kind === 'refuse' && decision.epoch < approval.epoch);
}

/** The state of one attempt. */
export function attemptPhase(attempt: AttemptRecord | undefined): StagePhase {
  if (attempt === undefined) return 'Pending';
  return attempt.outcome === undefined ? 'Running' : outcomePhase(attempt.outcome);
}

/** The state that an attempt's end leaves its stage in. */
export function outcomePhase(outcome: Outcome): StagePhase {
  switch (outcome.kind) {
    case 'succeeded':
      return 'Succeeded';
    case 'failed':
      return outcome.reason === 'cannot-start' ? 'CannotStart' : 'Failed';
    case 'cancelled':
      return 'Cancelled';
    case 'lost':
      return 'Lost';
  }
}

/** What is said of a stage that `isPreparing`, by whoever only reads the record. */
export const PREPARING = 'its environment is made ready';

/** It is decided that the stage runs, and nothing is submitted yet: while a driver lives, what it runs in is made. */
export function isPreparing({ decision, attempts }: StageRecord): boolean {
  return decision?.kind === 'run' && attempts.length === 0;
}

/** A stage that the next one may build on. */
export function isDone(stage: StageRecord): boolean {
  const phase = stagePhase(stage);
  return phase === 'Succeeded' || phase === 'Reused' || phase === 'Skipped';
}

/** A stage that ended badly in the run's present epoch: it is not tried again before `resume`. */
export function hasFailed(stage: StageRecord, epoch: number): boolean {
  const decision = stage.decision;
  if (decision?.kind === 'refuse') return decision.epoch === epoch;
  const attempt = lastAttempt(stage);
  return attempt?.outcome !== undefined && attempt.outcome.kind !== 'succeeded' && attempt.epoch === epoch;
}

/** True once somebody wished the present epoch of the run to end. */
export function isCancelling(record: RunRecord): boolean {
  return record.cancel?.epoch === record.epoch;
}

/**
 * The state of a run that has a living driver (`driven`) or not. When several ends apply: Lost, CannotStart,
 * Failed, Refused, Cancelled. While a driver lives, a failure it may still retry shows as Running.
 */
export function runPhase(record: RunRecord, driven: boolean): RunPhase {
  if (record.stages.every(isDone)) return 'Succeeded';
  if (driven) return 'Running';
  const ended = record.stages.filter((stage) => hasFailed(stage, record.epoch)).map(stagePhase);
  if (record.stages.some((stage) => stagePhase(stage) === 'Running')) return 'Interrupted';
  if (ended.includes('Lost')) return 'Lost';
  if (ended.includes('CannotStart')) return 'CannotStart';
  if (ended.includes('Failed')) return 'Failed';
  if (ended.includes('Refused')) return 'Refused';
  if (ended.includes('Cancelled') || isCancelling(record)) return 'Cancelled';
  return 'Interrupted';
}

/** The stage that a person is asked about, while nothing else of the run goes on; undefined when nobody is waited for. */
export function stageThatAsks(record: RunRecord): StageRecord | undefined {
  const stage = record.stages.find(isAwaitingApproval);
  return record.stages.some((other) => stagePhase(other) === 'Running') ? undefined : stage;
}

/** `runPhase`, or that a person is waited for. */
export function shownPhase(record: RunRecord, phase: RunPhase): ShownPhase {
  const isOpen = phase === 'Running' || phase === 'Interrupted';
  return isOpen && stageThatAsks(record) !== undefined ? 'AwaitingApproval' : phase;
}

/** Neither under way nor left on the way. */
export function hasEnded(phase: RunPhase): boolean {
  return phase !== 'Running' && phase !== 'Interrupted';
}

/** What a driver or follower exits with when the run is left in this phase. */
export const PHASE_EXIT_CODE = {
  Running: 130,
  Interrupted: 130,
  Succeeded: 0,
  Failed: 3,
  Refused: 4,
  CannotStart: 5,
  Cancelled: 10,
  Lost: 9,
} as const satisfies Record<RunPhase, number>;
