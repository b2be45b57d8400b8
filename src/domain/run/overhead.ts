import type { Overhead } from '../event.ts';
import { secondsBetween } from './record-events.ts';
import type { AttemptRecord, RunRecord, StageRecord } from './run-record.ts';

/** From when to when, RFC 3339. */
type Span = readonly [from: string, to: string];

/**
 * Where a run's seconds went: the stages' own from start to end, and ours, from INTENT until a stage
 * could start and from its end until that was noticed, as far as a driver lived meanwhile. On a cluster what lies between
 * bound and started is the cluster's: scheduling, images, volumes. Attempts that never started count nothing. `now`: an attempt that goes on counts
 * until then; absent = not at all.
 */
export function overheadOf(record: RunRecord, now?: string): Overhead {
  const attempts = record.stages.flatMap((stage) => stage.attempts);
  const driven = drivenSpans(record);
  const preparing = preparingSeconds(record.stages, driven);
  return {
    stageSeconds: sum(
      attempts,
      ({ at, outcome }) => secondsBetween(at.started, at.ended ?? (outcome === undefined ? now : undefined)) ?? 0,
    ),
    ...(preparing === 0 ? {} : { preparingSeconds: preparing }),
    ownSeconds: sum(attempts, (attempt) => ownSeconds(attempt, record.target, driven)),
  };
}

/** Between the decision that a stage runs and its first INTENT: what it runs in is made then, for all that are left together. */
function preparingSeconds(stages: readonly StageRecord[], driven: readonly Span[]): number {
  const spans = stages
    .flatMap(({ decision, attempts: [first] }): readonly Span[] =>
      decision?.kind === 'run' && first !== undefined ? [[decision.at, first.at.intent]] : [],
    )
    .sort(([a], [b]) => Date.parse(a) - Date.parse(b));
  let [total, until] = [0, ''];
  for (const [from, to] of spans) {
    const begin = until === '' ? from : later(from, until);
    if (Date.parse(begin) < Date.parse(to)) total += secondsWithin(driven, begin, to);
    until = until === '' ? to : later(until, to);
  }
  // Less is deciding and writing.
  return total < PREPARING_MIN ? 0 : Math.round(total * 1000) / 1000;
}

const PREPARING_MIN = 1;

/** When a driver prepared what a stage runs in; what took a moment is left out. */
export function preparingOf(record: RunRecord, { decision, attempts: [first] }: StageRecord): readonly Span[] {
  if (decision?.kind !== 'run' || first === undefined) return [];
  return drivenSpans(record)
    .map(([from, to]): Span => [later(from, decision.at), earlier(to, first.at.intent)])
    .filter(([from, to]) => (secondsBetween(from, to) ?? 0) >= PREPARING_MIN);
}

function ownSeconds({ at }: AttemptRecord, target: RunRecord['target'], driven: readonly Span[]): number {
  if (at.started === undefined) return 0;
  const begun = target === 'kubernetes' ? at.bound : at.started;
  return secondsWithin(driven, at.intent, begun) + secondsWithin(driven, at.ended, at.outcome);
}

function secondsWithin(spans: readonly Span[], from: string | undefined, to: string | undefined): number {
  if (from === undefined || to === undefined) return 0;
  const parts = spans.map(([begin, end]) => secondsBetween(later(from, begin), earlier(to, end)) ?? 0);
  return parts.reduce((total, part) => total + part, 0);
}

/**
 * When a driver lived, in order, never two at a time. One that was killed wrote no end: it lived until the last thing it
 * recorded, and at most until the next one began.
 */
function drivenSpans({ drivers, stages }: RunRecord): readonly Span[] {
  const inOrder = drivers.toSorted((a, b) => Date.parse(a.startedAt) - Date.parse(b.startedAt));
  return inOrder.map(({ startedAt, endedAt }, index) => {
    const next = inOrder[index + 1]?.startedAt;
    const end = endedAt ?? lastRecorded(stages, startedAt, next);
    return [startedAt, next === undefined ? end : earlier(end, next)];
  });
}

/** The last thing that was recorded from `from` to `until`; `from` when there is none. */
function lastRecorded(stages: readonly StageRecord[], from: string, until: string | undefined): string {
  const times = stages.flatMap(({ decision, attempts }) => [
    ...(decision === undefined ? [] : [decision.at]),
    ...attempts.flatMap(({ at }) => [at.intent, at.bound, at.outcome, at.logsComplete, at.cleaned]),
    // What the target stamped: only where no later driver may have found it.
    ...(until === undefined ? attempts.map(({ at }) => at.started) : []),
  ]);
  const within = times.filter(
    (time) =>
      time !== undefined && time === later(time, from) && (until === undefined || time === earlier(time, until)),
  );
  return within.reduce<string>((last, time) => (time === undefined ? last : later(last, time)), from);
}

function later(a: string, b: string): string {
  return Date.parse(a) >= Date.parse(b) ? a : b;
}

function earlier(a: string, b: string): string {
  return Date.parse(a) <= Date.parse(b) ? a : b;
}

function sum(attempts: readonly AttemptRecord[], of: (attempt: AttemptRecord) => number): number {
  return Math.round(attempts.reduce((total, attempt) => total + of(attempt), 0) * 1000) / 1000;
}
