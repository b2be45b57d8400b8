import { stripVTControlCharacters } from 'node:util';
import { withPlace } from '../../../domain/typed-place.ts';
import type { RunView, StageView } from '../../run-view.ts';
import type { Screen } from '../../screen.ts';
import type { Series } from '../../series.ts';
import { formatNumber } from '../format.ts';
import { paint } from '../paint.ts';
import { warningCommands } from '../phrases.ts';
import { oneLine, sanitize } from '../sanitize.ts';
import { symbolsFor } from '../symbols.ts';
import { cutTo, padTo, textWidth, wrapTo } from '../text-width.ts';
import { nextCommand } from './next-command.ts';
import { sparkline } from './sparkline.ts';
import type { Look } from './stage-lines.ts';

/*
 * What is shown of the one stage that is looked at, below the table: its figures, its warnings, its next command, the end
 * of its log. No line is wider than the terminal.
 */

/** The end of a log as it is shown. */
export interface LogView {
  /** Oldest first, as they were printed. */
  readonly lines: readonly string[];
  /** Said where there are no lines. */
  readonly note?: string;
}

/** The note of a log that is followed and has printed nothing yet. */
export const READING = 'reading';
/** The note of a log that is read to its end and has nothing but progress, or nothing at all. */
export const NOTHING = 'nothing was printed';

const INDENT = '  ';
const NAME_CELLS_MAX = 24;
/** A course is readable at a glance; more cells than this make it no clearer. */
const SPARK_CELLS_MAX = 40;
const WARNING_LINES_MAX = 4;

/** What people look for first; what else there is follows in the order in which it was told. */
const FIRST = ['loss', 'tokens_per_second', 'samples_per_second', 'learning_rate', 'grad_norm'];

/** One figure a line: name, value of now, its course. */
export function figureLines(stage: StageView, look: Look): readonly string[] {
  const all = Object.entries(stage.about?.series ?? {});
  const { cut } = symbolsFor(look.unicode);
  const rank = (name: string): number => (FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length);
  const sorted = all.toSorted(([a], [b]) => rank(a) - rank(b));
  const names = sorted.map(([name]) => oneLine(name, look));
  const values = sorted.map(([, { last }]) => formatNumber(last));
  const room = look.columns - INDENT.length;
  const valueCells = Math.max(0, ...values.map((value) => value.length));
  const nameCells = Math.max(
    1,
    Math.min(NAME_CELLS_MAX, room - valueCells - INDENT.length, Math.max(0, ...names.map((name) => textWidth(name)))),
  );
  return sorted.map(([, series], index) => {
    const name = padTo(cutTo(names[index] ?? '', nameCells, cut), nameCells);
    const said = cutTo(`${name}${INDENT}${(values[index] ?? '').padStart(valueCells)}`, room, cut);
    return `${INDENT}${said}${course(series, room - textWidth(said), look)}`;
  });
}

function course(series: Series, room: number, look: Look): string {
  const cells = Math.min(SPARK_CELLS_MAX, room - INDENT.length);
  return cells < 4 ? '' : `${INDENT}${paint('busy', sparkline(series, cells, look.unicode), look.color)}`;
}

/** What its log told that somebody should look at, the newest first; of a stage that waits for approval, what all logs told. */
export function warningLines({ run, stages }: RunView, stage: StageView, look: Look): readonly string[] {
  const room = look.columns - INDENT.length;
  const of = stage.phase === 'AwaitingApproval' ? stages : [stage];
  return of
    .flatMap(({ name, about }) => (about?.warnings ?? []).map((warning) => ({ name, ...warning })))
    .reverse()
    .flatMap(({ name, message, fix, command }) => [
      ...wrapTo(`warning${name === stage.name ? '' : ` of ${name}`}: ${oneLine(message, look)}`, room),
      ...(fix === undefined ? [] : wrapTo(`fix: ${oneLine(fix, look)}`, room)),
      ...warningCommands(run, command, { goesOn: false })
        .map((text) => withPlace(oneLine(text, look), look.place))
        .filter((text) => textWidth(text) <= room),
    ])
    .slice(0, WARNING_LINES_MAX)
    .map((line) => INDENT + paint('warning', line, look.color));
}

/** What to type about the stage as it stands, or about another one that waits for it; a command that does not fit is not shown, half of it is none. */
export function nextLines({ run, stages }: RunView, stage: StageView, look: Look): readonly string[] {
  const asking = stages.find(({ phase }) => phase === 'AwaitingApproval');
  const command = nextCommand(run, stage.phase === 'AwaitingApproval' ? stage : (asking ?? stage));
  const line = `${INDENT}next: ${command === undefined ? '' : withPlace(oneLine(command, look), look.place)}`;
  return command === undefined || textWidth(line) > look.columns ? [] : [line];
}

/** Progress is shown above, and left out of the log. */
function noteOf({ about, detail }: StageView, { note = '' }: LogView): string {
  if (note === READING && detail.kind === 'progress') return 'only progress so far';
  return note === NOTHING && about?.told !== undefined ? 'only progress' : note;
}

/** A rule with the stage's name, and the last `count` lines of its log, or why there are none. */
export function logLines(stage: StageView, log: LogView, screen: Screen, look: Look, count: number): readonly string[] {
  const { cut, rule } = symbolsFor(look.unicode);
  const title = cutTo(
    `${rule}${rule} log of ${stage.name}${screen.paused ? ' (held: space lets it go on) ' : ' '}`,
    look.columns,
    cut,
  );
  const lines =
    log.lines.length > 0
      ? log.lines.slice(-count).map((line) => sanitize(stripVTControlCharacters(line), { unicode: look.unicode }))
      : [noteOf(stage, log)];
  // A tab is as wide as the terminal makes it: nobody can count its cells.
  const shown = lines.map((line) => cutTo(line.replaceAll('\t', '    '), look.columns, cut));
  const above = title + rule.repeat(Math.max(0, look.columns - textWidth(title)));
  return [paint('faint', above, look.color), ...(log.lines.length > 0 ? shown : shown.filter((line) => line !== ''))];
}
