import type { Progress, Warning, WarningKind } from '../../domain/attempt/progress.ts';
import type { RunEvent } from '../../domain/event.ts';
import { type Heard, TrainingReader } from '../../domain/training/training-reader.ts';
import type { Clock } from '../../ports/clock.ts';
import type { AttemptRef, LogLine, LogOptions, Target } from '../../ports/target.ts';
import { Silence } from './await-silence.ts';

/** Enough to know an attempt's pace at once, for who joins it late; a log may have gigabytes. */
export const JOINED_AT = 5000;

/** What a log says of how its attempt goes. `time`: when it was said, RFC 3339: whoever joins is told of the past as such. */
export type Said =
  | { readonly kind: 'progress'; readonly time: string; readonly progress: Progress }
  | { readonly kind: 'warned'; readonly time: string; readonly warning: Warning };

/** What to change against a fault; called only where there is one. */
export type Advise = (kind: WarningKind) => Counsel | Promise<Counsel>;
/** What a warning is told with: what to change, and what to type for it. */
export type Counsel = Pick<Warning, 'fix' | 'command'>;

interface ProgressOptions extends Pick<LogOptions, 'follow' | 'tail'> {
  /** With it a follower notices silence while it lasts; without it silence is seen from the line that ends it. */
  readonly clock?: Clock;
  readonly advise?: Advise;
  /** When the attempt ended, RFC 3339: until then its log was silent after its last line. */
  readonly until?: string;
}

/**
 * What the log of the attempt's main container says of its progress, in its order: its own progress lines, and what its
 * trainer prints. Throws what `target.logs` throws.
 */
export async function* readProgress(
  target: Target,
  ref: AttemptRef,
  options: ProgressOptions,
  signal: AbortSignal,
): AsyncGenerator<Said, void> {
  const { clock, advise, until, ...wanted } = options;
  const reader = new TrainingReader();
  const over = new AbortController();
  const leave = AbortSignal.any([signal, over.signal]);
  const lines = target.logs(ref, { ...wanted, container: 'main' }, leave)[Symbol.asyncIterator]();
  const silence = clock === undefined || !wanted.follow ? undefined : new Silence(target, ref, clock, leave);
  try {
    let next = lines.next();
    for (;;) {
      const heard = await (silence?.or(next, reader.alarmAt) ?? next);
      if (heard === 'silent') {
        yield* say(reader.silence(reader.alarmAt ?? Number.NEGATIVE_INFINITY), advise);
        continue;
      }
      if (heard.done === true) break;
      for (const line of heard.value) {
        const told = hear(reader, line);
        if (told.length > 0) yield* say(told, advise);
      }
      silence?.heard(heard.value.at(-1));
      next = lines.next();
    }
    if (until !== undefined) yield* say(reader.silence(Date.parse(until)), advise);
  } finally {
    over.abort();
    await lines.return?.();
  }
}

function hear(reader: TrainingReader, { marker, text, stream, time }: LogLine): readonly Heard[] {
  return marker === undefined ? reader.line(text, stream, Date.parse(time)) : [];
}

async function* say(heard: readonly Heard[], advise: Advise | undefined): AsyncGenerator<Said, void> {
  for (const one of heard) {
    const time = new Date(one.at).toISOString();
    if (one.kind === 'progress') yield { kind: 'progress', time, progress: one.progress };
    else yield { kind: 'warned', time, warning: await advised(one.warning, advise) };
  }
}

/** What the pipeline says of a run may be unreadable: the warning is told all the same. */
async function advised(warning: Warning, advise: Advise | undefined): Promise<Warning> {
  try {
    return advise === undefined ? warning : { ...warning, ...(await advise(warning.kind)) };
  } catch {
    return warning;
  }
}

/** Tells the attempt's progress until it ends; a log that cannot be read shows no progress, and is no fault here. */
export async function followProgress(
  target: Target,
  ref: AttemptRef,
  { clock, advise, signal }: { readonly clock: Clock; readonly advise?: Advise; readonly signal: AbortSignal },
  tell: (event: RunEvent) => void,
): Promise<void> {
  const { run, stage, attempt } = ref;
  const options = { follow: true, tail: JOINED_AT, clock, ...(advise === undefined ? {} : { advise }) };
  try {
    for await (const said of readProgress(target, ref, options, signal)) {
      const about = { time: said.time, run, stage, attempt };
      if (said.kind === 'progress') tell({ type: 'attempt-progress', ...about, progress: said.progress });
      else tell({ type: 'attempt-warned', ...about, warning: said.warning });
    }
  } catch {
    // Progress is for display only; the outcome is told by observe().
  }
}
