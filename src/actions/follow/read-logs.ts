import { UserError } from '../../domain/errors.ts';
import type { StageName } from '../../domain/naming.ts';
import type { AttemptOrigin } from '../../domain/plan/plan.ts';
import { hasEnded, lastAttempt, runPhase, stagePhase } from '../../domain/run/run-phase.ts';
import type { RunRecord } from '../../domain/run/run-record.ts';
import type { LogLine, LogOptions } from '../../ports/target.ts';
import type { Deps } from '../deps.ts';
import { readRun } from '../read-run.ts';

/** Whose lines to read, and which. */
export interface LogsRequest extends LogOptions {
  readonly name: string;
  /** Absent = every stage that ran, one after the other. */
  readonly stage?: string;
  /** Absent = the newest. */
  readonly attempt?: number;
}

/** Lines with the attempt that wrote them. */
export interface StageLogLines {
  readonly stage: StageName;
  readonly attempt: number;
  readonly lines: readonly LogLine[];
}

/**
 * The log lines of a run, stage by stage, some at a time. With `follow` it waits for stages that have not started and ends when the
 * run (or the stage asked for) has ended or nobody drives it any more. A stage taken over from another run shows that run's lines.
 */
export async function* readLogs(
  deps: Deps,
  request: LogsRequest,
  signal: AbortSignal,
): AsyncGenerator<StageLogLines, void> {
  const { record } = await readRun(deps, request.name);
  for (const name of stagesToRead(record, request.stage)) {
    const where = request.follow
      ? await waitForAttempt(deps, request, name, signal)
      : attemptOf(record, name, request.attempt);
    if (where === undefined) {
      if (request.stage !== undefined && !request.follow) throw await nothingYet(deps, record, name);
      continue;
    }
    for await (const lines of deps.target.logs(where, request, signal))
      yield { stage: name, attempt: where.attempt, lines };
    if (signal.aborted) return;
  }
}

function stagesToRead(record: RunRecord, stage: string | undefined): readonly StageName[] {
  const names = record.stages.map((candidate) => candidate.name);
  if (stage === undefined) return names;
  const found = names.find((name) => name === stage);
  if (found !== undefined) return [found];
  throw new UserError('not-found', `run ${record.name} has no stage ${stage}`, { hint: `stages: ${names.join(', ')}` });
}

function attemptOf(record: RunRecord, name: StageName, attempt: number | undefined) {
  const stage = record.stages.find((candidate) => candidate.name === name);
  if (stage === undefined) return undefined;
  const from = stage.decision?.kind === 'reuse' ? stage.decision.from : undefined;
  if (from !== undefined) {
    if (attempt !== undefined && attempt !== from.attempt) throw tookAnother(record, name, from);
    return from as { run: RunRecord['name']; stage: StageName; attempt: number };
  }
  if (attempt === undefined) {
    const last = lastAttempt(stage);
    return last?.uid === undefined ? undefined : { run: record.name, stage: name, attempt: last.attempt };
  }
  if (stage.attempts.some((candidate) => candidate.attempt === attempt))
    return { run: record.name, stage: name, attempt };
  throw new UserError('not-found', `stage ${name} of ${record.name} has no attempt ${attempt}`, {
    hint: `see those it has: \`ilab-backend status ${record.name}\``,
  });
}

async function waitForAttempt(deps: Deps, request: LogsRequest, name: StageName, signal: AbortSignal) {
  for await (const { record } of deps.store.watch(request.name, signal)) {
    const where = attemptOf(record, name, request.attempt);
    if (where !== undefined) return where;
    const stage = record.stages.find((candidate) => candidate.name === name);
    // Running without an object yet: it is about to be there.
    const phase = stage === undefined ? 'Pending' : stagePhase(stage);
    const over = phase !== 'Pending' && phase !== 'Running';
    if (over || !(await deps.store.isLocked(request.name))) return undefined;
  }
  return undefined;
}

function tookAnother(record: RunRecord, name: StageName, from: AttemptOrigin): UserError {
  const taken = `attempt ${from.attempt} of ${from.stage} in ${from.run}`;
  return new UserError('not-found', `stage ${name} of ${record.name} has no attempts: it took over ${taken}`, {
    hint: `see those of that run: \`ilab-backend status ${from.run}\``,
  });
}

async function nothingYet(deps: Deps, record: RunRecord, name: StageName): Promise<UserError> {
  const stage = record.stages.find((candidate) => candidate.name === name);
  const phase = stage === undefined ? 'Pending' : stagePhase(stage);
  return new UserError('not-found', `stage ${name} of ${record.name} has no log: it is ${phase}`, {
    hint: hasEnded(runPhase(record, await deps.store.isLocked(record.name)))
      ? `the run has ended: \`ilab-backend status ${record.name}\``
      : `wait for it: \`ilab-backend logs ${record.name} ${name} -f\``,
  });
}
