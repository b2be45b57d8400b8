import type { AttemptWarning, LogSight, LogSights, ToldProgress } from '../../domain/attempt/progress.ts';
import type { AttemptRecord, RunRecord, StageRecord } from '../../domain/run/run-record.ts';
import { isUnderWay, type Sights } from '../../domain/run/sight.ts';
import type { AttemptRef, Target } from '../../ports/target.ts';
import { type Deps, presentThere } from '../deps.ts';
import { adviserOf } from './advise-on.ts';
import { type Advise, JOINED_AT, readProgress } from './read-progress.ts';

/** Whoever asks how a run stands waits no longer for its logs: a node that is gone may answer nothing for minutes. */
const PATIENCE_MS = 5000;

interface LookOptions {
  readonly advise: Advise;
  /** Only of the last N lines; absent = all: what went wrong first may lie far before the end. */
  readonly tail?: number;
  /** Until when its log was silent after its last line, RFC 3339: when it ended, or now. */
  readonly until?: string;
}

/** What the log of one attempt warned of, in its order. Throws what `target.logs` throws. */
export async function readWarnings(
  target: Target,
  ref: AttemptRef,
  options: LookOptions,
  signal: AbortSignal,
): Promise<readonly AttemptWarning[]> {
  return (await readLog(target, ref, options, signal)).warnings;
}

async function readLog(target: Target, ref: AttemptRef, options: LookOptions, signal: AbortSignal): Promise<LogSight> {
  const { stage, attempt } = ref;
  const warnings: AttemptWarning[] = [];
  let last: ToldProgress | undefined;
  for await (const said of readProgress(target, ref, { follow: false, ...options }, signal)) {
    if (said.kind === 'warned') warnings.push({ stage, attempt, at: said.time, ...said.warning });
    else last = { at: said.time, progress: said.progress };
  }
  return { warnings, ...(last === undefined ? {} : { progress: last }) };
}

/**
 * What the logs of a run's attempts tell, of the last lines of each: what `watch` shows whoever joins. One that cannot be read, or
 * not in time, hides nothing else.
 */
export async function seeLogs(deps: Deps, record: RunRecord, sights: Sights, signal: AbortSignal): Promise<LogSights> {
  const adviseOn = adviserOf(deps, record.name);
  const limit = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
  const seen = record.stages.map(async (stage) => {
    const attempts = stage.attempts.map(async (attempt) => {
      if (!hasLog(stage, attempt, sights)) return [];
      const ref = { run: record.name, stage: stage.name, attempt: attempt.attempt };
      const end = endOf(stage, attempt, sights);
      const until = end ?? presentThere(deps).toISOString();
      try {
        const options = { advise: adviseOn(stage.name), tail: JOINED_AT, until };
        const { warnings, progress } = await readLog(deps.target, ref, options, limit);
        limit.throwIfAborted();
        const goesOn = end === undefined && attempt.outcome === undefined && progress !== undefined;
        return [[attempt.attempt, { warnings, ...(goesOn ? { progress } : {}) }] as const];
      } catch {
        signal.throwIfAborted();
        return [];
      }
    });
    return [stage.name as string, new Map((await Promise.all(attempts)).flat())] as const;
  });
  return new Map(await Promise.all(seen));
}

/** It began, and nothing keeps its log from being read. */
function hasLog(stage: StageRecord, { uid, at, outcome }: AttemptRecord, sights: Sights): boolean {
  if (uid === undefined) return false;
  const sight = outcome === undefined ? sights.get(stage.name) : undefined;
  return sight === undefined ? at.started !== undefined : sight.kind === 'running' || sight.kind === 'ended';
}

function endOf(stage: StageRecord, { at, outcome }: AttemptRecord, sights: Sights): string | undefined {
  const sight = outcome === undefined ? sights.get(stage.name) : undefined;
  if (sight !== undefined && !isUnderWay(sight)) return sight.kind === 'ended' ? sight.at : undefined;
  return at.ended ?? at.outcome;
}
