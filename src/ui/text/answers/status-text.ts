import { type LogSights, NOT_READ, type ToldProgress } from '../../../domain/attempt/progress.ts';
import { unreachable } from '../../../domain/errors.ts';
import { overheadOf } from '../../../domain/run/overhead.ts';
import { secondsBetween } from '../../../domain/run/record-events.ts';
import type { Ending } from '../../../domain/run/run-ending.ts';
import {
  isAwaitingApproval,
  isCancelling,
  isPreparing,
  lastAttempt,
  PREPARING,
  shownPhase,
} from '../../../domain/run/run-phase.ts';
import type { AttemptRecord, RunRecord, StageRecord } from '../../../domain/run/run-record.ts';
import { isUnderWay, NO_SIGHTS, type Sight, type Sights, seenPhase } from '../../../domain/run/sight.ts';
import { paceLeft } from '../../time-left.ts';
import { formatAge, formatDuration } from '../format.ts';
import { paint, phaseTone } from '../paint.ts';
import {
  originPhrase,
  outcomePhrase,
  outcomeWord,
  overheadPhrase,
  progressPhrase,
  resultPhrase,
  warningCommands,
} from '../phrases.ts';
import { oneLine, type TextOptions } from '../sanitize.ts';
import { table } from '../table.ts';
import { padTo, wrapTo } from '../text-width.ts';
import { gpuTimeline } from './gpu-timeline.ts';

/** How a document for people is laid out; what is absent is as for a pipe: any width, no colour, UTF-8. */
export interface DocumentOptions extends TextOptions {
  readonly width?: number;
  readonly color?: boolean;
}

/** What is known of a run beside its record. */
export interface RunNow {
  readonly now: Date;
  /** Of what nobody drives; absent = nothing was looked at. */
  readonly sights?: Sights;
  /** Absent = no log was read. */
  readonly logs?: LogSights;
  /** Whether a driver lives; absent = nobody asked. */
  readonly isDriven?: boolean;
  /** What to type once the fault is known, a line each; absent = nothing. */
  readonly after?: readonly string[];
}

/**
 * What `status RUN` prints: the run, its stages, what it means, and the command to type now. `place`: where on its target it
 * lives, where that is worth saying. No newline at the end.
 */
export function statusText(
  record: RunRecord,
  known: RunNow & { readonly ending: Ending; readonly place?: string },
  options: DocumentOptions = {},
): string {
  const { ending } = known;
  const color = options.color === true;
  // Who reads this has just typed it.
  const next = ending.next === undefined || ending.next === `ilab-backend status ${record.name}` ? [] : [ending.next];
  return [
    ...facts(record, known, options),
    '',
    stagesTable(record, { isDriven: ending.phase === 'Running', ...known }, options),
    '',
    ...paragraph(warningLines(record, known, options)),
    ...paragraph(gpuTimeline(record, known.now, options)),
    paint(phaseTone(ending.phase), oneLine(ending.message, options), color),
    ...next.map((command) => `next: ${oneLine(command, options)}`),
    ...(known.after ?? []).map((line) => oneLine(line, options)),
  ].join('\n');
}

function paragraph(lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [...lines, ''];
}

/** What the logs warned of: the sentence, the line that says it, and what to change. What an outcome says is not said again. */
function warningLines(
  record: RunRecord,
  { logs = NOT_READ, now }: RunNow,
  options: DocumentOptions,
): readonly string[] {
  return record.stages.flatMap((stage) =>
    stage.attempts.flatMap(({ attempt, outcome }) =>
      (logs.get(stage.name)?.get(attempt)?.warnings ?? [])
        .filter(({ message }) => outcome?.kind !== 'failed' || !outcome.message.includes(message))
        .flatMap(({ message, at, evidence, fix, command }) => [
          ...said('', `${stage.name}, attempt ${attempt}, warned ${formatAge(at, now)} ago: ${message}`, options),
          ...(evidence === undefined ? [] : said('  ', `| ${evidence}`, options)),
          ...(fix === undefined ? [] : said('  ', `fix: ${fix}`, options)),
          // A command that is wrapped cannot be copied.
          ...warningCommands(record.name, command, { goesOn: outcome === undefined }).map(
            (text) => `  ${paint('warning', oneLine(text, options), options.color === true)}`,
          ),
        ]),
    ),
  );
}

function said(indent: string, text: string, options: DocumentOptions): readonly string[] {
  const line = oneLine(text, options);
  const lines = options.width === undefined ? [line] : wrapTo(line, options.width - indent.length);
  return lines.map((one) => indent + paint('warning', one, options.color === true));
}

/** The stages of a run as a table. No newline at the end. */
export function stagesTable(record: RunRecord, known: RunNow, options: DocumentOptions = {}): string {
  const rows = record.stages.map((stage) => stageRow(stage, known, options));
  return table(['STAGE', 'PHASE', 'ATTEMPTS', 'DURATION', 'DETAIL'], rows, options);
}

