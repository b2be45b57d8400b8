import type { Progress } from '../attempt/progress.ts';
import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import { LONGEST_OWN } from './segments.ts';

/** A line of stdout that starts with it carries JSON for people's eyes (docs/stage-contract.md). */
export const PROGRESS_PREFIX = 'ilab-progress: ';

/** What a stage says of itself. `lost`: metrics that are no number, which JSON has no word for; in `progress` they are texts. */
export interface OwnProgress {
  readonly progress: Progress;
  readonly lost: Readonly<Record<string, number>>;
}

/** Undefined for a line that is no progress; unknown keys and values of another type are dropped, a fraction is kept within 0 and 1. */
export function parseProgress(line: string): Progress | undefined {
  return parseOwnLine(line)?.progress;
}

/** The same, with the metrics that are no number. */
export function parseOwnLine(line: string): OwnProgress | undefined {
  if (!line.startsWith(PROGRESS_PREFIX) || line.length > LONGEST_OWN) return undefined;
  const json = parsed(line.slice(PROGRESS_PREFIX.length));
  if (!isJsonObject(json)) return undefined;
  const { message, fraction, metrics } = json;
  const lost: Record<string, number> = {};
  return {
    progress: {
      ...(typeof message === 'string' ? { message } : {}),
      ...(typeof fraction === 'number' ? { fraction: Math.min(1, Math.max(0, fraction)) } : {}),
      ...count(json, 'step'),
      ...count(json, 'steps'),
      ...count(json, 'epoch'),
      ...count(json, 'etaSeconds'),
      ...(isJsonObject(metrics) ? { metrics: spelled(metrics, lost) } : {}),
    },
    lost,
  };
}

function count(json: JsonObject, key: 'step' | 'steps' | 'epoch' | 'etaSeconds'): Partial<Progress> {
  const value = json[key];
  const whole = key === 'step' || key === 'steps';
  const fits = typeof value === 'number' && value >= 0 && (whole ? Number.isSafeInteger(value) : true);
  return fits && !(key === 'steps' && value === 0) ? { [key]: value } : {};
}

const NO_NUMBERS: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
};
const MARK = 'ilab-no-number ';

/** Undefined for what is no JSON. Python writes `NaN` and `Infinity`, which are no JSON: they become marked texts first. */
export function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    if (!text.includes('NaN') && !text.includes('Infinity')) return undefined;
  }
  try {
    return JSON.parse(text.replace(/([:,[]\s?)(NaN|-?Infinity)(?=\s?[,\]}])/g, `$1"${MARK}$2"`)) as Json;
  } catch {
    return undefined;
  }
}

/** The number that `parsed` marked, or that is there; undefined for anything else. */
export function numberOf(value: Json | undefined): number | undefined {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && value.startsWith(MARK) ? NO_NUMBERS[value.slice(MARK.length)] : undefined;
}

function spelled(metrics: JsonObject, lost: Record<string, number>): JsonObject {
  const all = Object.entries(metrics).map(([name, value]): [string, Json] => {
    const number = typeof value === 'string' ? numberOf(value) : undefined;
    if (number === undefined) return [name, value];
    lost[name] = number;
    return [name, String(number)];
  });
  return Object.fromEntries(all);
}
