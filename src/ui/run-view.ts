import type { Outcome } from '../domain/attempt/outcome.ts';
import type { Progress } from '../domain/attempt/progress.ts';
import { unreachable } from '../domain/errors.ts';
import type { Overhead, RunEvent } from '../domain/event.ts';
import { hasEnded, outcomePhase, type RunPhase, type StagePhase } from '../domain/run/run-phase.ts';
import { type AttemptView, NOTHING_TOLD, reduceAttemptView } from './attempt-view.ts';

/** A stage's phase while somebody watches it: finer than the recorded one. */
export type ViewPhase = StagePhase | 'Preparing' | 'Submitted' | 'Waiting' | 'Retrying';

/** What is worth saying of a stage now. */
type StageDetail =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'preparing'; readonly message: string }
  | { readonly kind: 'reused'; readonly from: Extract<RunEvent, { type: 'stage-reused' }>['from'] }
  | { readonly kind: 'skipped'; readonly reason: string }
  | { readonly kind: 'approval' }
  | { readonly kind: 'refused'; readonly gate: string; readonly reason: string }
  | { readonly kind: 'waiting'; readonly reason: string; readonly fix?: string }
  | { readonly kind: 'progress'; readonly progress: Progress }
  | { readonly kind: 'ended'; readonly outcome: Outcome }
  | { readonly kind: 'retrying'; readonly attempt: number; readonly reason: string };

export interface StageView {
  readonly name: string;
  readonly phase: ViewPhase;
  /** 0 before the first. */
  readonly attempt: number;
  /** When what it does now began, RFC 3339; absent when nothing goes on. */
  readonly since?: string;
  /** How long it ran, once it has ended. */
  readonly seconds?: number;
  readonly detail: StageDetail;
  /** What else its attempt told; absent before the first. */
  readonly about?: AttemptView;
}

/** How the driver or follower took its leave. */
interface ViewEnding {
  /** When the run ended; of one that goes on, when who told it left. */
  readonly time: string;
  readonly phase: RunPhase;
  readonly message: string;
  readonly next?: string;
  readonly after?: readonly string[];
  readonly overhead?: Overhead;
}

/** A run as far as its events told it. */
export interface RunView {
  readonly run: string;
  readonly pipeline: string;
  readonly target: string;
  /** This program drives; otherwise it only watches. */
  readonly driving: boolean;
  readonly cancelling: boolean;
  /** The earliest time that was told, RFC 3339. */
  readonly began?: string;
  readonly stages: readonly StageView[];
  /** The latest time that was told of its stages, RFC 3339: whoever joined tells of the past with its own times. */
  readonly lately?: string;
  /** The names of those that may run, where that is not all of them. */
  readonly selected?: readonly string[];
  readonly ending?: ViewEnding;
}

export const EMPTY_VIEW: RunView = { run: '', pipeline: '', target: '', driving: false, cancelling: false, stages: [] };

/** The view after one more event. Pure; events of an attempt that is over change nothing. */
export function reduceView(view: RunView, event: RunEvent): RunView {
  const began = view.began === undefined || event.time < view.began ? event.time : view.began;
  const next = { ...view, run: event.run, began };
  switch (event.type) {
    case 'run-started':
      return {
        ...next,
        pipeline: event.pipeline,
        target: event.target,
        driving: event.driving,
        ...(event.selected === undefined ? {} : { selected: event.selected }),
        stages: event.stages.map((name) => view.stages.find((stage) => stage.name === name) ?? pending(name)),
      };
    case 'run-cancelling':
      return { ...next, cancelling: true };
    case 'notice':
    case 'log-gap':
      return next;
    case 'run-ended': {
      const { time, phase, message } = event;
      const hint = {
        ...(event.next === undefined ? {} : { next: event.next }),
        ...(event.after === undefined ? {} : { after: event.after }),
      };
      const overhead = event.overhead === undefined ? {} : { overhead: event.overhead };
      const end = hasEnded(phase) ? (view.lately ?? time) : time;
      return { ...next, ending: { time: end, phase, message, ...hint, ...overhead } };
    }
    default:
      return withStage({ ...next, lately: latest(view.lately, event.time) }, event);
  }
}

function latest(one: string | undefined, other: string): string {
  return one === undefined || Date.parse(one) < Date.parse(other) ? other : one;
}

type StageEvent = Extract<RunEvent, { readonly stage: unknown }>;

