import { FAILURE_TEXTS } from './failure-texts.ts';
import type { Finding } from './finding.ts';
import type { Outcome } from './outcome.ts';
import type { Ending } from './run-ending.ts';
import { lastAttempt, stagePhase } from './run-phase.ts';
import type { AttemptRecord, RunRecord, StageRecord } from './run-record.ts';
import { isUnderWay, type Sights, sightPhrase } from './sight.ts';

/** Something that may be why a run is not where it should be. */
export interface Cause {
  /** One sentence. */
  readonly what: string;
  /** What that means, and what it usually comes from, a sentence each. */
  readonly because: readonly string[];
  /** What to do, the cheapest first. */
  readonly remedies: readonly string[];
}

/** What a diagnosis goes by. */
export interface Evidence {
  readonly record: RunRecord;
  readonly ending: Ending;
  /** Of what nobody drives. */
  readonly sights: Sights;
  /** What was looked at of the place where it runs. */
  readonly findings: readonly Finding[];
}

/**
 * What may be wrong, the likeliest first: what ended a stage, what was seen of those that are open, what is broken where they
 * run, then what went wrong on the way and what is only not as it should be. Empty when nothing is.
 */
export function likelyCauses({ record, ending, sights, findings }: Evidence): readonly Cause[] {
  const of = (state: Finding['state']): readonly Cause[] =>
    findings.filter((one) => one.state === state).map(ofFinding);
  return [
    ...record.stages.flatMap(ofEnd),
    ...record.stages.flatMap((stage) => ofSight(stage, sights)),
    ...of('problem'),
    ...ofInterruption(ending),
    ...record.stages.flatMap(ofEarlierAttempts),
    ...of('warning'),
  ];
}

function ofEnd(stage: StageRecord): readonly Cause[] {
  const { decision } = stage;
  switch (stagePhase(stage)) {
    case 'Refused': {
      if (decision?.kind !== 'refuse') return [];
      const what = `gate ${decision.gate} refused ${stage.name}: ${decision.reason}`;
      return [
        { what, because: [], remedies: ['`ilab-backend status RUN -o json` has the results it was held against'] },
      ];
    }
    case 'Failed':
    case 'CannotStart':
    case 'Lost': {
      const attempt = lastAttempt(stage);
      return attempt?.outcome === undefined ? [] : [ofOutcome(stage.name, attempt, attempt.outcome)];
    }
    default:
      return [];
  }
}

function ofOutcome(stage: string, { attempt }: AttemptRecord, outcome: Outcome): Cause {
  const of = `${stage}, attempt ${attempt}`;
  switch (outcome.kind) {
    case 'failed': {
      const { meaning, causes, remedies } = FAILURE_TEXTS[outcome.reason];
      const what = `${of}: ${outcome.message} (${outcome.reason}, class ${outcome.class}; docs/errors.md#outcome-${outcome.reason})`;
      return { what, because: [meaning, ...causes.map((cause) => `often: ${cause}`)], remedies };
    }
    case 'lost':
      return {
        what: `${of} was lost: ${outcome.message}`,
        because: ['it may have had its effect, so nobody repeats it by himself'],
        remedies: ['`ilab-backend resume RUN` gives it a new attempt'],
      };
    case 'cancelled':
    case 'succeeded':
      return { what: `${of} ${outcome.kind}`, because: [], remedies: [] };
  }
}

function ofSight(stage: StageRecord, sights: Sights): readonly Cause[] {
  const sight = sights.get(stage.name);
  if (sight === undefined || sight.kind === 'running' || (sight.kind === 'waiting' && sight.reason === '')) return [];
  const resume = isUnderWay(sight) ? [] : ['`ilab-backend resume RUN` records it and goes on'];
  return [{ what: sightPhrase(stage.name, sight), because: [], remedies: resume }];
}

function ofInterruption({ phase, message }: Ending): readonly Cause[] {
  if (phase !== 'Interrupted') return [];
  return [{ what: `nobody drives it: ${message}`, because: [], remedies: ['`ilab-backend resume RUN`'] }];
}

/** Those that a further attempt followed: the stage may stand well now, and still not be well. */
function ofEarlierAttempts(stage: StageRecord): readonly Cause[] {
  return stage.attempts.slice(0, -1).flatMap((attempt) => {
    const { outcome } = attempt;
    return outcome === undefined || outcome.kind === 'succeeded' ? [] : [ofOutcome(stage.name, attempt, outcome)];
  });
}

function ofFinding({ name, message, fix }: Finding): Cause {
  return { what: `${name}: ${message}`, because: [], remedies: fix === undefined ? [] : [fix] };
}
