import type { Outcome, StageResult } from '../../domain/attempt/outcome.ts';
import type { Progress } from '../../domain/attempt/progress.ts';
import { unreachable } from '../../domain/errors.ts';
import type { Overhead } from '../../domain/event.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { formatDuration, formatNumber } from './format.ts';
import { oneLine, type TextOptions } from './sanitize.ts';

/** How many metrics a sentence holds; all of them are in `status -o json`. */
const METRICS_SHOWN = 4;

/** `loss=1.235, leaves=9 and 3 more`; empty without metrics. Only numbers, texts and booleans are shown. */
export function metricsPhrase(metrics: JsonObject, options?: TextOptions): string {
  const shown = Object.entries(metrics).flatMap(([name, value]) => {
    if (typeof value === 'number') return [`${oneLine(name, options)}=${formatNumber(value)}`];
    if (typeof value === 'string' || typeof value === 'boolean') {
      return [`${oneLine(name, options)}=${oneLine(String(value), options)}`];
    }
    return [];
  });
  const more = shown.length > METRICS_SHOWN ? ` and ${shown.length - METRICS_SHOWN} more` : '';
  return shown.slice(0, METRICS_SHOWN).join(', ') + more;
}

/** What a stage made, in a few words; empty when it says nothing of itself. */
export function resultPhrase(result: Pick<StageResult, 'metrics' | 'chosen'>, options?: TextOptions): string {
  const chosen = result.chosen === undefined ? '' : `chose ${oneLine(result.chosen, options)}`;
  return [chosen, metricsPhrase(result.metrics, options)].filter(Boolean).join('; ');
}

/** `63% epoch 2 of 3 (loss=1.23)`; a figure that the message tells is not told again. */
export function progressPhrase(progress: Progress, options?: TextOptions): string {
  // Down, so that what goes on is never at 100 %; 0.29 times 100 is a little less than 29.
  const percent = progress.fraction === undefined ? '' : `${Math.floor(progress.fraction * 100 + 1e-6)}%`;
  const message = progress.message === undefined ? countPhrase(progress) : oneLine(progress.message, options);
  const untold = Object.entries(progress.metrics ?? {}).filter(([, value]) => !isTold(value, message));
  const metrics = metricsPhrase(Object.fromEntries(untold), options);
  return [percent, message, metrics === '' ? '' : `(${metrics})`].filter(Boolean).join(' ');
}

/**
 * Whether a message has this number, rounded, each from the exact one: they may be a little more than half of the last place
 * apart. One of less than three digits may be another that is like it.
 */
function isTold(value: Json | undefined, message: string): boolean {
  if (typeof value !== 'number') return false;
  const numbers = message.match(/-?\d+(?:\.\d+)?/g) ?? [];
  return numbers.some((text) => {
    const [, decimals = ''] = text.split('.');
    const digits = text.replace(/[-.]/g, '').replace(/^0+/, '');
    return digits.length >= 3 && Math.abs(value - Number(text)) < 0.6 * 10 ** -decimals.length;
  });
}

/** What is counted, where nothing is said: `step 120 of 400, epoch 1.25`. */
function countPhrase({ step, steps, epoch }: Progress): string {
  const done = step === undefined ? [] : [`step ${step}${steps === undefined ? '' : ` of ${steps}`}`];
  return [...done, ...(epoch === undefined ? [] : [`epoch ${formatNumber(epoch)}`])].join(', ');
}

/** Why an attempt ended: `exit code 1 (class user)`; what the stage made when it went well. */
export function outcomePhrase(outcome: Outcome, options?: TextOptions): string {
  switch (outcome.kind) {
    case 'succeeded':
      return resultPhrase(outcome.result, options);
    case 'failed': {
      const message = oneLine(outcome.message, options);
      const facts = [`class ${outcome.class}`];
      if (outcome.exitCode !== undefined && !message.includes(`exit code ${outcome.exitCode}`)) {
        facts.push(`exit code ${outcome.exitCode}`);
      }
      if (outcome.signal !== undefined && !message.includes(outcome.signal)) {
        facts.push(`signal ${oneLine(outcome.signal, options)}`);
      }
      if (outcome.container !== undefined) facts.push(`container ${oneLine(outcome.container, options)}`);
      return `${message} (${facts.join(', ')})`;
    }
    case 'cancelled':
    case 'lost':
      return oneLine(outcome.message, options);
    default:
      return unreachable(outcome);
  }
}

/** The word for how an attempt ended. */
export function outcomeWord(outcome: Outcome): string {
  if (outcome.kind === 'failed' && outcome.reason === 'cannot-start') return 'could not start';
  return outcome.kind;
}

/** Where a result was taken from: `weekly-46/datagen`, the attempt named when it was not the first. */
export function originPhrase(
  from: { readonly run: string; readonly stage: string; readonly attempt: number },
  options?: TextOptions,
): string {
  const attempt = from.attempt > 1 ? ` attempt ${from.attempt}` : '';
  return `${oneLine(from.run, options)}/${oneLine(from.stage, options)}${attempt}`;
}

/** Where the seconds went; empty when none were spent. */
export function overheadPhrase({
  stageSeconds,
  preparingSeconds,
  ownSeconds,
  requests,
  connections,
}: Overhead): string {
  if (stageSeconds === 0 && ownSeconds === 0) return '';
  const asked =
    requests === undefined ? '' : `; ${requests} requests to the cluster over ${connections ?? 0} connections`;
  const preparing = preparingSeconds === undefined ? '' : ` ${formatDuration(preparingSeconds)} installing packages,`;
  return `${formatDuration(stageSeconds)} in stages,${preparing} ${formatDuration(ownSeconds)} our own${asked}`;
}

/** What to type on a warning, a line each; an attempt that goes on holds what a new run needs, or what the node shall lose. */
export function warningCommands(
  run: string,
  command: string | undefined,
  { goesOn }: { readonly goesOn: boolean },
): readonly string[] {
  if (command === undefined) return [];
  const end = goesOn ? [`end this one: ilab-backend cancel ${run}`] : [];
  return [...end, `then: ${command}`];
}
