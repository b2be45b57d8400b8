import { secondsBetween } from '../../domain/record-events.ts';
import { withPlace } from '../../domain/typed-place.ts';
import type { RunView, StageView, ViewPhase } from '../run-view.ts';
import { formatDuration } from './format.ts';
import { paint, phaseTone } from './paint.ts';
import { overheadPhrase } from './phrases.ts';
import { oneLine } from './sanitize.ts';
import { isOngoing, type Look, stageLines } from './stage-lines.ts';
import { symbolsFor } from './symbols.ts';
import { cutTo, textWidth, wrapTo } from './text-width.ts';

/** What Ctrl-C does, as `--on-interrupt` says. */
export type OnInterrupt = 'detach' | 'cancel';

/** Below it the footer says the least. */
const SENTENCE_COLUMNS_MIN = 50;
/** Rows that a frame leaves free: a terminal that is filled to its last row scrolls, and the next frame cannot replace this one. */
const FREE_ROWS = 1;

/** The frame of a run that goes on: never wider than the terminal and always lower. */
export function frameLines(
  view: RunView,
  now: Date,
  look: Look & { readonly rows: number },
  onInterrupt: OnInterrupt,
): readonly string[] {
  const room = Math.max(1, look.rows - FREE_ROWS);
  const { headings, stages } = stageLines(view.stages, now, look);
  const table = stages.flat().length;
  const footer = footerLines(view, look, onInterrupt);
  // What gives way first where rows are few: empty lines, then the headings, then the footer, then stages.
  const spacious = room >= 1 + 1 + headings.length + table + 1 + footer.length;
  const withFooter = room >= 1 + table + footer.length || room >= 8;
  const gap = spacious ? [''] : [];
  const below = withFooter ? footer : [];
  const above = room >= 1 + headings.length + table + below.length ? headings : [];
  const shown = fitStages(
    view.stages,
    stages,
    Math.max(0, room - 1 - above.length - below.length - 2 * gap.length),
    look,
  );
  return [headerLine(view, now, look), ...gap, ...above, ...shown, ...(below.length > 0 ? gap : []), ...below];
}

/** What stays in the scrollback: all stages, what became of the run, the command to type now. */
export function finalLines(view: RunView, now: Date, look: Look): readonly string[] {
  const { ending } = view;
  const end = ending === undefined ? now : new Date(ending.time);
  const { headings, stages } = stageLines(view.stages, end, look);
  const lines = [headerLine(view, end, look), '', ...headings, ...stages.flat()];
  if (ending === undefined) return lines;
  const said = wrapTo(withPlace(oneLine(ending.message, look), look.place), look.columns).map((line) =>
    paint(phaseTone(ending.phase), line, look.color),
  );
  const time = ending.overhead === undefined ? '' : overheadPhrase(ending.overhead);
  // A command is copied: the terminal may break its line, we do not.
  const next = ending.next === undefined ? '' : withPlace(oneLine(ending.next, look), look.place);
  return [...lines, '', ...said, ...(time === '' ? [] : [`time: ${time}`]), ...(next === '' ? [] : [`next: ${next}`])];
}

function headerLine(view: RunView, now: Date, look: Look): string {
  const { cut } = symbolsFor(look.unicode);
  const time = formatDuration(Math.floor(secondsBetween(view.began, now.toISOString()) ?? 0));
  const room = look.columns - textWidth(time) - 2;
  const name = cutTo(view.run, Math.max(1, room), cut);
  const cancelling = view.cancelling && view.ending === undefined;
  const about = `  ${cancelling ? 'cancelling' : `${oneLine(view.pipeline, look)} on ${view.target}`}`;
  const rest = textWidth(name) + textWidth(about) <= room ? about : '';
  const fill = ' '.repeat(Math.max(1, look.columns - textWidth(name) - textWidth(rest) - textWidth(time)));
  return paint('strong', name, look.color) + paint(cancelling ? 'warning' : 'faint', rest, look.color) + fill + time;
}

function footerLines(view: RunView, look: Look, onInterrupt: OnInterrupt): readonly string[] {
  return wrapTo(hint(view, look, onInterrupt), look.columns).map((line) => paint('faint', line, look.color));
}

/** Phases of a stage whose object lives without us, and of one that only a driver can start. */
const GOES_ON: ReadonlySet<ViewPhase> = new Set<ViewPhase>(['Submitted', 'Waiting', 'Running']);
const HAS_TO_START: ReadonlySet<ViewPhase> = new Set<ViewPhase>(['Pending', 'Preparing', 'Retrying']);

/** What Ctrl-C would do now: said before it is needed. */
function hint(view: RunView, look: Look, onInterrupt: OnInterrupt): string {
  const short = look.columns < SENTENCE_COLUMNS_MIN;
  if (!view.driving) return short ? 'Ctrl-C ends view' : 'Ctrl-C ends this view; the run goes on.';
  if (view.cancelling) return short ? 'cancelling' : 'The running stage gets its grace period; what is done is kept.';
  if (onInterrupt === 'cancel') return short ? 'Ctrl-C cancels' : 'Ctrl-C cancels the run.';
  if (short) return 'Ctrl-C detaches';
  const running = view.stages.filter((stage) => GOES_ON.has(stage.phase)).map((stage) => stage.name);
  const next = view.stages.find((stage) => HAS_TO_START.has(stage.phase))?.name;
  const goesOn = running.length === 0 ? '' : `${running.join(', ')} ${running.length === 1 ? 'goes' : 'go'} on`;
  const waits =
    next === undefined ? '' : withPlace(`${next} waits for \`ilab-backend resume ${view.run}\``, look.place);
  return `Ctrl-C detaches: ${[goesOn, waits].filter(Boolean).join('; ') || 'the run keeps what is done'}.`;
}

/** The stages that fit, the ones that go on among them, and how many do not. */
function fitStages(
  stages: readonly StageView[],
  wanted: readonly (readonly string[])[],
  room: number,
  look: Look,
): readonly string[] {
  const all = wanted.flat();
  if (all.length <= room) return all;
  // One stage may say more than there are rows: its first line always has its place.
  const blocks = wanted.map((lines) => lines.slice(0, Math.max(1, room - 1)));
  const active = Math.max(0, stages.findIndex(isOngoing));
  let from = active;
  let to = active;
  let used = 0;
  // Grows around the active stage, forwards first: what comes next matters more than what is done.
  for (let grew = true; grew; ) {
    grew = false;
    const after = blocks[to]?.length ?? Number.POSITIVE_INFINITY;
    if (used + after <= room - 1) {
      used += after;
      to += 1;
      grew = true;
    }
    const before = blocks[from - 1]?.length ?? Number.POSITIVE_INFINITY;
    if (used + before <= room - 1) {
      used += before;
      from -= 1;
      grew = true;
    }
  }
  const hidden = [
    ...(from > 0 ? [`${from} before`] : []),
    ...(to < blocks.length ? [`${blocks.length - to} after`] : []),
  ];
  const note = cutTo(`  and ${hidden.join(', ')}`, look.columns, symbolsFor(look.unicode).cut);
  return [...blocks.slice(from, to).flat(), ...(room > 0 ? [paint('faint', note, look.color)] : [])];
}
