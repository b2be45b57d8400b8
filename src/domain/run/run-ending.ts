import { unreachable } from '../errors.ts';
import { afterFailure } from './after-failure.ts';
import { doneMessage } from './done-message.ts';
import {
  APPROVAL_GATE,
  hasFailed,
  isDone,
  lastAttempt,
  PHASE_EXIT_CODE,
  type RunPhase,
  runPhase,
  stagePhase,
  stageThatAsks,
} from './run-phase.ts';
import type { RunRecord, StageRecord } from './run-record.ts';
import { isUnderWay, NO_SIGHTS, type Sight, type Sights, sightPhrase } from './sight.ts';

/** How a driver or a follower takes its leave. */
export interface Ending {
  readonly phase: RunPhase;
  readonly exitCode: number;
  /** One sentence. */
  readonly message: string;
  /** The command to type now. */
  readonly next?: string;
}

/** What a run's end means for the person; `driven` as in `runPhase`, `sights` of what nobody drives. */
export function endingOf(record: RunRecord, driven: boolean, sights: Sights = NO_SIGHTS): Ending {
  const phase = runPhase(record, driven);
  const exitCode = PHASE_EXIT_CODE[phase];
  const { name } = record;
  switch (phase) {
    case 'Succeeded':
      return { phase, exitCode, message: doneMessage(record), next: `ilab-backend artifacts ${name}` };
    case 'Failed':
    case 'Lost':
    case 'CannotStart':
      return {
        phase,
        exitCode,
        message: failureMessage(record, phase),
        next: afterFailure(record),
      };
    case 'Refused':
      return { phase, exitCode, message: refusalMessage(record), next: afterRefusal(record) };
    case 'Cancelled':
      return { phase, exitCode, message: `${name} was cancelled`, next: `ilab-backend resume ${name}` };
    case 'Running':
    case 'Interrupted':
      return (
        asking(record, phase, driven) ?? {
          phase,
          exitCode,
          message: driven ? `${name} goes on under its driver` : leavingMessage(record, sights),
          next: `ilab-backend ${driven ? 'watch' : 'resume'} ${name}`,
        }
      );
    default:
      return unreachable(phase);
  }
}

/** A person is waited for, and nothing runs meanwhile. */
function asking(record: RunRecord, phase: 'Running' | 'Interrupted', driven: boolean): Ending | undefined {
  const stage = stageThatAsks(record);
  if (stage === undefined) return undefined;
  const { name } = record;
  return {
    phase,
    exitCode: PHASE_EXIT_CODE[phase],
    message: `${stage.name} waits for approval${driven ? '' : `; then it starts when you type \`ilab-backend resume ${name}\``}`,
    next: `ilab-backend approve ${name}`,
  };
}

/**
 * A gate held results against what was wanted: they are looked at first. Whoever was declined asks again, and whoever wants it
 * otherwise starts a run that keeps the rest.
 */
function afterRefusal(record: RunRecord): string {
  const { name, stages } = record;
  const refused = stages.find((stage) => stagePhase(stage) === 'Refused');
  if (refused?.decision?.kind === 'refuse' && refused.decision.gate === APPROVAL_GATE)
    return `ilab-backend resume ${name}`;
  return stages.some((stage) => stage.decision?.kind !== 'skip' && isDone(stage))
    ? `ilab-backend artifacts ${name}`
    : `ilab-backend status ${name}`;
}

function failureMessage(record: RunRecord, phase: 'Failed' | 'Lost' | 'CannotStart'): string {
  const stage = record.stages.find((candidate) => stagePhase(candidate) === phase);
  const outcome = stage?.attempts.at(-1)?.outcome;
  const what = phase === 'Failed' ? 'failed' : phase === 'Lost' ? 'was lost' : 'could not start';
  const why = outcome !== undefined && outcome.kind !== 'succeeded' ? `: ${outcome.message}` : '';
  return `${stage?.name ?? record.name} ${what}${why}`;
}

function refusalMessage(record: RunRecord): string {
  const stage = record.stages.find((candidate) => stagePhase(candidate) === 'Refused');
  const decision = stage?.decision;
  if (decision?.kind !== 'refuse') return `${record.name} was refused`;
  return `gate ${decision.gate} refused ${stage?.name}: ${decision.reason}`;
}

/** Says exactly what goes on and what does not. */
function leavingMessage(record: RunRecord, sights: Sights): string {
  const open = record.stages.filter((stage) => stagePhase(stage) === 'Running');
  const seen = open.map((stage) => [stage.name, sights.get(stage.name) ?? recorded(stage)] as const);
  const going = seen.filter(([, sight]) => isPlainlyRunning(sight)).map(([name]) => name);
  const phrases = [
    ...(going.length === 0 ? [] : [`${going.join(', ')} ${going.length === 1 ? 'goes' : 'go'} on`]),
    ...seen.filter(([, sight]) => !isPlainlyRunning(sight)).map(([name, sight]) => sightPhrase(name, sight)),
  ];
  const isLeft = seen.some(([, sight]) => !isUnderWay(sight));
  const resume = `ilab-backend resume ${record.name}`;
  return [
    phrases.length === 0 ? 'no stage is running' : phrases.join(', '),
    `; ${whatFollows(record, seen)} when you type \`${resume}\``,
    isLeft ? '' : `, or \`${resume} --detach\` to let it go on by itself`,
  ].join('');
}

/** What the record alone says of an attempt without an outcome: whoever was told to stop has not begun to submit it. */
function recorded(stage: StageRecord): Sight {
  return lastAttempt(stage)?.uid === undefined ? { kind: 'not-submitted' } : { kind: 'waiting', reason: '' };
}

function isPlainlyRunning(sight: Sight): boolean {
  return sight.kind === 'running' || (sight.kind === 'waiting' && sight.reason === '');
}

function whatFollows(record: RunRecord, seen: readonly (readonly [string, Sight])[]): string {
  const endedBadly = seen.some(
    ([, sight]) => sight.kind === 'gone' || (sight.kind === 'ended' && sight.outcome.kind !== 'succeeded'),
  );
  if (endedBadly) return 'that is recorded';
  const unsubmitted = seen.find(([, sight]) => sight.kind === 'not-submitted')?.[0];
  // What failed before the run was resumed is tried again, too.
  const isAhead = (stage: StageRecord): boolean =>
    !isDone(stage) && stagePhase(stage) !== 'Running' && !hasFailed(stage, record.epoch);
  const next = unsubmitted ?? record.stages.find(isAhead)?.name;
  return next === undefined ? 'the run ends' : `${next} starts`;
}
