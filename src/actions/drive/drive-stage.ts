import { UserError, unreachable } from '../../domain/errors.ts';
import type { Stage } from '../../domain/pipeline/pipeline.ts';
import { judgeRetry } from '../../domain/run/retry.ts';
import { hasFailed, isCancelling, isDone, lastAttempt } from '../../domain/run/run-phase.ts';
import { timestamp } from '../deps.ts';
import { bindInputs } from '../plan/bind-inputs.ts';
import { decideStage, makerIn } from '../plan/decide-stage.ts';
import { madeBy } from '../plan/past-results.ts';
import { awaitApproval } from './await-approval.ts';
import { carryThrough, newAttempt } from './drive-attempt.ts';
import { type DriveContext, notice } from './drive-context.ts';

/**
 * Brings one stage as far as it goes: decides, submits, follows, retries. Its needs are done when it is called.
 * Returns true when the next stages may build on it. Every arrow of the protocol (INTENT, BOUND, OUTCOME,
 * LOGS_COMPLETE, CLEANED) is one commit, so a driver that dies anywhere is continued by the next from the record.
 */
export async function driveStage(context: DriveContext, stage: Stage): Promise<boolean> {
  const { session } = context;
  if (!isDone(session.stage(stage.name)) && !(await continueAttempt(context, stage))) {
    if (isCancelling(session.record) || hasFailed(session.stage(stage.name), session.record.epoch)) return false;
    if (!(await decide(context, stage))) return isDone(session.stage(stage.name));
    await context.prepare();
    await runAttempts(context, stage);
  }
  await cleanUp(context, stage);
  return isDone(session.stage(stage.name));
}

/** Follows an attempt that an earlier driver left open; false when there is none to follow or it ended badly. */
async function continueAttempt(context: DriveContext, stage: Stage): Promise<boolean> {
  const open = lastAttempt(context.session.stage(stage.name));
  if (open === undefined || open.outcome !== undefined) return false;
  const inputs = bindInputs(
    stage,
    context.decision.document,
    makerIn(context.decision, madeBy(context.session.record)),
  );
  if (open.state === 'intent') await context.prepare();
  await carryThrough(context, stage, open, inputs);
  if (!isDone(context.session.stage(stage.name)) && (await mayRetry(context, stage))) await runAttempts(context, stage);
  return true;
}

/** True when the stage runs; anything else is recorded. */
async function decide(context: DriveContext, stage: Stage): Promise<boolean> {
  const { session, deps } = context;
  const record = session.record;
  const at = timestamp(deps.clock);
  const decided = session.stage(stage.name).decision;
  if (decided?.kind === 'run') return true;
  const decision = await decideStage(context.decision, stage, madeBy(record));
  switch (decision.kind) {
    case 'skip':
      await session.commitStage(stage.name, (was) => ({
        ...was,
        decision: { kind: 'skip', reason: decision.reason, at },
      }));
      return false;
    case 'refuse': {
      const { gate, reason } = decision;
      const refusal = { kind: 'refuse', gate, reason, at, epoch: record.epoch } as const;
      await session.commitStage(stage.name, (was) => ({ ...was, decision: refusal }));
      return false;
    }
    case 'reuse': {
      const { past, key, parts } = decision;
      const reuse = { key, parts };
      const taken = { kind: 'reuse', from: past.origin, result: past.result, at } as const;
      await session.commitStage(stage.name, (was) => ({ ...was, reuse, decision: taken }));
      return false;
    }
    case 'run': {
      if (decision.approval && !(await awaitApproval(context, stage.name))) return false;
      const reuse = { key: decision.key, parts: decision.preview.parts };
      // A person may have thought for long.
      const decided = { kind: 'run', at: timestamp(deps.clock) } as const;
      await session.commitStage(stage.name, (was) => ({ ...was, reuse, decision: decided }));
      if (decision.spoilt !== undefined) notice(context, decision.spoilt);
      return true;
    }
    case 'blocked':
      throw new UserError('bad-input', `stage ${stage.name} is missing: ${decision.reason}`, { hint: decision.hint });
    default:
      return unreachable(decision);
  }
}

async function runAttempts(context: DriveContext, stage: Stage): Promise<void> {
  const { session, decision } = context;
  for (;;) {
    const inputs = bindInputs(stage, decision.document, makerIn(decision, madeBy(session.record)));
    await carryThrough(context, stage, newAttempt(context, stage, inputs), inputs);
    if (isDone(session.stage(stage.name)) || !(await mayRetry(context, stage))) return;
  }
}

/** Waits out the delay of a retry; false when there is none, or when the driver or the run shall end. */
async function mayRetry(context: DriveContext, stage: Stage): Promise<boolean> {
  const { session, deps, emit, signal, cancelling } = context;
  const record = session.stage(stage.name);
  const verdict = judgeRetry(record.attempts, session.record.epoch, stage.retry);
  if (verdict.kind === 'stop' || signal.aborted || cancelling.aborted) return false;
  const attempt = record.attempts.length + 1;
  const { delaySeconds, reason } = verdict;
  emit({
    type: 'attempt-retried',
    time: timestamp(deps.clock),
    run: session.record.name,
    stage: stage.name,
    attempt,
    reason,
    delaySeconds,
  });
  const waiting = AbortSignal.any([signal, cancelling]);
  await deps.clock.sleep(delaySeconds, waiting).catch(() => undefined);
  return !waiting.aborted;
}

/** What ended attempts no longer need goes away; only after outcome and logs are durable. */
async function cleanUp(context: DriveContext, stage: Stage): Promise<void> {
  const { session, deps } = context;
  for (const attempt of session.stage(stage.name).attempts) {
    if (attempt.state !== 'logs-complete' || attempt.uid === undefined || context.lost.aborted) continue;
    await deps.target.clean({ run: session.record.name, stage: stage.name, attempt: attempt.attempt }, attempt.uid);
    const at = { ...attempt.at, cleaned: timestamp(deps.clock) };
    await session.commitStage(stage.name, (was) => ({
      ...was,
      attempts: was.attempts.map((other) =>
        other.attempt === attempt.attempt ? { ...attempt, state: 'cleaned', at } : other,
      ),
    }));
  }
}
