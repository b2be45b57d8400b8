import type { RunView } from '../../run-view.ts';
import type { Keys, Question } from '../../screen.ts';
import { symbolsFor } from '../symbols.ts';
import { textWidth, wrapTo } from '../text-width.ts';
import type { Look } from './stage-lines.ts';

/** The line of keys, as many as the terminal is wide; the last one says where the others are. */
export function keyLine(view: RunView, keys: Keys, look: Look): string {
  const isAsking = view.stages.some(({ phase }) => phase === 'AwaitingApproval');
  const all = [
    ...(isAsking ? ['a approve'] : []),
    ...(view.stages.length > 1 ? [`${symbolsFor(look.unicode).updown} stage`] : []),
    'l log',
    'space hold',
    keys.driving ? 'd detach' : 'd leave',
    'c cancel',
  ];
  const help = '? help';
  const fitting: string[] = [];
  for (const key of all) {
    if (textWidth([...fitting, key, help].join('  ')) > look.columns) break;
    fitting.push(key);
  }
  return [...fitting, help].join('  ');
}

/** Below it help takes more lines than most such windows have. */
const WHOLE_HELP_COLUMNS = 60;

/** What each key does, a line or more each. */
export function helpLines({ driving, onInterrupt }: Keys, look: Look): readonly string[] {
  const ends = driving
    ? 'end this driver: the stage that runs goes on, the next does not start (asks)'
    : 'end this view';
  const all: readonly (readonly [string, string])[] = [
    ['up, k', 'the stage before'],
    ['down, j, tab', 'the next stage'],
    ['esc', 'back to the stage that goes on'],
    ['space', 'hold the log, let it go on'],
    ['l', 'read its whole log in $PAGER'],
    ['a', 'approve the stage that waits for it (asks)'],
    ['d', driving ? 'detach: the run goes on by itself, as with --detach' : 'end this view; the run goes on'],
    ['c', 'cancel the run (asks)'],
    ['q', driving && onInterrupt === 'cancel' ? 'as c' : ends],
    ['Ctrl-C', driving && onInterrupt === 'cancel' ? 'cancel the run' : ends.replace(' (asks)', '')],
    ['Ctrl-Z', 'stop this program; the stage that runs goes on'],
    ['Ctrl-L', 'draw anew'],
    ['?, h', 'leave this help'],
    ['~5m', 'left, if it takes as long as in earlier runs'],
  ];
  // Where not all of it has room, the ways out are seen.
  const out = look.columns < WHOLE_HELP_COLUMNS ? all.findIndex(([key]) => key === 'd') : 0;
  const inOrder = [...all.slice(out), ...all.slice(0, out)];
  const width = Math.max(...all.map(([key]) => key.length));
  if (look.columns < width + 20) {
    return inOrder.flatMap(([key, does]) => wrapTo(`${key}: ${does}`, look.columns));
  }
  return inOrder.flatMap(([key, does]) =>
    wrapTo(does, look.columns - width - 4).map((line, index) => `  ${(index === 0 ? key : '').padEnd(width)}  ${line}`),
  );
}

/** What is asked; `y` is yes, every other key is no. `short` for few columns. */
export function questionText(
  question: Question,
  { run }: RunView,
): { readonly sentence: string; readonly short: string } {
  switch (question.kind) {
    case 'cancel':
      return {
        sentence: `Cancel ${run}? What runs gets its grace period, what is done is kept. y/n`,
        short: 'Cancel it? y/n',
      };
    case 'leave':
      return {
        sentence: `Leave? The stage that runs goes on, the next starts with \`ilab-backend resume ${run}\`. y/n`,
        short: 'Leave it? y/n',
      };
    case 'approve':
      return { sentence: `Approve ${question.stage} of ${run}? y/n`, short: `Approve ${question.stage}? y/n` };
  }
}
