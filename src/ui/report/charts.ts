/*
 * Charts are drawn here, as SVG that needs no script, by Observable Plot: of the well-kept libraries it draws the plainest page (its
 * marks take `currentColor` and classes of the page's sheet, so one picture serves light, dark and print), adds 240 kB to a chunk that
 * only this command loads (ECharts: 550 kB, colours of its own), and needs so little of a document that chart-tree.ts is enough.
 */

import * as Plot from '@observablehq/plot';
import type { Compared, Measured, MeasureReport } from '../../domain/report/findings.ts';
import type { RunReport } from '../../domain/report/report.ts';
import type { Series } from '../../domain/report/series.ts';
import type { SpanKind } from '../../domain/report/spans.ts';
import { formatDuration } from '../text/format.ts';
import { drawn, drawnForBoth } from './chart-tree.ts';
import type { Markup } from './markup.ts';
import { attemptName, SPAN_NAMES, shownMeasured } from './shown.ts';

const WIDTH = 760;
/** On a telephone; names of rows with paths in them stand above their row there. */
const NARROW = 340;
const ROW = 24;
const ROW_WITH_NAME = 40;
/** Widest names of rows, in characters; longer ones lose their begin. */
const NAME_MAX = 38;
/** A normal distribution has 95 % within so many standard errors. */
const Z_95 = 1.96;

/** The unit in which a span of seconds is read best. */
function unitOf(seconds: number): { readonly name: string; readonly seconds: number } {
  if (seconds < 180) return { name: 'seconds', seconds: 1 };
  if (seconds < 3 * 3600) return { name: 'minutes', seconds: 60 };
  return seconds < 72 * 3600 ? { name: 'hours', seconds: 3600 } : { name: 'days', seconds: 86_400 };
}

interface TimelineBar {
  readonly row: string;
  readonly kind: SpanKind;
  readonly from: number;
  readonly to: number;
  readonly told: string;
}

/** How long the longest of the runs took, from its begin: what all timelines of a page are as wide as. */
export function timelineSeconds(runs: readonly RunReport[]): number {
  return largest(
    1,
    runs.flatMap((run) => barsOf(run, 1).map(({ to }) => to)),
  );
}

/** Thousands of attempts have more values than a call has room for arguments. */
function largest(least: number, values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), least);
}

function barsOf(run: RunReport, unit: number): readonly TimelineBar[] {
  // Of two machines' clocks: nothing is drawn before the run began.
  const since = (time: string): number => Math.max(0, Date.parse(time) - Date.parse(run.createdAt)) / 1000 / unit;
  return run.stages.flatMap(({ name, attempts }) =>
    attempts.flatMap(({ attempt, spans }) =>
      spans.map(({ kind, from, to, seconds, isOpen }) => ({
        row: attemptName(name, attempt, attempts.length),
        ...{ kind, from: since(from), to: since(to) },
        told: `${attemptName(name, attempt, attempts.length)}: ${SPAN_NAMES[kind]} ${formatDuration(seconds)}${isOpen === true ? ' so far' : ''}`,
      })),
    ),
  );
}

/** What happened when, a row an attempt; undefined where nothing did. */
export function timelineChart(run: RunReport, seconds: number, id: string): Markup | undefined {
  const unit = unitOf(seconds);
  const bars = barsOf(run, unit.seconds);
  if (bars.length === 0) return undefined;
  const rows = [...new Set(bars.map(({ row }) => row))];
  const described = `Each row is an attempt of a stage, from left to right in ${unit.name} since the run began. ${bars.map(({ told }) => told).join('; ')}.`;
  const draw = (document: unknown, isNarrow: boolean) =>
    Plot.plot({
      ...base(document, rows, rows.length * ROW + 46),
      ...(isNarrow ? { width: NARROW } : {}),
      x: { domain: [0, seconds / unit.seconds], label: `${unit.name} since the run began`, labelAnchor: 'right' },
      y: { domain: rows, label: null, padding: 0.3 },
      color: { type: 'identity' },
      marks: [
        Plot.gridX({ strokeOpacity: 0.16 }),
        Plot.axisX({ anchor: 'bottom', tickSize: 0, ...(isNarrow ? { ticks: 4 } : {}) }),
        Plot.axisY({ tickSize: 0, tickFormat: shortName }),
        Plot.barX(bars, {
          ...{ x1: 'from', x2: 'to', y: 'row', title: 'told' },
          fill: ({ kind }: TimelineBar) => `var(--span-${kind})`,
          // What took a moment is seen all the same.
          stroke: ({ kind }: TimelineBar) => `var(--span-${kind})`,
          strokeWidth: 1,
        }),
      ],
    });
  return drawnForBoth(draw, { id, title: `Timeline of ${run.name}`, description: described });
}

function base(document: unknown, names: readonly string[], height: number) {
  const longest = Math.max(...names.map((name) => shortName(name).length), 4);
  return {
    // Types of a browser; the tree has what is asked of it.
    document: document as never,
    width: WIDTH,
    height,
    marginLeft: Math.round(longest * 6.6) + 14,
    marginRight: 24,
    marginTop: 10,
    marginBottom: 36,
  };
}

