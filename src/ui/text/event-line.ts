import { mayHaveLog } from '../../domain/attempt/outcome.ts';
import { unreachable } from '../../domain/errors.ts';
import type { RunEvent } from '../../domain/event.ts';
import { attemptName } from '../../domain/naming.ts';
import { type TypedPlace, withPlace } from '../../domain/typed-place.ts';
import { formatDuration } from './format.ts';
import { phaseTone, type Tone } from './paint.ts';
import type { Past } from './past-line.ts';
import {
  metricsPhrase,
  originPhrase,
  outcomePhrase,
  outcomeWord,
  overheadPhrase,
  progressPhrase,
  warningCommands,
} from './phrases.ts';
import { oneLine, type TextOptions } from './sanitize.ts';

/** An event in people's words. */
export interface EventLine {
  /** Whom it is about: a stage, with its attempt from the second on, or the run. Absent when the text says it. */
  readonly subject?: string;
  readonly text: string;
  readonly tone: Tone;
  /** What to know or to type next, one line each. */
  readonly hints: readonly string[];
}

/** `place`: what commands in the text need so that they find the run; absent = nothing. */
export interface EventTextOptions extends TextOptions {
  readonly place?: TypedPlace;
}

/**
 * The sentence for an event; undefined for what only programs need (that the intent to submit is durable). The words
 * are stable: people search logs for them. Everything in it is sanitised. `past`: where the run stood when it was joined;
 * absent = at its beginning.
 */
export function eventLine(event: RunEvent, options?: EventTextOptions, past?: Past): EventLine | undefined {
  const line = ownLine(event, options, past);
  if (line === undefined || options?.place === undefined) return line;
  const { place } = options;
  return { ...line, text: withPlace(line.text, place), hints: line.hints.map((hint) => withPlace(hint, place)) };
}

function ownLine(event: RunEvent, options: TextOptions | undefined, past: Past | undefined): EventLine | undefined {
  const say = (text: string, tone: Tone = 'plain', hints: readonly string[] = []): EventLine => ({
    subject: subjectOf(event),
    text,
    tone,
    hints,
  });
  switch (event.type) {
    case 'run-started':
      return startedLine(event, say, options, past);
    case 'stage-preparing':
      return say(oneLine(event.message, options), 'faint');
    case 'stage-reused': {
      const metrics = metricsPhrase(event.metrics, options);
      return say(`reused from ${originPhrase(event.from, options)}${metrics === '' ? '' : `: ${metrics}`}`, 'good');
    }
    case 'stage-skipped':
      return say(`skipped: ${oneLine(event.reason, options)}`, 'faint');
    case 'stage-refused':
      return say(`refused by gate ${oneLine(event.gate, options)}: ${oneLine(event.reason, options)}`, 'bad', [
        `its figures: ilab-backend status ${event.run}`,
      ]);
    case 'approval-asked':
      return say('waits for approval', 'warning', [
        `see what there is: ilab-backend artifacts ${event.run}`,
        `then: ilab-backend approve ${event.run}, or decline ${event.run}`,
      ]);
    case 'approval-given': {
      const why = event.reason === undefined ? '' : `: ${oneLine(event.reason, options)}`;
      return say(`approved by ${oneLine(event.by, options)}${why}`, 'good');
    }
    case 'attempt-intended':
      return undefined;
    case 'attempt-bound':
      return say(`submitted as ${attemptName(event)}`, 'faint');
    case 'attempt-waits':
      return say(
        `waits: ${oneLine(event.reason, options)}`,
        'warning',
        event.fix === undefined ? [] : [`fix: ${oneLine(event.fix, options)}`],
      );
    case 'attempt-started':
      return say('started', 'plain', [`its log: ilab-backend logs ${event.run} ${event.stage} -f`]);
    case 'attempt-progress':
      return say(progressPhrase(event.progress, options), 'faint');
    case 'attempt-warned': {
      const { message, evidence, fix, command } = event.warning;
      return say(`warning: ${oneLine(message, options)}`, 'warning', [
        ...(evidence === undefined ? [] : [`| ${oneLine(evidence, options)}`]),
        ...(fix === undefined ? [] : [`fix: ${oneLine(fix, options)}`]),
        ...warningCommands(event.run, command, { goesOn: true }).map((text) => oneLine(text, options)),
      ]);
    }
    case 'attempt-ended':
      return endedLine(event, say, options);
    case 'attempt-retried':
      return say(`follows in ${formatDuration(event.delaySeconds)}: ${oneLine(event.reason, options)}`, 'warning');
    case 'log-gap':
      return say(
        `log lines between ${oneLine(event.from, options)} and ${oneLine(event.to, options)} may be missing`,
        'warning',
      );
    case 'run-cancelling':
      return say(
        `cancelling, as ${oneLine(event.by, options)} asked; the running stage gets its grace period`,
        'warning',
        [`to go on with it later: ilab-backend resume ${event.run}`],
      );
    case 'notice':
      return {
        text: `${event.level === 'warning' ? 'warning' : 'note'}: ${oneLine(event.message, options)}`,
        tone: event.level === 'warning' ? 'warning' : 'plain',
        hints: [],
      };
    case 'run-ended':
      return endLine(event, options);
    default:
      return unreachable(event);
  }
}