function withStage(view: RunView, event: Exclude<StageEvent, { type: 'log-gap' }>): RunView {
  const known = view.stages.some((stage) => stage.name === event.stage);
  const stages = known ? view.stages : [...view.stages, pending(event.stage)];
  return { ...view, stages: stages.map((stage) => (stage.name === event.stage ? withAttempt(stage, event) : stage)) };
}

/** What was told of an attempt stays with its stage until there is another. */
function withAttempt(stage: StageView, event: Exclude<StageEvent, { type: 'log-gap' }>): StageView {
  const next = reduceStage(stage, event);
  if (next === stage) return stage; // an event of the past changes nothing
  const before = next.attempt === stage.attempt ? stage.about : undefined;
  const about = reduceAttemptView(before ?? NOTHING_TOLD, event);
  return about === NOTHING_TOLD ? next : { ...next, about };
}

function reduceStage(stage: StageView, event: Exclude<StageEvent, { type: 'log-gap' }>): StageView {
  const { name, attempt } = stage;
  switch (event.type) {
    case 'stage-preparing':
      return {
        name,
        attempt,
        phase: 'Preparing',
        since: stage.since ?? event.time,
        detail: { kind: 'preparing', message: event.message },
      };
    case 'stage-reused':
      return { name, attempt, phase: 'Reused', detail: { kind: 'reused', from: event.from } };
    case 'stage-skipped':
      return { name, attempt, phase: 'Skipped', detail: { kind: 'skipped', reason: event.reason } };
    case 'approval-asked':
      return { name, attempt, phase: 'AwaitingApproval', since: event.time, detail: { kind: 'approval' } };
    case 'approval-given':
      return stage.phase === 'AwaitingApproval'
        ? { name, attempt, phase: 'Pending', detail: { kind: 'nothing' } }
        : stage;
    case 'stage-refused':
      return { name, attempt, phase: 'Refused', detail: { kind: 'refused', gate: event.gate, reason: event.reason } };
    case 'attempt-retried':
      // The attempt it speaks of does not exist yet; a late event of the present one still belongs to that.
      return {
        name,
        attempt,
        phase: 'Retrying',
        since: event.time,
        detail: { kind: 'retrying', attempt: event.attempt, reason: event.reason },
      };
    case 'attempt-intended':
      return event.attempt <= attempt
        ? stage
        : { name, attempt: event.attempt, phase: 'Submitted', since: event.time, detail: { kind: 'nothing' } };
    default:
      return event.attempt < attempt || (event.attempt === attempt && isOver(stage))
        ? stage
        : reduceAttempt(stage, event);
  }
}

type AttemptEvent = Exclude<
  Extract<StageEvent, { readonly attempt: number }>,
  { type: 'log-gap' | 'attempt-retried' | 'attempt-intended' }
>;

function reduceAttempt(stage: StageView, event: AttemptEvent): StageView {
  const { name } = stage;
  const { attempt } = event;
  const since = stage.attempt === attempt ? (stage.since ?? event.time) : event.time;
  switch (event.type) {
    case 'attempt-bound':
      return { name, attempt, phase: 'Submitted', since, detail: { kind: 'nothing' } };
    case 'attempt-waits': {
      const fix = event.fix === undefined ? {} : { fix: event.fix };
      return { name, attempt, phase: 'Waiting', since, detail: { kind: 'waiting', reason: event.reason, ...fix } };
    }
    case 'attempt-started':
      return { name, attempt, phase: 'Running', since: event.time, detail: { kind: 'nothing' } };
    case 'attempt-progress': {
      const running = stage.phase === 'Running' ? since : event.time;
      return {
        name,
        attempt,
        phase: 'Running',
        since: running,
        detail: { kind: 'progress', progress: event.progress },
      };
    }
    case 'attempt-warned':
      return { ...stage, attempt };
    case 'attempt-ended': {
      const seconds = event.seconds === undefined ? {} : { seconds: event.seconds };
      return {
        name,
        attempt,
        phase: outcomePhase(event.outcome),
        ...seconds,
        detail: { kind: 'ended', outcome: event.outcome },
      };
    }
    default:
      return unreachable(event);
  }
}

function pending(name: string): StageView {
  return { name, phase: 'Pending', attempt: 0, detail: { kind: 'nothing' } };
}

function isOver(stage: StageView): boolean {
  return stage.detail.kind === 'ended' || stage.detail.kind === 'retrying';
}