/** A name that fits beside a chart: the end of a path tells most. */
function shortName(name: string): string {
  if (name.length <= NAME_MAX) return name;
  const tail = name.slice(name.length - NAME_MAX + 1);
  const slash = tail.indexOf('/');
  return `…${slash < 0 || slash > NAME_MAX / 2 ? tail : tail.slice(slash)}`;
}

/** One figure of several attempts and runs on the same axes. */
export interface Curve {
  /** What its line is called. */
  readonly name: string;
  /** Which of the page's colours: of several runs each has its own, of one run each attempt. */
  readonly index: number;
  /** Its place among the lines of its stage: decides the dashes. */
  readonly place: number;
  readonly series: Series;
}

const DASHES = ['none', '6 3', '2 3', '8 3 2 3', '1 2', '12 4'] as const;
/** How many colours a page has for lines: `--run-1` and so on. */
const COLOURS = 6;

/** The colour of a run or a line; after the last one they begin anew. */
export function colourOf(index: number): string {
  return `var(--run-${(index % COLOURS) + 1})`;
}

/** How a curve is drawn, in the chart and in its legend. */
export function strokeOf({ index, place }: Pick<Curve, 'index' | 'place'>): {
  readonly stroke: string;
  readonly strokeDasharray: string;
} {
  return {
    stroke: colourOf(index),
    strokeDasharray: DASHES[place % DASHES.length] ?? 'none',
  };
}

/** Whether each value has its step, and no step comes twice: a stage of several phases counts each anew. */
function hasSteps({ points }: Series): boolean {
  return points.every(({ step }, index) => step !== undefined && step > (points[index - 1]?.step ?? -1));
}

/** Of each value the phase of its stage, from 0: a phase counts its steps anew, whatever its time is. */
function phasesOf({ points }: Series): readonly number[] {
  let [phase, before] = [0, -1];
  return points.map(({ step = before }) => {
    if (step < before) phase += 1;
    before = step;
    return phase;
  });
}

/** How a figure went; `small` for those beside the losses. */
export function curveChart(metric: string, curves: readonly Curve[], id: string, size: 'large' | 'small'): Markup {
  const unit = unitOf(
    largest(
      1,
      curves.flatMap(({ series }) => series.points.map(({ seconds }) => seconds)),
    ),
  );
  const bySteps = curves.every(({ series }) => hasSteps(series));
  const points = curves.flatMap((curve, line) => {
    const phases = phasesOf(curve.series);
    return curve.series.points.map(({ seconds, value, step = 0 }, index) => ({
      ...{ x: bySteps ? step : seconds / unit.seconds, value, name: curve.name, line, phase: phases[index] ?? 0 },
      fill: strokeOf(curve).stroke,
    }));
  });
  const told = curves.map(({ name, series: { points: all } }) => {
    const values = all.map(({ value }) => value);
    const [first, last] = [values[0] ?? 0, values.at(-1) ?? 0];
    return `${name}: from ${short(first)} to ${short(last)}, lowest ${short(Math.min(...values))}, highest ${short(Math.max(...values))}`;
  });
  const isLarge = size === 'large';
  const draw = (document: unknown, isNarrow: boolean) =>
    Plot.plot({
      document: document as never,
      ...(isLarge ? { width: isNarrow ? NARROW : WIDTH, height: isNarrow ? 200 : 260 } : { width: 350, height: 180 }),
      ...{ marginLeft: 58, marginRight: 18, marginTop: 12, marginBottom: 38 },
      x: { label: bySteps ? 'step' : `${unit.name} since the stage began`, labelAnchor: 'right', nice: false },
      y: { label: null, nice: true, zero: false },
      marks: [
        Plot.gridY({ strokeOpacity: 0.16, ticks: isLarge ? 6 : 4 }),
        Plot.axisX({ tickSize: 3, ticks: isLarge && !isNarrow ? 8 : 4 }),
        Plot.axisY({ tickSize: 0, ticks: isLarge ? 6 : 4, tickFormat: short }),
        ...curves.map((curve, line) =>
          Plot.lineY(
            points.filter((point) => point.line === line),
            {
              // From the end of a phase to the begin of the next there was no training.
              ...{ x: 'x', y: 'value', z: 'phase', strokeWidth: 1.75 },
              ...strokeOf(curve),
            },
          ),
        ),
        // A mark for each value, while each can be told from the next.
        ...(points.length <= 60
          ? [
              Plot.dot(points, {
                ...{ x: 'x', y: 'value', r: 2, fill: 'fill' },
              }),
            ]
          : []),
      ],
      color: { type: 'identity' },
    });
  const title = `${metric} over ${bySteps ? 'the steps' : 'time'}`;
  const names = { id, title, description: `${told.join('; ')}.` };
  // The small ones fit a telephone as they are.
  return isLarge ? drawnForBoth(draw, names) : drawn((document) => draw(document, true), names);
}