function facts(
  record: RunRecord,
  { ending, now, place }: { readonly ending: Ending; readonly now: Date; readonly place?: string },
  options: DocumentOptions,
): readonly string[] {
  const { pipeline, profile, createdBy, cancel } = record;
  const phase = shownPhase(record, ending.phase);
  const who = `${oneLine(createdBy.user, options)} on ${oneLine(createdBy.host, options)}`;
  const lines: [string, string][] = [
    ['Name', record.name],
    ['Pipeline', `${oneLine(pipeline.name, options)} ${oneLine(pipeline.version, options)}`],
    ...(profile === undefined ? [] : [['Profile', oneLine(profile, options)] as [string, string]]),
    ['Target', place === undefined ? record.target : `${record.target}, ${oneLine(place, options)}`],
    ['Started', `${record.createdAt.replace(/\.\d+Z$/, 'Z')} (${formatAge(record.createdAt, now)} ago) by ${who}`],
    ['Phase', paint(phaseTone(phase), phase, options.color === true)],
  ];
  const driver = record.drivers.at(-1);
  if (ending.phase === 'Running' && driver !== undefined && driver.endedAt === undefined) {
    lines.push([
      'Driver',
      `process ${driver.pid} of ${oneLine(driver.user, options)} on ${oneLine(driver.host, options)}`,
    ]);
  }
  if (cancel !== undefined && isCancelling(record)) {
    const reason = cancel.reason === undefined ? '' : `: ${oneLine(cancel.reason, options)}`;
    lines.push(['Cancelled', `${formatAge(cancel.at, now)} ago by ${oneLine(cancel.by, options)}${reason}`]);
  }
  // While a stage runs its own seconds are not known.
  const time = ending.phase === 'Running' || ending.phase === 'Interrupted' ? '' : overheadPhrase(overheadOf(record));
  if (time !== '') lines.push(['Time', time]);
  const width = Math.max(...lines.map(([name]) => name.length)) + 3;
  return lines.map(([name, value]) => `${padTo(`${name}:`, width)}${value}`);
}

function stageRow(
  stage: StageRecord,
  { now, sights = NO_SIGHTS, isDriven = false, logs = NOT_READ }: RunNow,
  options: DocumentOptions,
): readonly string[] {
  const attempt = lastAttempt(stage);
  const told = attempt === undefined ? undefined : logs.get(stage.name)?.get(attempt.attempt)?.progress;
  const phase = seenPhase(stage, sights);
  const sight = sights.get(stage.name);
  const seconds = stageSeconds(attempt, sight, now);
  const progress = told === undefined ? '' : progressDetail(told, startOf(attempt, sight), now, options);
  return [
    stage.name,
    paint(phaseTone(phase), phase, options.color === true),
    stage.attempts.length === 0 ? '' : String(stage.attempts.length),
    seconds === undefined ? '' : formatDuration(seconds),
    (sight === undefined ? stageDetail(stage, isDriven, options) : sightDetail(sight, options)) || progress,
  ];
}

/** `40% epoch 1 of 2 (loss=3.08), about 4m left`. */
function progressDetail(told: ToldProgress, since: string | undefined, now: Date, options: TextOptions): string {
  const left = paceLeft(told, since, now);
  const words = progressPhrase(told.progress, options);
  return left === undefined ? words : `${words}, about ${formatDuration(left)} left`;
}

/** How long the newest attempt ran or has been running; undefined when it has not started. */
function stageSeconds(attempt: AttemptRecord | undefined, sight: Sight | undefined, now: Date): number | undefined {
  if (attempt === undefined) return undefined;
  const started = startOf(attempt, sight);
  const ended = sight?.kind === 'ended' ? sight.at : attempt.at.ended;
  const isOver = attempt.outcome !== undefined || (sight !== undefined && !isUnderWay(sight));
  return secondsBetween(started, isOver ? ended : now.toISOString());
}

function startOf(attempt: AttemptRecord | undefined, sight: Sight | undefined): string | undefined {
  return attempt?.at.started ?? (sight?.kind === 'running' ? sight.at : undefined);
}

/** How an attempt stands that nobody looks after. */
function sightDetail(sight: Sight, options: TextOptions): string {
  switch (sight.kind) {
    case 'running':
      return '';
    case 'not-submitted':
      return 'not submitted';
    case 'gone':
      return 'gone; its end is not recorded';
    case 'ended': {
      const said = outcomePhrase(sight.outcome, options);
      return `ended, not recorded yet: ${outcomeWord(sight.outcome)}${said === '' ? '' : `; ${said}`}`;
    }
    case 'waiting':
      return sight.reason === '' ? 'submitted, not started yet' : oneLine(sight.reason, options);
    case 'troubled':
    case 'unknown':
      return oneLine(sight.reason, options);
    default:
      return unreachable(sight);
  }
}

function stageDetail(stage: StageRecord, isDriven: boolean, options: TextOptions): string {
  const { decision, approval } = stage;
  if (isDriven && isPreparing(stage)) return PREPARING;
  if (isAwaitingApproval(stage)) return 'waits for approval';
  switch (decision?.kind) {
    case undefined:
      return approval?.given === undefined ? '' : `approved by ${oneLine(approval.given.by, options)}`;
    case 'reuse': {
      const result = resultPhrase(decision.result, options);
      return `from ${originPhrase(decision.from, options)}${result === '' ? '' : `: ${result}`}`;
    }
    case 'skip':
      return oneLine(decision.reason, options);
    case 'refuse':
      return `gate ${oneLine(decision.gate, options)}: ${oneLine(decision.reason, options)}`;
    case 'run': {
      const attempt = lastAttempt(stage);
      if (attempt?.outcome !== undefined) return outcomePhrase(attempt.outcome, options);
      return attempt !== undefined && attempt.at.started === undefined ? 'submitted, not started yet' : '';
    }
    default:
      return unreachable(decision);
  }
}
