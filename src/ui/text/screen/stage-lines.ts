import { unreachable } from '../../../domain/errors.ts';
import { secondsBetween } from '../../../domain/run/record-events.ts';
import type { StageView } from '../../run-view.ts';
import type { Display } from '../../subscriber.ts';
import type { StageLeft } from '../../time-left.ts';
import { formatDuration } from '../format.ts';
import { paint, phaseTone, type Tone } from '../paint.ts';
import { originPhrase, outcomePhrase, progressPhrase } from '../phrases.ts';
import { oneLine, type TextOptions } from '../sanitize.ts';
import { symbolsFor } from '../symbols.ts';
import { cutTo, padTo, textWidth, wrapTo } from '../text-width.ts';

/** From here on a table with headings is drawn; below it, a line or two a stage. */
const TABLE_COLUMNS_MIN = 60;
const BAR = 12;
const GAP = '  ';
/** A reason may come from a cluster and have any length. */
const WAITING_LINES_MAX = 6;
/** As wide as the longest usual word, so that columns stay where they are while phases change. */
const PHASE_CELLS = 'Succeeded'.length;
const LEFT_CELLS = '~59m 59s'.length;

/** What a table that is looked at while the run goes on shows beside the stages themselves. */
export interface LiveColumns {
  /** The name of the stage that is looked at; absent = none is marked. */
  readonly chosen?: string;
  /** The time until a stage has ended, as far as that is known. */
  readonly left: (stage: StageView) => StageLeft | undefined;
}

interface Column {
  readonly title: string;
  /** Cells that it takes at least. */
  readonly least: number;
  readonly cell: (stage: StageView) => string;
}

/** What the stage table needs to know of the terminal. */
export type Look = Pick<Display, 'columns' | 'color' | 'unicode' | 'place'>;

/** The headings, empty where the terminal is too narrow for them, and the lines of each stage; none is wider than the terminal. */
export interface StageLines {
  readonly headings: readonly string[];
  readonly stages: readonly (readonly string[])[];
}

/** The stages of a run as lines of text, coloured where wanted. `now` is for what still runs. */
export function stageLines(stages: readonly StageView[], now: Date, look: Look, live?: LiveColumns): StageLines {
  return look.columns >= TABLE_COLUMNS_MIN ? wide(stages, now, look, live) : narrow(stages, now, look, live);
}

function columnsOf(stages: readonly StageView[], now: Date, live: LiveColumns | undefined): readonly Column[] {
  const attempt = (stage: StageView): string => (stage.attempt === 0 ? '' : String(stage.attempt));
  const left = (stage: StageView): string => {
    const told = isDone(stage) ? undefined : live?.left(stage);
    if (told === undefined) return '';
    return `${told.isByEarlierRuns ? '~' : ''}${formatDuration(Math.round(told.seconds))}`;
  };
  const isTriedAgain = stages.some((stage) => stage.attempt > 1);
  return [
    { title: 'STAGE', least: 0, cell: (stage) => stage.name },
    { title: 'PHASE', least: PHASE_CELLS, cell: (stage) => stage.phase },
    // Room is dearer while there is more to show.
    ...(live === undefined || isTriedAgain ? [{ title: 'ATTEMPT', least: 0, cell: attempt }] : []),
    { title: 'ELAPSED', least: 0, cell: (stage) => elapsed(stage, now) },
    ...(stages.some((stage) => left(stage) !== '') ? [{ title: 'LEFT', least: LEFT_CELLS, cell: left }] : []),
  ];
}

function isDone({ phase }: StageView): boolean {
  return phase === 'Succeeded' || phase === 'Reused' || phase === 'Skipped';
}

function wide(stages: readonly StageView[], now: Date, look: Look, live: LiveColumns | undefined): StageLines {
  const columns = columnsOf(stages, now, live);
  const headers = columns.map(({ title }) => title);
  const cells = stages.map((stage) => columns.map(({ cell }) => cell(stage)));
  const widths = columns.map(({ title, least }, column) =>
    Math.max(least, ...[title, ...cells.map((row) => row[column] ?? '')].map((cell) => textWidth(cell))),
  );
  const join = (row: readonly string[]): string => row.map((cell, index) => padTo(cell, widths[index] ?? 0)).join(GAP);
  const room = look.columns - 2 - widths.reduce((sum, width) => sum + width + GAP.length, 0);
  const headings = [`${GAP}${join(headers)}${GAP}DETAIL`];
  return {
    headings: headings.map((line) => paint('faint', line, look.color)),
    stages: stages.map((stage, index) => {
      const [name = '', phase = '', ...rest] = cells[index] ?? [];
      const painted = paint(toneOf(stage), phase, look.color);
      const row =
        `${symbol(stage, look)}${mark(stage, look, live)}${join([name, painted, ...rest])}${GAP}${detail(stage, room, look)}`.trimEnd();
      return [row, ...waitingLines(stage, room, look)];
    }),
  };
}

