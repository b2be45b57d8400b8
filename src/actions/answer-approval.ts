import { UserError } from '../domain/errors.ts';
import type { StageName } from '../domain/naming.ts';
import {
  APPROVAL_GATE,
  hasEnded,
  isAwaitingApproval,
  isCancelling,
  runPhase,
  stagePhase,
} from '../domain/run/run-phase.ts';
import type { RunRecord, StageRecord } from '../domain/run/run-record.ts';
import { type Deps, timestamp } from './deps.ts';
import { RunSession } from './drive/run-session.ts';
import { readRun } from './read-run.ts';

/** What a person says to a stage that asks. `stage` absent = the one that does. */
export interface Answer {
  readonly run: string;
  readonly stage?: string;
  readonly verdict: 'approve' | 'decline';
  /** Kept in the record. */
  readonly reason?: string;
}

/** What was answered, and whether a driver lives that heeds it. */
export interface Answered {
  readonly stage: StageName;
  readonly driven: boolean;
  /** The run has ended: the answer starts nothing. */
  readonly over: boolean;
  /** Somebody had said the same before; nothing was written. */
  readonly already: boolean;
}

/**
 * Records the answer with who gave it and when. Throws `bad-usage` when no stage asks, `name-taken` when the other answer
 * was given.
 */
export async function answerApproval(deps: Deps, answer: Answer): Promise<Answered> {
  const stored = await readRun(deps, answer.run);
  const session = new RunSession(deps.store, stored, () => undefined);
  const stage = asked(stored.record, answer);
  const { name } = stage;
  let already = answered(deps, stored.record, stage, answer) === undefined;
  // Of two that say the same at one time, the second writes what stands there.
  if (!already)
    await session.commitStage(name, (was) => {
      const changed = answered(deps, session.record, was, answer);
      already = changed === undefined;
      return changed ?? was;
    });
  const driven = await deps.store.isLocked(answer.run);
  const phase = runPhase(session.record, driven);
  return { stage: name, driven, over: hasEnded(phase), already };
}

function asked(record: RunRecord, { run, stage }: Answer): StageRecord {
  const asking = record.stages.filter((candidate) => candidate.approval !== undefined);
  const open = asking.filter(isAwaitingApproval);
  const [only, another] = open.length > 0 ? open : asking;
  if (stage !== undefined) {
    const named = record.stages.find((candidate) => candidate.name === stage);
    if (named !== undefined) return named;
    throw new UserError('bad-usage', `${run} has no stage ${stage}`, { hint: `see \`ilab-backend status ${run}\`` });
  }
  if (only === undefined) throw unasked(run, `no stage of ${run} asks for approval`);
  if (another === undefined) return only;
  throw new UserError('bad-usage', `more than one stage of ${run} asks: ${open.map(({ name }) => name).join(', ')}`, {
    hint: `name one: \`ilab-backend approve ${run} ${only.name}\``,
  });
}

function unasked(run: string, message: string): UserError {
  return new UserError('bad-usage', message, {
    hint: `a stage asks when its turn comes: \`ilab-backend status ${run}\``,
  });
}

/** The stage with the answer; undefined when it was given before. */
function answered(deps: Deps, record: RunRecord, was: StageRecord, answer: Answer): StageRecord | undefined {
  const { approval, decision } = was;
  const { reason, verdict, run } = answer;
  if (decision?.kind === 'refuse' && decision.gate === APPROVAL_GATE && decision.epoch === record.epoch) {
    if (verdict === 'decline') return undefined;
    throw conflict(answer, was, decision.reason, `ask again: \`ilab-backend resume ${run}\``);
  }
  if (approval?.given !== undefined) {
    if (verdict === 'approve') return undefined;
    throw conflict(answer, was, `approved by ${approval.given.by}`, `end the run: \`ilab-backend cancel ${run}\``);
  }
  if (approval === undefined || !isAwaitingApproval(was)) {
    throw unasked(run, `${was.name} of ${run} does not ask for approval (${stagePhase(was)})`);
  }
  if (isCancelling(record)) {
    throw conflict(answer, was, 'cancelled', `go on with it first: \`ilab-backend resume ${run}\``);
  }
  const at = timestamp(deps.clock);
  const by = `${deps.who.user} on ${deps.who.host}`;
  if (verdict === 'approve') {
    return { ...was, approval: { ...approval, given: { at, by, ...(reason === undefined ? {} : { reason }) } } };
  }
  const why = `declined by ${by}${reason === undefined ? '' : `: ${reason}`}`;
  return { ...was, decision: { kind: 'refuse', gate: APPROVAL_GATE, reason: why, at, epoch: record.epoch } };
}

function conflict({ run }: Answer, { name }: StageRecord, how: string, hint: string): UserError {
  return new UserError('name-taken', `${name} of ${run} is ${how}`, { hint });
}