function short(value: number): string {
  const text = Math.abs(value) >= 1e5 ? value.toExponential(1) : String(Number(value.toPrecision(4)));
  return text.replace('-', '−');
}

/** A model's score on a leaf, before and after. */
export interface ScoreRow {
  readonly leaf: string;
  readonly compared: Compared;
  /** The place of its run among those of the page. */
  readonly index: number;
  readonly run: string;
}

/** Base against tuned, a row a leaf (and a run), with 95 % intervals. */
export function scoreChart(measure: MeasureReport, rows: readonly ScoreRow[], id: string): Markup {
  const runs = new Set(rows.map(({ run }) => run)).size;
  const key = ({ leaf, run }: ScoreRow): string => (runs > 1 ? `${leaf}\n${run}` : leaf);
  const marked = rows.flatMap((row) => {
    const { base: before, tuned: after } = row.compared;
    const one = (side: 'base' | 'tuned', measured: Measured | undefined) =>
      measured === undefined ? [] : [{ y: key(row), side, index: row.index, ...interval(measured) }];
    return [...one('base', before), ...one('tuned', after)];
  });
  const values = marked.flatMap(({ low, high }) => [low, high]);
  const [lowest, highest] = [Math.min(...values), Math.max(...values)];
  const pad = (highest - lowest) * 0.06 || 0.1;
  const names = rows.map(key);
  const described = rows
    .map(({ leaf, run, compared }) => {
      const of = runs > 1 ? `${leaf} of ${run}` : leaf;
      return `${of}: base ${shownMeasured(compared.base, compared.count)}, tuned ${shownMeasured(compared.tuned, compared.count)}`;
    })
    .join('; ');
  const label = (name: string): string => {
    const [leaf = '', run] = name.split('\n');
    return run === undefined ? shortName(leaf) : `${shortName(leaf)} · ${run}`;
  };
  const side = (wanted: 'base' | 'tuned') => marked.filter((mark) => mark.side === wanted);
  const links = rows.flatMap((row) => {
    const [from, to] = [row.compared.base?.value, row.compared.tuned?.value];
    return from === undefined || to === undefined ? [] : [{ y: key(row), from, to }];
  });
  const isLow = measure.better === 'lower';
  const draw = (document: unknown, isNarrow: boolean) =>
    Plot.plot({
      ...base(document, names.map(label), names.length * (isNarrow ? ROW_WITH_NAME : ROW) + 46),
      ...(isNarrow
        ? { width: NARROW, marginLeft: 12, marginRight: 12 }
        : { marginLeft: Math.round(Math.max(...names.map((name) => label(name).length), 4) * 6.6) + 14 }),
      x: {
        domain: [lowest - pad, highest + pad],
        // The arrow points to where a figure is better, not to where it is larger.
        label: isLow ? `← ${measure.name}, lower is better` : `${measure.name}, higher is better →`,
      },
      y: { domain: names, type: 'band', label: null, padding: 0.4, ...(isNarrow ? { axis: null } : {}) },
      color: { type: 'identity' },
      marks: [
        Plot.gridX({ strokeOpacity: 0.16 }),
        Plot.axisX({
          ...{ tickSize: 0, tickFormat: short, labelAnchor: isLow ? 'left' : 'right' },
          ...(isNarrow ? { ticks: 4 } : {}),
        }),
        isNarrow
          ? Plot.text(names, {
              ...{ y: (name: string) => name, text: (name: string) => label(name) },
              ...{ frameAnchor: 'left', textAnchor: 'start', dx: -8, dy: -15 },
            })
          : Plot.axisY({ tickSize: 0, tickFormat: label }),
        Plot.ruleY(links, { x1: 'from', x2: 'to', y: 'y', stroke: 'var(--faint)', strokeWidth: 1.5 }),
        Plot.ruleY(side('base'), { x1: 'low', x2: 'high', y: 'y', stroke: 'var(--quiet)', strokeWidth: 1.5 }),
        Plot.ruleY(side('tuned'), {
          ...{ x1: 'low', x2: 'high', y: 'y', strokeWidth: 1.5 },
          stroke: ({ index }: { readonly index: number }) => colourOf(index),
        }),
        Plot.dot(side('base'), {
          x: 'value',
          y: 'y',
          // Larger than the one of the tuned model: where both are the same it is a ring around it.
          r: 5.5,
          fill: 'var(--paper)',
          stroke: 'var(--quiet)',
          strokeWidth: 1.5,
        }),
        Plot.dot(side('tuned'), {
          ...{ x: 'value', y: 'y', r: 3.5 },
          fill: ({ index }: { readonly index: number }) => colourOf(index),
        }),
      ],
    });
  return drawnForBoth(draw, { id, title: `${measure.name}: base against tuned`, description: `${described}.` });
}

function interval({ value, error = 0 }: Measured) {
  return { value, low: value - Z_95 * error, high: value + Z_95 * error };
}
