import type { MeasureReport } from '../../domain/report/findings.ts';
import type { RunReport } from '../../domain/report/report.ts';
import { type Curve, colourOf, curveChart, type ScoreRow, scoreChart, strokeOf } from './charts.ts';
import { type Content, html, type Markup } from './markup.ts';
import { attemptName, metricsInOrder, shownFigure, shownMeasured, shownNumber } from './shown.ts';
import { dataTable, type Row, type Section, scrolling, section } from './tables.ts';

const WHOLE = 'whole model';
/** More rows make no picture; the table has all of them. */
const LEAVES_DRAWN = 40;
const POINTS_SHOWN = 24;

/** Base against tuned, of the whole model and of each leaf, all runs on the same axes. */
export function scoresSection(runs: readonly RunReport[]): readonly Section[] {
  const names = [
    ...new Set(runs.flatMap(({ scores }) => scores.flatMap(({ measures }) => measures.map(({ name }) => name)))),
  ];
  const chosen = runs.flatMap(({ name, scores }) =>
    scores.map((score) => {
      const of = runs.length > 1 ? `${name}: ` : '';
      return html`<p>${of}<strong>${score.chosen}</strong> was chosen of ${score.candidates} ${score.candidates === 1 ? 'candidate' : 'candidates'}.</p>`;
    }),
  );
  const parts = names.map((name, index) => measurePart(runs, name, index));
  return section('scores', 'Scores', [...chosen, ...parts]);
}

/** What whoever opens a report looks for first: each measure of the whole model, before and after. */
export function resultLine({ scores }: RunReport): Markup | '' {
  const told = scores.flatMap(({ measures }) =>
    measures.flatMap((measure) => {
      const { name, base, tuned, verdict: said } = measure;
      if (base === undefined || tuned === undefined) return [];
      const figures = `${name} ${shownFigure(base.value)} → ${shownFigure(tuned.value)}`;
      return [html`<li>${figures}${said === undefined ? '' : html`: ${verdict(measure)}`}</li>`];
    }),
  );
  return told.length === 0 ? '' : html`<ul class="result">${told}</ul>`;
}

function measurePart(runs: readonly RunReport[], name: string, index: number): Markup {
  const found = runs.flatMap((run, place) =>
    run.scores.flatMap(({ measures }) =>
      measures.filter((measure) => measure.name === name).map((measure) => ({ measure, run: run.name, place })),
    ),
  );
  const rows = found.flatMap(({ measure, run, place }): readonly ScoreRow[] => [
    { leaf: WHOLE, compared: measure, index: place, run },
    ...measure.leaves.map((leaf) => ({ leaf: leaf.leaf, compared: leaf, index: place, run })),
  ]);
  const measure = found[0]?.measure;
  if (measure === undefined) return html``;
  // Rows of one leaf stand together.
  const leaves = [...new Set(rows.map(({ leaf }) => leaf))];
  const ordered = leaves.flatMap((leaf) => rows.filter((row) => row.leaf === leaf));
  const drawn = ordered.filter(({ leaf }) => leaves.indexOf(leaf) <= LEAVES_DRAWN);
  const note =
    drawn.length < ordered.length ? `the first ${LEAVES_DRAWN} leaves; the table has all ${leaves.length - 1}` : '';
  return html`<h3>${measure.name}</h3>
<figure><figcaption>Base against tuned <span>${measure.title}${note === '' ? '' : `; ${note}`}</span></figcaption>
${scoreLegend(runs)}
${scrolling(`${measure.name}: chart`, scoreChart(measure, drawn, `scores-${index + 1}`))}
<details><summary>The figures of ${measure.name}</summary>${scoreTable(measure, ordered, runs.length > 1)}</details></figure>\n`;
}

function scoreLegend(runs: readonly RunReport[]): Markup {
  const tuned = runs.map(
    ({ name }, index) =>
      html`<li><i class="disc" style="background:${colourOf(index)}"></i>tuned${runs.length > 1 ? `, ${name}` : ''}</li>`,
  );
  return html`<ul class="legend"><li><i class="ring"></i>base</li>${tuned}<li>lines through them: 95 % intervals, where there is an error</li></ul>`;
}

function scoreTable(measure: MeasureReport, rows: readonly ScoreRow[], isOfMany: boolean): Markup {
  const columns = [
    { title: 'Leaf' },
    ...(isOfMany ? [{ title: 'Run' }] : []),
    ...['n', 'Base', 'Tuned', 'Difference'].map((title) => ({ title, kind: 'number' as const })),
    { title: 'Tuned is' },
  ];
  const body = rows.map(
    ({ leaf, run, compared }): Row => ({
      cells: [
        leaf,
        ...(isOfMany ? [run] : []),
        compared.count ?? '–',
        shownMeasured(compared.base, compared.count),
        shownMeasured(compared.tuned, compared.count),
        shownMeasured(compared.difference, compared.count, true),
        verdict(compared),
      ],
    }),
  );
  return dataTable(`${measure.name}: value ± standard error, n examples`, columns, body);
}

