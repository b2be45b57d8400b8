import { parseProgress } from '../../domain/training/own-line.ts';
import type { AttemptRef } from '../../ports/target.ts';
import type { Deps } from '../deps.ts';

/** Progress may stand between the lines that tell of a fault. */
const LOOKED_AT = 200;

/** The last lines of an attempt but for its progress, oldest first, whatever container wrote them. */
export async function readLogTail(
  deps: Deps,
  attempt: { readonly run: string; readonly stage: string; readonly attempt: number },
  lines: number,
): Promise<readonly string[]> {
  const texts: string[] = [];
  const ref = attempt as AttemptRef;
  for await (const lines of deps.target.logs(ref, { follow: false, tail: LOOKED_AT }, new AbortController().signal)) {
    texts.push(...lines.map(({ text }) => text).filter((text) => parseProgress(text) === undefined));
  }
  return texts.slice(-lines);
}

/** Of a log that is followed: so much of its past. */
const FOLLOWED_FROM = 60;

/**
 * The last lines of an attempt's main container but for its progress, and those that follow while it runs. One container is
 * one connection to a cluster; the others are in `logs`.
 */
export async function* followLogTail(
  deps: Deps,
  attempt: { readonly run: string; readonly stage: string; readonly attempt: number; readonly goesOn: boolean },
  signal: AbortSignal,
): AsyncGenerator<readonly string[], void> {
  const options = { follow: attempt.goesOn, tail: attempt.goesOn ? FOLLOWED_FROM : LOOKED_AT, container: 'main' };
  for await (const lines of deps.target.logs(attempt as AttemptRef & typeof attempt, options, signal)) {
    const texts = lines.map(({ text }) => text).filter((text) => parseProgress(text) === undefined);
    if (texts.length > 0) yield texts;
  }
}