function narrow(stages: readonly StageView[], now: Date, look: Look, live: LiveColumns | undefined): StageLines {
  const { cut } = symbolsFor(look.unicode);
  const width = Math.min(Math.max(...stages.map((stage) => textWidth(stage.name)), 0), look.columns - 2);
  return {
    headings: [],
    stages: stages.map((stage) => {
      const name = padTo(cutTo(stage.name, width, cut), width);
      const state = cutTo(elapsed(stage, now) || stage.phase, Math.max(0, look.columns - 4 - width), cut);
      const first =
        `${symbol(stage, look)}${mark(stage, look, live)}${name}${GAP}${paint(toneOf(stage), state, look.color)}`.trimEnd();
      if (stage.phase === 'Waiting') return [first, ...waitingLines(stage, 0, look)];
      const second = isOngoing(stage) ? detail(stage, look.columns - 2, look) : '';
      return second === '' ? [first] : [first, `${GAP}${second}`];
    }),
  };
}

/** Why a stage waits, in full where `room` is too small for it, and what to type: nobody should have to ask. */
function waitingLines(stage: StageView, room: number, look: Look): readonly string[] {
  if (stage.detail.kind !== 'waiting') return [];
  const { reason, fix } = stage.detail;
  const said = oneLine(reason, look);
  const lines = [
    ...(textWidth(said) > room ? wrapTo(said, look.columns - GAP.length) : []),
    ...(fix === undefined ? [] : wrapTo(`fix: ${oneLine(fix, look)}`, look.columns - GAP.length)),
  ];
  return lines.slice(0, WAITING_LINES_MAX).map((line) => GAP + paint('warning', line, look.color));
}

/** Something goes on or waits: the stage a person looks for first. */
function isOngoing(stage: StageView): boolean {
  return stage.since !== undefined;
}

function symbol(stage: StageView, look: Look): string {
  return paint(toneOf(stage), symbolsFor(look.unicode).phase[stage.phase], look.color);
}

function mark({ name }: StageView, look: Look, live: LiveColumns | undefined): string {
  return live?.chosen === name ? symbolsFor(look.unicode).chosen : ' ';
}

function toneOf(stage: StageView): Tone {
  switch (stage.phase) {
    case 'Waiting':
    case 'Retrying':
      return 'warning';
    case 'Preparing':
    case 'Submitted':
      return 'busy';
    default:
      return phaseTone(stage.phase);
  }
}

function elapsed(stage: StageView, now: Date): string {
  const seconds = stage.since === undefined ? stage.seconds : secondsBetween(stage.since, now.toISOString());
  if (seconds === undefined) return '';
  // A clock that ticks once a second shows no tenths.
  return formatDuration(stage.since === undefined ? seconds : Math.floor(seconds));
}

function detail(stage: StageView, room: number, look: Look): string {
  const { cut, full, empty } = symbolsFor(look.unicode);
  const fraction = stage.detail.kind === 'progress' ? stage.detail.progress.fraction : undefined;
  const text = detailText(stage, look);
  if (fraction === undefined || room < BAR * 3) return cutTo(text, Math.max(0, room), cut);
  const done = Math.round(fraction * BAR);
  const bar = paint('busy', full.repeat(done), look.color) + paint('faint', empty.repeat(BAR - done), look.color);
  return `${bar} ${cutTo(text, room - BAR - 1, cut)}`;
}

function detailText({ detail: what }: StageView, options: TextOptions): string {
  switch (what.kind) {
    case 'nothing':
      return '';
    case 'preparing':
      return oneLine(what.message, options);
    case 'reused':
      return `from ${originPhrase(what.from, options)}`;
    case 'skipped':
    case 'waiting':
      return oneLine(what.reason, options);
    case 'approval':
      return 'waits for approval';
    case 'refused':
      return `gate ${oneLine(what.gate, options)}: ${oneLine(what.reason, options)}`;
    case 'progress':
      return progressPhrase(what.progress, options);
    case 'ended':
      return outcomePhrase(what.outcome, options);
    case 'retrying':
      return `attempt ${what.attempt} follows: ${oneLine(what.reason, options)}`;
    default:
      return unreachable(what);
  }
}