function verdict({ verdict: said }: ScoreRow['compared']): Content {
  if (said === 'better') return html`<span class="good">better</span>`;
  return said === 'worse' ? html`<span class="bad">worse</span>` : (said ?? '');
}

/** How what the stages told of themselves went, losses first; and what they told at the end. */
export function curvesSection(runs: readonly RunReport[]): readonly Section[] {
  const stages = [...new Set(runs.flatMap(({ series }) => series.map(({ stage }) => stage)))];
  const content = stages.map((stage) => {
    const curves = curvesOf(runs, stage);
    const metrics = metricsInOrder(curves.map(({ series }) => series.metric));
    const figures = metrics.map((metric) => {
      const those = curves.filter(({ series }) => series.metric === metric);
      const isLarge = /loss/i.test(metric);
      return {
        isLarge,
        figure: curveFigure(stage, metric, those, isLarge, stages.indexOf(stage), metrics.indexOf(metric)),
      };
    });
    const small = figures.filter(({ isLarge }) => !isLarge).map(({ figure }) => figure);
    return html`<h3>${stage}</h3>
${figures.filter(({ isLarge }) => isLarge).map(({ figure }) => figure)}
${small.length === 0 ? '' : html`<div class="small">${small}</div>`}`;
  });
  return section('curves', 'Curves', [...content, metricsTable(runs)]);
}

function curvesOf(runs: readonly RunReport[], stage: string): readonly Curve[] {
  const isOfMany = runs.length > 1;
  const lines: string[] = [];
  return runs.flatMap((run, at) => {
    const those = run.series.filter((series) => series.stage === stage);
    const attempts = new Set(those.map(({ attempt }) => attempt)).size;
    return those.map((series) => {
      const tried = attemptName(stage, series.attempt, attempts);
      const name = isOfMany ? `${run.name}${attempts > 1 ? `, ${tried}` : ''}` : tried;
      if (!lines.includes(name)) lines.push(name);
      const place = lines.indexOf(name);
      return { name, index: isOfMany ? at : place, place, series };
    });
  });
}

function curveFigure(
  stage: string,
  metric: string,
  curves: readonly Curve[],
  isLarge: boolean,
  ...[at, index]: readonly [number, number]
): Markup {
  const rows = curves.flatMap(({ name, series: { points, told } }) => {
    const step = Math.max(1, Math.ceil(points.length / POINTS_SHOWN));
    const shown = points.filter((_, place) => place % step === 0 || place === points.length - 1);
    return shown.map(
      (point): Row => ({
        cells: [name, point.step ?? '–', point.seconds.toFixed(1), figure(point.value), told],
      }),
    );
  });
  const columns = [
    { title: 'Line' },
    ...['Step', 'Second', 'Value', 'Values told'].map((title) => ({ title, kind: 'number' as const })),
  ];
  const lines = curves.length > 1 ? lineLegend(curves) : '';
  return html`<figure><figcaption>${metric}</figcaption>${lines}
${scrolling(`${stage}, ${metric}: chart`, curveChart(metric, curves, `curve-${at + 1}-${index + 1}`, isLarge ? 'large' : 'small'))}
<details><summary>The figures of ${metric} (${stage})</summary>${dataTable(`${metric} of ${stage}`, columns, rows)}</details></figure>\n`;
}

function lineLegend(curves: readonly Curve[]): Markup {
  return html`<ul class="legend">${curves.map((curve) => {
    const { stroke, strokeDasharray } = strokeOf(curve);
    return html`<li><svg viewBox="0 0 32 10" aria-hidden="true"><line x1="0" y1="5" x2="32" y2="5" stroke="${stroke}" stroke-width="2.5" stroke-dasharray="${strokeDasharray}"/></svg>${curve.name}</li>`;
  })}</ul>`;
}

/** Every metric of every stage, a column a run. */
function metricsTable(runs: readonly RunReport[]): Markup | undefined {
  const stages = [...new Set(runs.flatMap((run) => run.stages.map(({ name }) => name)))];
  const rows = stages.flatMap((stage) => {
    const each = runs.map((run) => run.stages.find(({ name }) => name === stage)?.metrics ?? {});
    const metrics = metricsInOrder(each.flatMap((one) => Object.keys(one)));
    return metrics.map((metric): Row => {
      const values = each.map((one) => one[metric]);
      const differs = runs.length > 1 && new Set(values).size > 1;
      return {
        cells: [`${stage}: ${metric}`, ...values.map((value) => (value === undefined ? '–' : figure(value)))],
        differs,
      };
    });
  });
  if (rows.length === 0) return undefined;
  const columns = [{ title: 'Metric' }, ...runs.map(({ name }) => ({ title: name, kind: 'number' as const }))];
  return dataTable(
    runs.length > 1 ? 'What the stages reported; shaded where the runs differ' : 'What the stages reported',
    columns,
    rows,
  );
}

function figure(value: number): string {
  return Number.isInteger(value)
    ? shownNumber(value)
    : Math.abs(value) >= 0.001
      ? shownFigure(value)
      : shownNumber(value);
}
