import type { Progress, Warning } from '../domain/attempt/progress.ts';
import type { RunEvent } from '../domain/event.ts';
import type { JsonObject } from '../domain/json.ts';
import { isJsonObject } from '../domain/json.ts';
import { extend, type Series } from './series.ts';

/** What an attempt's events told of it beyond its state, in bounded memory. */
export interface AttemptView {
  /** What its pods hold while they live. */
  readonly gpus?: number;
  /** The course of each figure of its progress, by name, in the order in which they were first told. */
  readonly series: Readonly<Record<string, Series>>;
  /** Oldest first; each said once. */
  readonly warnings: readonly Warning[];
  /** The newest progress, and when it was said (RFC 3339). */
  readonly told?: { readonly at: string; readonly progress: Progress };
}

export const NOTHING_TOLD: AttemptView = { series: {}, warnings: [] };

const SERIES_COUNT_MAX = 24;
const WARNINGS_MAX = 5;

/** What is known of an attempt after one more event of it. */
export function reduceAttemptView(view: AttemptView, event: RunEvent): AttemptView {
  switch (event.type) {
    case 'attempt-intended':
      return event.gpus === undefined ? view : { ...view, gpus: event.gpus };
    case 'attempt-progress': {
      const { time, progress } = event;
      return { ...view, series: extendAll(view.series, progress.metrics), told: { at: time, progress } };
    }
    case 'attempt-warned': {
      const { kind, message } = event.warning;
      const others = view.warnings.filter((other) => other.kind !== kind || other.message !== message);
      return { ...view, warnings: [...others, event.warning].slice(-WARNINGS_MAX) };
    }
    default:
      return view;
  }
}

function extendAll(all: AttemptView['series'], metrics: JsonObject | undefined): AttemptView['series'] {
  if (metrics === undefined) return all;
  const next: Record<string, Series> = { ...all };
  for (const [name, value] of figures(metrics)) {
    const known = Object.hasOwn(next, name) ? next[name] : undefined;
    if (known === undefined && Object.keys(next).length >= SERIES_COUNT_MAX) continue;
    next[name] = extend(known, value);
  }
  return next;
}

/** As `Progress` spells them. */
const NO_NUMBERS: readonly string[] = ['NaN', 'Infinity', '-Infinity'];

/** Numbers, also those one level down: `samples: { biology: 12 }` is the figure `samples/biology`. */
function figures(metrics: JsonObject): readonly (readonly [string, number])[] {
  return Object.entries(metrics).flatMap(([name, value]): (readonly [string, number])[] => {
    if (typeof value === 'number') return [[name, value]];
    if (typeof value === 'string' && NO_NUMBERS.includes(value)) return [[name, Number(value)]];
    if (!isJsonObject(value)) return [];
    return Object.entries(value).flatMap(([inner, figure]): (readonly [string, number])[] =>
      typeof figure === 'number' ? [[`${name}/${inner}`, figure]] : [],
    );
  });
}
