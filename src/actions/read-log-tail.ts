import type { AttemptRef } from '../ports/target.ts';
import type { Deps } from './deps.ts';
import { parseProgress } from './read-progress.ts';

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
