import { type Deps, timestamp } from '../actions/deps.ts';
import { changesSince, type OpenAgain } from '../actions/plan/changes-since.ts';
import type { RunEvent } from '../domain/event.ts';
import type { CliContext } from './context.ts';
import { librarySurroundings, type ProjectFlags } from './project.ts';

const SHOWN_MAX = 3;

/** That a run goes on with what it was made with, where that is otherwise now; one sentence, undefined where nothing changed. */
export async function changesNotice(
  context: CliContext,
  deps: Deps,
  name: string,
  flags: Pick<ProjectFlags, 'project'>,
): Promise<string | undefined> {
  const open: OpenAgain = (typed) => context.openProject({ ...librarySurroundings(context, flags), ...typed });
  const { changes, again } = await changesSince(deps, name, open);
  if (changes.length === 0) return undefined;
  const more = changes.length > SHOWN_MAX ? [`and ${changes.length - SHOWN_MAX} more`] : [];
  const what = [...changes.slice(0, SHOWN_MAX), ...more].join('; ');
  return `since ${name} was made: ${what}. resume uses what it was made with; with what is there now: \`${again}\``;
}

/** The same events, and what is to be noticed where the present begins: the past is told in one piece. */
export async function* withNotice(
  events: AsyncIterable<RunEvent>,
  deps: Deps,
  message: string | undefined,
): AsyncGenerator<RunEvent, void> {
  let since = message === undefined ? undefined : '';
  for await (const event of events) {
    const isPresent = since !== undefined && since !== '' && event.time >= since;
    if (message !== undefined && isPresent) {
      yield { type: 'notice', time: timestamp(deps.clock), run: event.run, level: 'warning', message };
      since = undefined;
    }
    if (event.type === 'run-started' && since === '') since = event.time;
    yield event;
  }
}
