import { withPlace } from '../../../domain/typed-place.ts';
import type { RunView, StageView } from '../../run-view.ts';
import { type Keys, type Screen, shownStage } from '../../screen.ts';
import { type Expected, runSecondsLeft, stageLeft } from '../../time-left.ts';
import { formatDuration } from '../format.ts';
import { paint, type Tone } from '../paint.ts';
import { oneLine } from '../sanitize.ts';
import { symbolsFor } from '../symbols.ts';
import { cutTo, wrapTo } from '../text-width.ts';
import { fitStages } from './fit-stages.ts';
import { helpLines, keyLine, questionText } from './key-lines.ts';
import { figureLines, type LogView, logLines, nextLines, warningLines } from './pane-lines.ts';
import { clockOf, headerLine, interruptHint, type OnInterrupt, SENTENCE_COLUMNS_MIN } from './run-lines.ts';
import { type Look, stageLines } from './stage-lines.ts';

/** What a frame shows beside the run itself. */
export interface Frame {
  readonly screen: Screen;
  /** Absent where no keys are read. */
  readonly keys?: Keys;
  readonly onInterrupt: OnInterrupt;
  readonly expected: Expected;
  /** Of the stage that is shown; absent where no log is. */
  readonly log?: LogView;
}

/** A terminal of so many rows. */
export type Size = Look & { readonly rows: number };

/** Rows that a frame leaves free: a terminal that is filled to its last row scrolls, and the next frame cannot replace this one. */
const FREE_ROWS = 1;
/** From so many rows on a log has its place; below, its stream is not worth its connection. */
export const LOG_ROWS_MIN = 20;
const STAGE_ROWS_MIN = 6;
const LOG_LINES_MIN = 3;
const LOG_LINES_MAX = 20;
const FIGURES_MAX = { few: 4, many: 10, manyFromRows: 36 } as const;

/**
 * The frame of a run that goes on: never wider than the terminal and always lower. What gives way where rows are few, first
 * to last: empty lines, the sentence about Ctrl-C, the next command, the log, the headings, the figures, the warnings, the
 * keys, stages. A question stays. Below `LOG_ROWS_MIN` rows there is no log.
 */
export function frameLines(view: RunView, time: Date, look: Size, frame: Frame): readonly string[] {
  const now = clockOf(view, time);
  const { screen, keys, expected } = frame;
  const shown = shownStage(view, screen);
  const { headings, stages } = stageLines(view.stages, now, look, {
    ...(keys === undefined || shown === undefined ? {} : { chosen: shown.name }),
    left: (stage) => stageLeft(stage, now, expected),
  });
  const room = Math.max(1, look.rows - FREE_ROWS);
  const asked = askedLines(view, screen, look);
  const rows = new Rows(room - 1);
  const pane = paneOf(view, shown, frame, look);
  const foot = asked.length > 0 ? rows.take(asked, 1) : [];
  const table = stages.flat().length;
  const hint =
    screen.question === undefined ? painted('faint', interruptHint(view, look, frame.onInterrupt), look) : [];
  const line = keys === undefined ? hint : painted('faint', keyLine(view, keys, look), look);
  const below = screen.question === undefined && (rows.free >= table + line.length || room >= 8) ? rows.take(line) : [];
  // However much there is to say of one stage, the chain is seen.
  const half = Math.max(STAGE_ROWS_MIN, Math.floor(rows.free / 2), rows.free - pane.least);
  const shownIndex = view.stages.findIndex(({ name }) => name === shown?.name);
  const list = rows.take(fitStages(shownIndex, stages, Math.min(table, half, rows.free), look), 0);
  const help = marked(rows.take(pane.help, 1), pane.help.length, look);
  const warnings = rows.take(pane.warnings, 1);
  const figures = rows.take(pane.figures, 1);
  const above = rows.take(headings);
  rows.keep(pane.hasLog ? 1 + LOG_LINES_MIN : 0);
  const next = rows.take(pane.next);
  const last = keys === undefined ? [] : rows.take(hint);
  const isPane = pane.least > 0;
  const gap = rows.take(isPane ? ['', '', ''] : ['', '']).length > 0 ? [''] : [];
  rows.release();
  const wanted = pane.log(Math.min(LOG_LINES_MAX, rows.free - 1));
  const log = rows.take(wanted, Math.min(wanted.length, 1 + LOG_LINES_MIN));
  const details = [...help, ...warnings, ...figures, ...next, ...log];
  const bottom = [...foot, ...below, ...last];
  return [
    headerLine(view, now, look, headerParts(view, now, expected)),
    ...gap,
    ...above,
    ...list,
    ...(isPane && details.length > 0 ? gap : []),
    ...details,
    ...(bottom.length > 0 ? gap : []),
    ...bottom,
  ];
}

