import type { RunEvent } from '../domain/event.ts';
import { isJsonObject, type Json } from '../domain/json.ts';
import type { Progress, Warning } from '../domain/progress.ts';
import type { AttemptRef, LogOptions, Target } from '../ports/target.ts';

/** A line of stdout that starts with it carries JSON for people's eyes (docs/stage-contract.md). */
const PROGRESS_PREFIX = 'ilab-progress: ';

/** What a log says of how its attempt goes. `time`: when it was said, RFC 3339: whoever joins is told of the past as such. */
export type Said =
  | { readonly kind: 'progress'; readonly time: string; readonly progress: Progress }
  | { readonly kind: 'warned'; readonly time: string; readonly warning: Warning };

/** What the log of the attempt's main container says of its progress, in its order. Throws what `target.logs` throws. */
export async function* readProgress(
  target: Target,
  ref: AttemptRef,
  options: Pick<LogOptions, 'follow' | 'tail'>,
  signal: AbortSignal,
): AsyncGenerator<Said, void> {
  for await (const lines of target.logs(ref, { ...options, container: 'main' }, signal)) {
    for (const { stream, marker, text, time } of lines) {
      const progress = stream !== 'stderr' && marker === undefined ? parseProgress(text) : undefined;
      if (progress !== undefined) yield { kind: 'progress', time: new Date(time).toISOString(), progress };
    }
  }
}

/** Tells the attempt's progress until it ends; a log that cannot be read shows no progress, and is no fault here. */
export async function followProgress(
  target: Target,
  ref: AttemptRef,
  signal: AbortSignal,
  tell: (event: RunEvent) => void,
): Promise<void> {
  const { run, stage, attempt } = ref;
  try {
    for await (const said of readProgress(target, ref, { follow: true, tail: 200 }, signal)) {
      const about = { time: said.time, run, stage, attempt };
      if (said.kind === 'progress') tell({ type: 'attempt-progress', ...about, progress: said.progress });
      else tell({ type: 'attempt-warned', ...about, warning: said.warning });
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
