import type { FollowerOptions } from './follower-options.ts';
import { LAST_LINES } from './lines/last-lines.ts';
import { LineSplitter, type RawLine } from './lines/line-splitter.ts';

/** As many lines come again sooner than a question is answered. */
const FEW_LINES = 1000;

/** What stands after the last line end; undefined = nothing. */
export interface Ended {
  readonly rest: RawLine | undefined;
}

/**
 * Whether the log of a container that has ended was read to its end: then its last lines are those that came last. Reading all that comes
 * again says the same, and may be the whole log. Undefined when it is not known, or when little comes again.
 */
export async function readEnd(
  { api, log, view }: Pick<FollowerOptions, 'api' | 'log' | 'view'>,
  previous: boolean,
  signal: AbortSignal,
): Promise<Ended | undefined> {
  if (log.comesAgain <= FEW_LINES) return undefined;
  // One more may have no line end.
  const query = { container: view.container, follow: false, previous, tailLines: LAST_LINES + 1 };
  const splitter = new LineSplitter();
  const lines: RawLine[] = [];
  try {
    const stream = await api.log(view.pod, query, signal);
    if (stream.status !== 200) return undefined;
    for await (const part of stream.body) {
      for (const item of splitter.feed(Buffer.from(part))) if (item.kind === 'line') lines.push(item);
    }
  } catch {
    return undefined; // reading all of it tells
  }
  const [rest] = [...splitter.rest()];
  if (rest?.kind === 'notice' || !log.endsWith(lines.slice(-LAST_LINES))) return undefined;
  return { rest };
}
