import { isJsonObject } from '../json.ts';
import { type Facts, metricName, numberIn, WORK } from './facts.ts';
import { numberOf, parsed } from './own-line.ts';

/** Of the metrics file what is of now; the rest are sizes. */
const SHOWN = ['avg_loss', 'lr', 'gradnorm', 'overall_throughput'];

/** A line of instructlab-training's `training_params_and_metrics_global0.jsonl`, or of a trainer that writes the like: one JSON object with a loss. */
export function metricsLine(text: string): Facts | undefined {
  if (!text.startsWith('{"') || !text.includes('loss"')) return undefined;
  const json = parsed(text);
  if (!isJsonObject(json)) return undefined;
  const number = (name: string): number | undefined => numberOf(json[name]);
  if (number('val_loss') !== undefined && number('avg_loss') === undefined && number('loss') === undefined) {
    return { kind: 'work', metrics: { val_loss: number('val_loss') ?? Number.NaN } };
  }
  return stepFacts(number);
}

function stepFacts(number: (name: string) => number | undefined): Facts | undefined {
  // Of several ranks that write into one log, one tells.
  if (number('step') === undefined || (number('rank') ?? 0) !== 0) return undefined;
  const names =
    number('avg_loss') === undefined ? ['loss', 'learning_rate', 'grad_norm', 'tokens_per_second', 'lr'] : SHOWN;
  const metrics = names.flatMap((name): [string, number][] => {
    const value = number(name);
    return value === undefined ? [] : [[metricName(name), value]];
  });
  if (!metrics.some(([name]) => name === 'loss')) return undefined;
  return { kind: 'report', ...places(number), metrics: Object.fromEntries(metrics) };
}

function places(number: (name: string) => number | undefined): Pick<Facts, 'step' | 'epoch'> {
  const [step, epoch, seen, rows] = ['step', 'epoch', 'samples_seen', 'total_samples'].map(number);
  return {
    ...(step !== undefined && Number.isSafeInteger(step) && step >= 0 ? { step } : {}),
    // Upstream counts the epoch that runs; how many are done the samples say.
    ...(seen !== undefined && rows !== undefined && rows > 0
      ? { epoch: rounded(seen / rows) }
      : epoch !== undefined && epoch >= 0
        ? { epoch }
        : {}),
  };
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}

const STEP =
  /\bEpoch: (\d{1,9}), Step: (\d{1,12}), Rank: (\d{1,6}), loss = (-?(?:[\d.]{1,24}(?:e[-+]?\d{1,3})?|nan|inf))/;
const VALIDATION = /\bValidation loss: (-?(?:[\d.]{1,24}|nan|inf))(?:\s|$)/;
const PAIR = /([a-z_\d]{1,40})=([\w.+-]{1,40})(?:, |\s|$)/y;
const MOST_PAIRS = 40;

/** What instructlab-training prints after each step: a sentence of each rank, then the metrics of its file as `name=value`. */
export function instructlabLine(text: string): Facts | undefined {
  const found = text.includes('Step: ') ? STEP.exec(text) : null;
  const loss = numberIn(found?.[4]);
  if (found !== null && loss !== undefined) {
    if (found[3] !== '0') return WORK;
    return { kind: 'report', step: Number(found[2]), metrics: { loss } };
  }
  const validation = text.includes('alidation loss: ') ? numberIn(VALIDATION.exec(text)?.[1]) : undefined;
  if (validation !== undefined) return { kind: 'work', metrics: { val_loss: validation } };
  const start = text.indexOf('epoch=');
  if (start >= 0 && start < 80 && text.includes(', avg_loss=')) return pairs(text, start);
  return SAVES.some((begin) => text.includes(begin)) ? WORK : undefined;
}

const SAVES = ['Computing validation loss...', 'Saving model in huggingface format', 'Saving full model state'];

function pairs(text: string, start: number): Facts | undefined {
  const all = new Map<string, number>();
  PAIR.lastIndex = start;
  for (let count = 0; count < MOST_PAIRS; count += 1) {
    const pair = PAIR.exec(text);
    if (pair === null) break;
    const value = numberIn(pair[2]);
    if (value !== undefined) all.set(pair[1] ?? '', value);
  }
  if (all.get('rank') !== 0) return WORK;
  return stepFacts((name) => all.get(name));
}
