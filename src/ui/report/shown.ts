import { errorText } from '../../domain/publication/verdict.ts';
import type { Measured } from '../../domain/report/findings.ts';
import type { RunReport } from '../../domain/report/report.ts';
import type { SpanKind } from '../../domain/report/spans.ts';
import { formatDuration } from '../text/format.ts';

/* How figures, times and names are written, in the page and in Markdown alike. */

/** What a kind of time is called. */
export const SPAN_NAMES: Readonly<Record<SpanKind, string>> = {
  approval: 'approval',
  install: 'installing packages',
  ours: 'ilab-backend',
  queue: 'queue',
  schedule: 'schedule',
  wait: 'queue and schedule',
  pull: 'images, volumes',
  init: 'init, model server',
  user: 'stage',
};

/** `2026-12-01 08:14:37`: UTC, as the page says once. */
export function shownTime(time: string): string {
  return time.slice(0, 19).replace('T', ' ');
}

/** From here on a figure is no longer read digit by digit. */
const LARGE = 1e15;

/** Four digits after the point; a typographic minus. */
export function shownFigure(value: number | undefined): string {
  if (value === undefined) return '–';
  return Math.abs(value) < LARGE ? value.toFixed(4).replace('-', '−') : shownNumber(value);
}

/** `2.4500 ± 0.1077`, `0.2500 (all 8 the same)`. */
export function shownMeasured(measured: Measured | undefined, count?: number, isSigned = false): string {
  if (measured === undefined) return '–';
  const sign = isSigned && measured.value > 0 ? '+' : '';
  return `${sign}${shownFigure(measured.value)}${errorText(measured.error, count)}`;
}

/** A metric, a parameter: digits in groups, at most six that count. */
export function shownNumber(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < LARGE)
    return value.toLocaleString('en-US').replaceAll(',', '\u202f').replace('-', '−');
  const rounded = Number(value.toPrecision(6));
  const text = Math.abs(rounded) < LARGE ? String(rounded) : rounded.toExponential();
  return text.replace('-', '−');
}

/** `12.5`; what is tiny is not shown as nothing. */
function shownHours(hours: number): string {
  return hours === 0 ? '0' : hours < 0.01 ? '< 0.01' : hours.toFixed(2);
}

/** From the run's begin until it ended, or until the report was made. */
function wallSeconds(run: RunReport, madeAt: string): number {
  return Math.max(0, Date.parse(run.endedAt ?? madeAt) - Date.parse(run.createdAt)) / 1000;
}

/** The facts of a run by name, for a table with a column a run. */
export function factsOf(run: RunReport, madeAt: string): readonly (readonly [name: string, text: string])[] {
  const { gpuHours, seconds } = run;
  const hasGpus = gpuHours.requested > 0 || gpuHours.held > 0;
  const tries = run.stages.reduce((sum, { attempts }) => sum + attempts.length, 0);
  return [
    ['State', run.phase],
    ['Pipeline', `${run.pipeline.name} ${run.pipeline.version}`],
    ['Profile', run.profile ?? '–'],
    ['Where', `${run.target}: ${run.place}`],
    ['Started by', `${run.createdBy.user} on ${run.createdBy.host}`],
    ['Started', `${shownTime(run.createdAt)} UTC`],
    ['Ended', run.endedAt === undefined ? 'not yet' : `${shownTime(run.endedAt)} UTC`],
    ['Took', formatDuration(wallSeconds(run, madeAt))],
    ['In stages', formatDuration(seconds.stages)],
    ...(seconds.preparing === undefined ? [] : ([['Installing packages', formatDuration(seconds.preparing)]] as const)),
    ['Attempts', `${tries}${run.failures.length === 0 ? '' : ` (${run.failures.length} ended badly)`}`],
    [
      'GPU-hours',
      hasGpus ? `${shownHours(gpuHours.held)} held, ${shownHours(gpuHours.productive)} productive` : 'none',
    ],
    ['Run id', run.id],
    ['Plan', run.planDigest],
  ];
}

/** `train`, or `train 2` where it was tried more than once. */
export function attemptName(stage: string, attempt: number, attempts: number): string {
  return attempts > 1 ? `${stage} ${attempt}` : stage;
}

/** The attempt that a warning is of, with its run where that is another. */
export function warnedName({ name }: RunReport, { run, stage, attempt }: RunReport['warnings'][number]): string {
  return `${attemptName(stage, attempt, 2)}${run === name ? '' : ` of ${run}`}`;
}

/** The columns of GPU-hours, in order. */
export function gpuColumns({ gpuHours }: RunReport): readonly (readonly [name: string, text: string])[] {
  const { requested, held, productive, wasted, open, unknown } = gpuHours;
  return [
    ['requested', shownHours(requested)],
    ['held', shownHours(held)],
    ['productive', shownHours(productive)],
    ['wasted', shownHours(wasted)],
    ...(open > 0 ? ([['under way', shownHours(open)]] as const) : []),
    ...(unknown > 0 ? ([['attempts without a known time', String(unknown)]] as const) : []),
  ];
}

/** Metrics in the order in which people ask for them: what is called a loss first. */
export function metricsInOrder(metrics: Iterable<string>): readonly string[] {
  const isLoss = (name: string): boolean => /loss/i.test(name);
  return [...new Set(metrics)].sort((a, b) => Number(isLoss(b)) - Number(isLoss(a)) || (a < b ? -1 : 1));
}
