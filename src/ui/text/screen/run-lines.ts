import { secondsBetween } from '../../../domain/run/record-events.ts';
import { withPlace } from '../../../domain/typed-place.ts';
import type { RunView, ViewPhase } from '../../run-view.ts';
import { formatDuration } from '../format.ts';
import { paint, phaseTone } from '../paint.ts';
import { overheadPhrase } from '../phrases.ts';
import { oneLine } from '../sanitize.ts';
import { symbolsFor } from '../symbols.ts';
import { cutTo, textWidth, wrapTo } from '../text-width.ts';
import { type Look, stageLines } from './stage-lines.ts';

/** What Ctrl-C does, as `--on-interrupt` says. */
export type OnInterrupt = 'detach' | 'cancel';

/** Below it the footer says the least. */
export const SENTENCE_COLUMNS_MIN = 50;

/** What stays in the scrollback: all stages, what became of the run, the command to type now. */
export function finalLines(view: RunView, now: Date, look: Look): readonly string[] {
  const { ending } = view;
  const end = clockOf(view, now);
  const { headings, stages } = stageLines(view.stages, end, look);
  const lines = [headerLine(view, end, look), '', ...headings, ...stages.flat()];
  if (ending === undefined) return lines;
  const said = wrapTo(withPlace(oneLine(ending.message, look), look.place), look.columns).map((line) =>
    paint(phaseTone(ending.phase), line, look.color),
  );
  const time = ending.overhead === undefined ? '' : overheadPhrase(ending.overhead);
  // A command is copied: the terminal may break its line, we do not.
  const commands = [...(ending.next === undefined ? [] : [`next: ${ending.next}`]), ...(ending.after ?? [])];
  const typed = commands.map((line) => withPlace(oneLine(line, look), look.place));
  return [...lines, '', ...said, ...(time === '' ? [] : wrapTo(`time: ${time}`, look.columns)), ...typed];
}

/** Until when time is counted: it stands once the run has ended, however long somebody looks. */
export function clockOf({ ending }: RunView, now: Date): Date {
  return ending === undefined ? now : new Date(ending.time);
}

/** Name, what and where, and how long it has been; between them what is `said` besides, as far as there is room. */
export function headerLine(view: RunView, now: Date, look: Look, said: readonly string[] = []): string {
  const { cut } = symbolsFor(look.unicode);
  const time = formatDuration(Math.floor(secondsBetween(view.began, now.toISOString()) ?? 0));
  const room = look.columns - textWidth(time) - 2;
  const name = cutTo(view.run, Math.max(1, room), cut);
  const cancelling = view.cancelling && view.ending === undefined;
  const about = `  ${cancelling ? 'cancelling' : `${oneLine(view.pipeline, look)} on ${view.target}`}`;
  // What there is no room for is left out, the last first.
  const parts = [about, ...said.map((one) => `  ${one}`)];
  while (parts.length > 0 && textWidth(name + parts.join('')) > room) parts.pop();
  const rest = parts.join('');
  const fill = ' '.repeat(Math.max(1, look.columns - textWidth(name) - textWidth(rest) - textWidth(time)));
  return paint('strong', name, look.color) + paint(cancelling ? 'warning' : 'faint', rest, look.color) + fill + time;
}

/** Phases of a stage whose object lives without us, and of one that only a driver can start. */
const GOES_ON: ReadonlySet<ViewPhase> = new Set<ViewPhase>(['Submitted', 'Waiting', 'Running']);
const HAS_TO_START: ReadonlySet<ViewPhase> = new Set<ViewPhase>(['Pending', 'Preparing', 'Retrying']);

/** What Ctrl-C would do now: said before it is needed. */
export function interruptHint(view: RunView, look: Look, onInterrupt: OnInterrupt): string {
  const short = look.columns < SENTENCE_COLUMNS_MIN;
  if (!view.driving) return short ? 'Ctrl-C ends view' : 'Ctrl-C ends this view; the run goes on.';
  if (view.cancelling) return short ? 'cancelling' : 'The running stage gets its grace period; what is done is kept.';
  if (onInterrupt === 'cancel') return short ? 'Ctrl-C cancels' : 'Ctrl-C cancels the run.';
  const running = view.stages.filter((stage) => GOES_ON.has(stage.phase)).map((stage) => stage.name);
  if (short) {
    const [only] = running;
    const what = running.length === 1 && only !== undefined ? `; ${only} goes on` : '';
    return textWidth(`Ctrl-C leaves${what}`) > look.columns ? 'Ctrl-C leaves' : `Ctrl-C leaves${what}`;
  }
  const next = view.stages.find((stage) => HAS_TO_START.has(stage.phase))?.name;
  const goesOn = running.length === 0 ? '' : `${running.join(', ')} ${running.length === 1 ? 'goes' : 'go'} on`;
  const waits =
    next === undefined ? '' : withPlace(`${next} waits for \`ilab-backend resume ${view.run}\``, look.place);
  return `Ctrl-C leaves: ${[goesOn, waits].filter(Boolean).join('; ') || 'the run keeps what is done'}.`;
}
