import type { Outcome } from '../attempt/outcome.ts';
import type { AttemptWarning } from '../attempt/progress.ts';
import { FAILURE_TEXTS } from '../explain/failure-texts.ts';
import type { Ending } from '../run/run-ending.ts';
import { isDone, lastAttempt, stagePhase } from '../run/run-phase.ts';
import type { AttemptRecord, RunRecord, StageRecord } from '../run/run-record.ts';
import { isUnderWay, type Sights, sightPhrase } from '../run/sight.ts';
import type { Finding } from './finding.ts';

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
  /** What the logs of its attempts warned of, in their order. */
  readonly warnings: readonly AttemptWarning[];
  /** What was looked at of the place where it runs. */
  readonly findings: readonly Finding[];
  /** The last line of an attempt's log that says something; undefined where there is none. */
  readonly lastWords: (stage: string, attempt: number) => string | undefined;
}

/**
 * What may be wrong, the likeliest first: what ended a stage, what was seen of those that are open, what is broken where they
 * run, then what went wrong on the way and what is only not as it should be. Of a run that ended well only what went wrong on the way:
 * what is found where it ran is the cause of nothing. Empty when nothing is.
 */
export function likelyCauses({ record, ending, sights, warnings, findings, lastWords }: Evidence): readonly Cause[] {
  const of = (state: Finding['state']): readonly Cause[] =>
    endedWell(ending) ? [] : findings.filter((one) => one.state === state).map(ofFinding);
  const warned = (wanted: (stage: StageRecord) => boolean): readonly Cause[] =>
    record.stages.filter(wanted).flatMap((stage) => ofWarnings(stage, warnings));
  const causes = [
    ...record.stages.flatMap((stage) => ofEnd(stage, lastWords)),
    ...warned((stage) => !isDone(stage)),
    ...record.stages.flatMap((stage) => ofSight(stage, sights)),
    ...of('problem'),
    ...ofInterruption(ending),
    ...record.stages.flatMap((stage) => ofEarlierAttempts(stage, lastWords)),
    ...warned(isDone),
    ...of('warning'),
  ];
  const named = (text: string): string => text.replace(/\bRUN\b/g, record.name);
  return causes.map((cause) => ({ ...cause, remedies: cause.remedies.map(named) }));
}

/** Then there is nothing to find a cause of. */
export function endedWell({ phase }: Ending): boolean {
  return phase === 'Succeeded';
}

type LastWords = Evidence['lastWords'];

function ofEnd(stage: StageRecord, lastWords: LastWords): readonly Cause[] {
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
      return attempt?.outcome === undefined ? [] : [ofOutcome(stage.name, attempt, attempt.outcome, lastWords)];
    }
    default:
      return [];
  }
}

function ofOutcome(stage: string, { attempt }: AttemptRecord, outcome: Outcome, lastWords: LastWords): Cause {
  const of = `${stage}, attempt ${attempt}`;
  switch (outcome.kind) {
    case 'failed': {
      const { meaning, causes, remedies } = FAILURE_TEXTS[outcome.reason];
      const what = `${of}: ${outcome.message} (${outcome.reason}, class ${outcome.class}; \`ilab-backend explain outcome-${outcome.reason}\`)`;
      const words = lastWords(stage, attempt);
      // The message often has them.
      const ends = words === undefined || outcome.message.includes(words) ? [] : [`its log ends with: ${words}`];
      return {
        what,
        because: [...ends, meaning, ...causes.map((cause) => `often: ${cause}`)],
        remedies: remedies.map((remedy) => remedy.replace(/\bSTAGE\b/g, stage)),
      };
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

/** What was seen before the end often is why; an attempt that was stopped for it has said it already. */
function ofWarnings(stage: StageRecord, warnings: readonly AttemptWarning[]): readonly Cause[] {
  const last = lastAttempt(stage)?.outcome;
  const said = last?.kind === 'failed' ? last.message : '';
  return warnings
    .filter((warning) => warning.stage === stage.name && !said.includes(warning.message))
    .map(({ attempt, message, evidence, fix }) => ({
      what: `${stage.name}, attempt ${attempt} warned: ${message}`,
      because: evidence === undefined ? [] : [`its log: ${evidence}`],
      remedies: fix === undefined ? [] : [fix],
    }));
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
function ofEarlierAttempts(stage: StageRecord, lastWords: LastWords): readonly Cause[] {
  const explained = new Set([reasonOf(lastAttempt(stage)?.outcome)]);
  return stage.attempts.slice(0, -1).flatMap((attempt) => {
    const { outcome } = attempt;
    if (outcome === undefined || outcome.kind === 'succeeded') return [];
    const cause = ofOutcome(stage.name, attempt, outcome, lastWords);
    const reason = reasonOf(outcome);
    const isExplained = explained.has(reason);
    explained.add(reason);
    return [isExplained ? { what: cause.what, because: [], remedies: [] } : cause];
  });
}

function reasonOf(outcome: Outcome | undefined): string {
  return outcome?.kind === 'failed' ? outcome.reason : (outcome?.kind ?? '');
}

function ofFinding({ name, message, fix }: Finding): Cause {
  return { what: `${name}: ${message}`, because: [], remedies: fix === undefined ? [] : [fix] };
}
