import { type FailureReason, mayHaveLog, type Outcome } from '../attempt/outcome.ts';
import { APPROVAL_GATE, lastAttempt, type RunPhase, stagePhase } from './run-phase.ts';
import type { RunRecord, StageRecord } from './run-record.ts';

/** A way on after a stage failed. */
type WayOn =
  /** Once more as it was. */
  | 'resume'
  /** From what it kept, with the whole of its time again. */
  | 'resume-in-time'
  /** With more time. */
  | 'resume-longer'
  /** A new run with other values or files, which keeps the rest. */
  | 'anew'
  /** A new run that makes again what changed. */
  | 'remake';

/** What can help, by what happened, the likeliest first: what the stage was made of fails the same way again. */
const WAYS_ON: Readonly<Record<FailureReason, readonly WayOn[]>> = {
  exit: ['anew', 'resume'],
  signal: ['resume', 'anew'],
  'bad-input': ['anew'],
  'try-again': ['resume'],
  deadline: ['resume-in-time', 'resume-longer'],
  'no-result': ['anew'],
  'invalid-result': ['anew'],
  'cannot-start': ['resume', 'anew'],
  'helper-failed': ['resume', 'anew'],
  'over-limit': ['anew'],
  disrupted: ['resume'],
  'stopped-on-warning': ['anew'],
  'digest-mismatch': ['remake'],
};

const FAILED: readonly string[] = ['Failed', 'Lost', 'CannotStart'] satisfies readonly RunPhase[];

/** What never began has no log: once its fault is mended, the run goes on. Else the log of the container that failed. */
export function afterFailure(record: RunRecord): string {
  const stage = failedStage(record);
  if (stage === undefined) return `ilab-backend logs ${record.name}`;
  const last = lastAttempt(stage);
  const began = last?.at.started !== undefined;
  const outcome = last?.outcome;
  const isUnseen = outcome?.kind === 'lost' && !began;
  if (outcome === undefined || isUnseen || !mayHaveLog(outcome, began)) return resumeOf(record);
  const container =
    outcome.kind === 'failed' && outcome.container !== undefined ? ` --container ${outcome.container}` : '';
  return `ilab-backend logs ${record.name} ${stage.name}${container}`;
}

/**
 * What else there is to type, a line each: once the fault of a stage is known, where a gate refused it, where all is done; else nothing.
 * `next` is not said again.
 * `again`: the command that plans the same anew; absent = without what was typed.
 */
export function afterCause(
  record: RunRecord,
  { phase, next }: { readonly phase: RunPhase; readonly next?: string },
  again = `ilab-backend run ${record.pipeline.name}`,
): readonly string[] {
  if (phase === 'Refused' && refusedByGate(record))
    return [`then with other values, which keeps what they do not concern: ${again} --set NAME=VALUE`];
  if (phase === 'Succeeded' && record.stages.some(({ attempts }) => attempts.length > 0))
    return [`a page to send: ilab-backend report ${record.name}`];
  if (!FAILED.includes(phase)) return [];
  const stage = failedStage(record);
  return waysOn(stage && lastAttempt(stage)?.outcome)
    .map((way) => phraseOf(way, record, again))
    .filter(([, command]) => command !== next)
    .map(([when, command], index) => `${index === 0 && next !== resumeOf(record) ? 'then' : 'or'}${when}: ${command}`);
}

function waysOn(outcome: Outcome | undefined): readonly WayOn[] {
  return outcome?.kind === 'failed' ? WAYS_ON[outcome.reason] : ['resume', 'anew'];
}

function phraseOf(way: WayOn, record: RunRecord, again: string): readonly [when: string, command: string] {
  const resume = resumeOf(record);
  switch (way) {
    case 'resume':
      return [' once more as it was', resume];
    case 'resume-in-time':
      return [', from what it kept, with all of its time again', resume];
    case 'resume-longer':
      return [' with more time', `${resume} --run-timeout DURATION`];
    case 'anew':
      return [' with other values or files', `${again} --set NAME=VALUE`];
    case 'remake':
      return [' with what changed made again', `${again} --no-reuse=STAGE`];
  }
}

/** Not by a person: one who declines may be asked again. */
function refusedByGate({ stages }: RunRecord): boolean {
  const refused = stages.find((stage) => stagePhase(stage) === 'Refused')?.decision;
  return refused?.kind === 'refuse' && refused.gate !== APPROVAL_GATE;
}

function failedStage(record: RunRecord): StageRecord | undefined {
  return record.stages.find((candidate) => FAILED.includes(stagePhase(candidate)));
}

function resumeOf({ name }: RunRecord): string {
  return `ilab-backend resume ${name}`;
}