/** That there is more than fits is seen. */
function marked(lines: readonly string[], all: number, look: Size): readonly string[] {
  if (lines.length === 0 || lines.length === all) return lines;
  const more = `(${all - lines.length + 1} more lines: a taller window)`;
  return [...lines.slice(0, -1), cutTo(more, look.columns, symbolsFor(look.unicode).cut)];
}

/** The rows that are not given away yet. */
class Rows {
  #free: number;
  #kept = 0;

  constructor(free: number) {
    this.#free = Math.max(0, free);
  }

  get free(): number {
    return Math.max(0, this.#free - this.#kept);
  }

  /** As many of the lines as fit; none where not even `least` do. */
  take(lines: readonly string[], least = lines.length): readonly string[] {
    const taken = Math.min(lines.length, this.free) < least ? [] : lines.slice(0, this.free);
    this.#free -= taken.length;
    return taken;
  }

  /** Keeps so many for what comes later, if there are as many. */
  keep(rows: number): void {
    this.#kept = this.#free >= rows ? rows : 0;
  }

  release(): void {
    this.#kept = 0;
  }
}

interface Pane {
  readonly help: readonly string[];
  readonly warnings: readonly string[];
  readonly figures: readonly string[];
  readonly next: readonly string[];
  readonly hasLog: boolean;
  readonly log: (count: number) => readonly string[];
  /** Rows without which it is not worth having. */
  readonly least: number;
}

const NO_PANE: Pane = { help: [], warnings: [], figures: [], next: [], hasLog: false, log: () => [], least: 0 };

function paneOf(view: RunView, stage: StageView | undefined, { screen, keys, log }: Frame, look: Size): Pane {
  if (screen.help && keys !== undefined) {
    const help = helpLines(keys, look);
    return { ...NO_PANE, help, least: help.length };
  }
  if (stage === undefined) return NO_PANE;
  const warnings = warningLines(view, stage, look);
  const most = look.rows >= FIGURES_MAX.manyFromRows ? FIGURES_MAX.many : FIGURES_MAX.few;
  const figures = figureLines(stage, look).slice(0, most);
  const next = keys === undefined ? [] : nextLines(view, stage, look);
  const hasLog = log !== undefined && look.rows >= LOG_ROWS_MIN;
  return {
    help: [],
    warnings,
    figures,
    next,
    hasLog,
    log: (count) => (hasLog && count > 0 ? logLines(stage, log, screen, look, count) : []),
    least: warnings.length + figures.length + (hasLog ? 1 + LOG_LINES_MIN : 0),
  };
}

function askedLines(view: RunView, { question, message }: Screen, look: Look): readonly string[] {
  if (question !== undefined) {
    const { sentence, short } = questionText(question, view);
    return painted('warning', look.columns < SENTENCE_COLUMNS_MIN ? short : withPlace(sentence, look.place), look);
  }
  return message === undefined ? [] : painted('warning', oneLine(message, look), look);
}

function painted(tone: Tone, text: string, look: Look): readonly string[] {
  return wrapTo(text, look.columns).map((line) => paint(tone, line, look.color));
}

/** GPUs that are held now, and the time that all of it will take. */
function headerParts(view: RunView, now: Date, expected: Expected): readonly string[] {
  if (view.ending !== undefined) return [];
  const gpus = view.stages
    .filter(({ phase }) => phase === 'Running')
    .reduce((sum, { about }) => sum + (about?.gpus ?? 0), 0);
  const left = runSecondsLeft(view, now, expected);
  const time = left === undefined ? '' : formatDuration(Math.round(left.seconds));
  return [
    ...(left === undefined ? [] : [`${left.isLeast ? 'at least' : 'about'} ${time} left`]),
    ...(gpus === 0 ? [] : [`${gpus} ${gpus === 1 ? 'GPU' : 'GPUs'}`]),
  ];
}
