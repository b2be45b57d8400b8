import { unreachable } from '../errors.ts';
import {
  type ApprovalRecord,
  ATTEMPT_STATES,
  type AttemptRecord,
  type DriverRecord,
  type RunRecord,
  type StageRecord,
} from './run-record.ts';

/**
 * Joins two versions of one run's record, written by two drivers that did not see each other. States only move
 * forward, so the join loses nothing that either has acknowledged; it is commutative for what drivers may write.
 */
export function mergeRecords(mine: RunRecord, theirs: RunRecord): RunRecord {
  if (mine.id !== theirs.id) throw new Error(`records of two runs: ${mine.id}, ${theirs.id}`);
  const newest = mine.epoch >= theirs.epoch ? mine : theirs;
  const cancel = laterCancel(mine.cancel, theirs.cancel);
  const notified = [...new Set([...(mine.notified ?? []), ...(theirs.notified ?? [])])].sort();
  const { cancel: _dropped, ...rest } = newest;
  return {
    ...rest,
    ...(cancel === undefined ? {} : { cancel }),
    drivers: mergeDrivers(mine.drivers, theirs.drivers),
    ...(notified.length === 0 ? {} : { notified }),
    stages: newest.stages.map((stage) => mergeStage(find(mine, stage), find(theirs, stage))),
  };
}

function find(record: RunRecord, stage: StageRecord): StageRecord {
  return record.stages.find((other) => other.name === stage.name) ?? stage;
}

function laterCancel(a: RunRecord['cancel'], b: RunRecord['cancel']): RunRecord['cancel'] {
  if (a === undefined) return b;
  if (b === undefined) return a;
  if (a.epoch !== b.epoch) return a.epoch > b.epoch ? a : b;
  return a.at <= b.at ? a : b;
}

function mergeDrivers(mine: readonly DriverRecord[], theirs: readonly DriverRecord[]): DriverRecord[] {
  const byId = new Map<string, DriverRecord>();
  for (const driver of [...mine, ...theirs]) {
    const known = byId.get(driver.id);
    byId.set(driver.id, known?.endedAt === undefined ? driver : known);
  }
  return [...byId.values()].sort((a, b) => (a.startedAt < b.startedAt ? -1 : a.startedAt > b.startedAt ? 1 : 0));
}

function mergeStage(mine: StageRecord, theirs: StageRecord): StageRecord {
  const count = Math.max(mine.attempts.length, theirs.attempts.length);
  const attempts: AttemptRecord[] = [];
  for (let index = 0; index < count; index += 1) {
    const attempt = furtherAttempt(mine.attempts[index], theirs.attempts[index]);
    if (attempt !== undefined) attempts.push(attempt);
  }
  const decided = decisionRank(mine) >= decisionRank(theirs) ? mine : theirs;
  const reuse = mine.reuse ?? theirs.reuse;
  const approval = laterApproval(mine.approval, theirs.approval);
  return {
    name: mine.name,
    ...(decided.decision === undefined ? {} : { decision: decided.decision }),
    ...(approval === undefined ? {} : { approval }),
    attempts,
    ...(reuse === undefined ? {} : { reuse }),
  };
}

/** What was asked later counts; of the same question, the first answer. */
function laterApproval(a: ApprovalRecord | undefined, b: ApprovalRecord | undefined): ApprovalRecord | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  if (a.epoch !== b.epoch) return a.epoch > b.epoch ? a : b;
  const asked = a.asked <= b.asked ? a.asked : b.asked;
  const [given] = [a.given, b.given]
    .filter((answer) => answer !== undefined)
    .sort((x, y) => (`${x.at} ${x.by}` < `${y.at} ${y.by}` ? -1 : 1));
  return { asked, epoch: a.epoch, ...(given === undefined ? {} : { given }) };
}

/** A refusal is the only decision that a later epoch takes back, so every other one outranks it. */
function decisionRank(stage: StageRecord): number {
  const decision = stage.decision;
  if (decision === undefined) return 0;
  switch (decision.kind) {
    case 'refuse':
      return 1;
    case 'run':
    case 'reuse':
    case 'skip':
      return 2;
    default:
      return unreachable(decision);
  }
}

function furtherAttempt(a: AttemptRecord | undefined, b: AttemptRecord | undefined): AttemptRecord | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const [further, behind] = ATTEMPT_STATES.indexOf(a.state) >= ATTEMPT_STATES.indexOf(b.state) ? [a, b] : [b, a];
  return { ...behind, ...further, at: { ...behind.at, ...further.at } };
}
