import type { Progress } from '../domain/event.ts';
import { isJsonObject, type Json } from '../domain/json.ts';
import type { AttemptRef, Target } from '../ports/target.ts';

/** A line of stdout that starts with it carries JSON for people's eyes (docs/stage-contract.md). */
const PROGRESS_PREFIX = 'ilab-progress: ';

/** Reads the attempt's progress lines until it ends; a log that cannot be read shows no progress, and is no fault here. */
export async function followProgress(
  target: Target,
  ref: AttemptRef,
  signal: AbortSignal,
  report: (progress: Progress, time: string) => void,
): Promise<void> {
  try {
    for await (const lines of target.logs(ref, { follow: true, tail: 200, container: 'main' }, signal)) {
      for (const { stream, marker, text, time } of lines) {
        const progress = stream !== 'stderr' && marker === undefined ? parseProgress(text) : undefined;
        // When it was said, not when it was read: whoever joins is told of the past as such.
        if (progress !== undefined) report(progress, new Date(time).toISOString());
      }
    }
  } catch {
    // Progress is for display only; the outcome is told by observe().
  }
}

/** Undefined for a line that is no progress; unknown keys are dropped, a fraction is kept within 0 and 1. */
export function parseProgress(line: string): Progress | undefined {
  if (!line.startsWith(PROGRESS_PREFIX)) return undefined;
  let json: Json;
  try {
    json = JSON.parse(line.slice(PROGRESS_PREFIX.length)) as Json;
  } catch {
    return undefined;
  }
  if (!isJsonObject(json)) return undefined;
  const { message, fraction, metrics } = json;
  return {
    ...(typeof message === 'string' ? { message } : {}),
    ...(typeof fraction === 'number' ? { fraction: Math.min(1, Math.max(0, fraction)) } : {}),
    ...(isJsonObject(metrics) ? { metrics } : {}),
  };
}