type OfType<T extends RunEvent['type']> = Extract<RunEvent, { readonly type: T }>;

type Say = (text: string, tone: Tone, hints?: readonly string[]) => EventLine;

function startedLine(
  event: OfType<'run-started'>,
  say: Say,
  options: TextOptions | undefined,
  past: Past | undefined,
): EventLine {
  const stages = (event.selected ?? event.stages).join(', ');
  const about = `(${oneLine(event.pipeline, options)}, ${event.target})`;
  const word = past?.cancelling === true ? 'to be cancelled' : past === undefined ? 'started' : 'resumed';
  const joined = past?.isOver === true ? 'has ended' : event.driving ? word : 'followed';
  return say(`${joined} ${about}: ${past?.line ?? stages}`, 'strong', [
    ...(past?.cancelling === true || past?.isOver === true ? [] : [`to end it: ilab-backend cancel ${event.run}`]),
  ]);
}

function endedLine(event: OfType<'attempt-ended'>, say: Say, options: TextOptions | undefined): EventLine {
  const { outcome } = event;
  const after =
    event.seconds === undefined
      ? ''
      : ` ${outcome.kind === 'succeeded' ? 'in' : 'after'} ${formatDuration(event.seconds)}`;
  const why = outcomePhrase(outcome, options);
  const text = `${outcomeWord(outcome)}${after}${why === '' ? '' : `: ${why}`}`;
  switch (outcome.kind) {
    case 'succeeded':
      return say(
        text,
        'good',
        outcome.result.artifacts.length === 0
          ? []
          : [`what it made: ilab-backend artifacts ${event.run} ${event.stage}`],
      );
    case 'cancelled':
      return say(text, 'warning');
    case 'failed':
    case 'lost': {
      const command = `ilab-backend logs ${event.run} ${event.stage} --attempt ${event.attempt}`;
      return say(text, 'bad', mayHaveLog(outcome, event.seconds !== undefined) ? [`its log: ${command}`] : []);
    }
    default:
      return unreachable(outcome);
  }
}

function endLine(event: OfType<'run-ended'>, options: TextOptions | undefined): EventLine {
  const hints: string[] = [];
  const time = event.overhead === undefined ? '' : overheadPhrase(event.overhead);
  if (time !== '') hints.push(`time: ${time}`);
  if (event.next !== undefined) hints.push(`next: ${oneLine(event.next, options)}`);
  hints.push(...(event.after ?? []).map((line) => oneLine(line, options)));
  return { text: oneLine(event.message, options), tone: phaseTone(event.phase), hints };
}

function subjectOf(event: RunEvent): string {
  if (!('stage' in event)) return event.run;
  return 'attempt' in event && event.attempt > 1 ? `${event.stage} (attempt ${event.attempt})` : event.stage;
}
