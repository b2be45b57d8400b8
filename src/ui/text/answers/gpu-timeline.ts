import { type GpuSpan, gpuSpans, peakOf } from '../../../domain/run/gpu-spans.ts';
import type { RunRecord } from '../../../domain/run/run-record.ts';
import { formatDuration } from '../format.ts';
import type { TextOptions } from '../sanitize.ts';
import { type Symbols, symbolsFor } from '../symbols.ts';
import { padTo, textWidth } from '../text-width.ts';

/** Cells of the bars where nothing says how wide the screen is, and at most. */
const BAR_WIDTH = 60;
/** Below that a bar shows nothing. */
const BAR_MIN = 10;

/** How wide the timeline may be, and in which signs. */
export interface TimelineOptions extends TextOptions {
  readonly width?: number;
}

/**
 * When which attempt held how many GPUs, one line each, as bars on one scale: light while its images and model servers are
 * made ready, full while it runs. Empty when no attempt has held one.
 */
export function gpuTimeline(record: RunRecord, now: Date, options: TimelineOptions = {}): readonly string[] {
  const spans = gpuSpans(record);
  const begin = Math.min(...spans.map(({ from }) => Date.parse(from)));
  const end = Math.max(...spans.map(({ to }) => (to === undefined ? now.getTime() : Date.parse(to))));
  if (spans.length === 0) return [];
  const total = Math.max(1, end - begin);
  const labels = spans.map((span) => labelOf(span, spans));
  const counts = spans.map(({ gpus }) => String(gpus));
  const before = [widest(['GPUS', ...labels]), widest(counts)];
  const room = (options.width ?? Number.POSITIVE_INFINITY) - before.reduce((sum, width) => sum + width + 2, 0);
  const cells = Math.max(BAR_MIN, Math.min(BAR_WIDTH, room));
  const symbols = symbolsFor(options.unicode !== false);
  const at = (time: number): number => Math.floor(((time - begin) / total) * cells);
  const scale = formatDuration(total / 1000);
  const line = (...columns: readonly string[]): string =>
    columns
      .map((column, index) => padTo(column, before[index] ?? 0))
      .join('  ')
      .trimEnd();
  const peak = peakOf(spans);
  return [
    line('GPUS', '', `0s${scale.padStart(cells - 2)}`),
    ...spans.map((span, index) => line(labels[index] ?? '', counts[index] ?? '', bar(span, at, now, symbols))),
    `at most ${peak} GPU${peak === 1 ? '' : 's'} at one time`,
  ];
}

function labelOf({ stage, attempt }: GpuSpan, spans: readonly GpuSpan[]): string {
  return spans.filter((other) => other.stage === stage).length === 1 ? stage : `${stage} ${attempt}`;
}

function bar(
  { from, started, to }: GpuSpan,
  at: (time: number) => number,
  now: Date,
  { empty, full }: Symbols,
): string {
  const first = at(Date.parse(from));
  const running = Math.max(first, at(Date.parse(started)));
  const last = Math.max(running + 1, at(to === undefined ? now.getTime() : Date.parse(to)));
  return ' '.repeat(first) + empty.repeat(running - first) + full.repeat(last - running);
}

function widest(texts: readonly string[]): number {
  return Math.max(...texts.map(textWidth));
}
