import { KubeletModel, type ModelOptions, randomFrom, writeLines } from './kubelet-model.ts';
import { GAP, type Method } from './methods.ts';

const LINES = 120;

export interface Tally {
  lost: number;
  doubled: number;
  /** Received in part only. */
  truncated: number;
  /** Stretches of missing lines, between lines that are stored, with no gap beside them. */
  unmarked: number;
  gaps: number;
}

/** Runs a method on as many containers, and compares what it stored with what was written. */
export function simulate(
  method: Method,
  options: ModelOptions,
  { start, runs }: { start: number; runs: number },
): Tally {
  const random = randomFrom(start);
  const tally: Tally = { lost: 0, doubled: 0, truncated: 0, unmarked: 0, gaps: 0 };
  for (let run = 0; run < runs; run += 1) {
    // Of a line that is written twice at one stamp nobody can tell which copy was rotated away.
    const lines = writeLines(random, LINES, { mayRepeat: options.keeps === undefined });
    const stored = method(new KubeletModel(lines, random, options));
    compare(
      lines.map(({ line }) => line),
      stored,
      tally,
    );
  }
  return tally;
}

function compare(written: readonly string[], stored: readonly string[], tally: Tally): void {
  const left = new Map<string, number>();
  for (const line of written) left.set(line, (left.get(line) ?? 0) + 1);
  const known = new Set(written);
  for (const line of stored) {
    if (line === GAP) tally.gaps += 1;
    else if (!known.has(line)) tally.truncated += 1;
    else if (left.get(line) === 0) tally.doubled += 1;
    else left.set(line, (left.get(line) ?? 0) - 1);
  }
  const missing = [...left.values()].reduce((sum, count) => sum + count, 0);
  tally.lost += missing;
  if (missing > 0) tally.unmarked += unmarked(written, stored);
}

/** Walks both in order: where lines are missing between two that are stored there has to be a gap. */
function unmarked(written: readonly string[], stored: readonly string[]): number {
  let [at, count, isMarked] = [-1, 0, false];
  for (const line of stored) {
    if (line === GAP) {
      isMarked = true;
      continue;
    }
    const next = written.indexOf(line, at + 1);
    if (next < 0) continue; // it is doubled, or stands before
    if (at >= 0 && next > at + 1 && !isMarked) count += 1;
    [at, isMarked] = [next, false];
  }
  return count;
}
