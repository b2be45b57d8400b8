import type { LogLine } from '../../src/ports/target.ts';

/** A log that comes some lines at a time, line by line. */
export async function* linesOf(log: AsyncIterable<readonly LogLine[]>): AsyncGenerator<LogLine> {
  for await (const lines of log) yield* lines;
}
