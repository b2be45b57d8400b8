import { unreachable } from '../errors.ts';
import type { RunEvent } from '../event.ts';
import type { RunName, StageName } from '../naming.ts';
import { isCancelling } from './run-phase.ts';
import type { AttemptRecord, RunRecord, StageRecord } from './run-record.ts';

/**
 * The events that lead from one version of a record to the next, in order of time; from `undefined` the whole
 * history. An event is thereby an acknowledged change: whoever reads the record, whenever, sees the same ones.
 */
export function eventsBetween(before: RunRecord | undefined, after: RunRecord): readonly RunEvent[] {
  const events: RunEvent[] = [];
  for (const stage of after.stages) {
    const known = before?.stages.find((other) => other.name === stage.name);
    events.push(...decisionEvents(after.name, known, stage), ...approvalEvents(after.name, known, stage));
    stage.attempts.forEach((attempt, index) => {
      events.push(...attemptEvents(after.name, stage.name, known?.attempts[index], attempt));
    });
  }
  const cancel = after.cancel;
  // A wish that a later resume has overruled is no news to anybody.
  if (cancel !== undefined && isCancelling(after) && before?.cancel?.epoch !== cancel.epoch) {
    events.push({ type: 'run-cancelling', time: cancel.at, run: after.name, by: cancel.by });
  }
  return events.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
}

function decisionEvents(run: RunName, before: StageRecord | undefined, after: StageRecord): readonly RunEvent[] {
  const decision = after.decision;
  if (decision === undefined) return [];
  const of = { time: decision.at, run, stage: after.name };
  const was = before?.decision;
  switch (decision.kind) {
    case 'run':
      return [];
    case 'reuse':
      return was?.kind === 'reuse'
        ? []
        : [{ type: 'stage-reused', ...of, from: decision.from, metrics: decision.result.metrics }];
    case 'skip':
      return was?.kind === 'skip' ? [] : [{ type: 'stage-skipped', ...of, reason: decision.reason }];
    case 'refuse':
      if (was?.kind === 'refuse' && was.epoch === decision.epoch) return [];
      return [{ type: 'stage-refused', ...of, gate: decision.gate, reason: decision.reason }];
    default:
      return unreachable(decision);
  }
}

function approvalEvents(run: RunName, before: StageRecord | undefined, after: StageRecord): readonly RunEvent[] {
  const { approval } = after;
  if (approval === undefined) return [];
  const of = { run, stage: after.name };
  const known = before?.approval?.epoch === approval.epoch ? before.approval : undefined;
  const { given } = approval;
  const reason = given?.reason === undefined ? {} : { reason: given.reason };
  return [
    ...(known === undefined ? [{ type: 'approval-asked', time: approval.asked, ...of } as const] : []),
    ...(given === undefined || known?.given !== undefined
      ? []
      : [{ type: 'approval-given', time: given.at, ...of, by: given.by, ...reason } as const]),
  ];
}

function attemptEvents(
  run: RunName,
  stage: StageName,
  before: AttemptRecord | undefined,
  after: AttemptRecord,
): readonly RunEvent[] {
  const of = { run, stage, attempt: after.attempt };
  const events: RunEvent[] = [];
  if (before === undefined) {
    const gpus = after.gpus === undefined ? {} : { gpus: after.gpus };
    events.push({ type: 'attempt-intended', time: after.at.intent, ...of, key: after.key, ...gpus });
  }
  if (before?.uid === undefined && after.uid !== undefined && after.at.bound !== undefined) {
    events.push({ type: 'attempt-bound', time: after.at.bound, ...of, uid: after.uid });
  }
  if (before?.at.started === undefined && after.at.started !== undefined && after.at.bound !== undefined) {
    // The target's clock says when it started; a story told in order needs it not before it was bound.
    const time = after.at.started < after.at.bound ? after.at.bound : after.at.started;
    events.push({ type: 'attempt-started', time, ...of });
  }
  if (before?.outcome === undefined && after.outcome !== undefined && after.at.outcome !== undefined) {
    const seconds = secondsBetween(after.at.started, after.at.ended);
    const time = after.at.outcome;
    events.push({
      type: 'attempt-ended',
      time,
      ...of,
      outcome: after.outcome,
      ...(seconds === undefined ? {} : { seconds }),
    });
  }
  return events;
}

/** Seconds from `from` to `to` (RFC 3339), never negative; undefined when one is absent. */
export function secondsBetween(from: string | undefined, to: string | undefined): number | undefined {
  if (from === undefined || to === undefined) return undefined;
  return Math.max(0, (Date.parse(to) - Date.parse(from)) / 1000);
}
