import type { AttemptReport, RunReport } from '../../domain/report/report.ts';
import { SPAN_KINDS, type SpanKind } from '../../domain/report/spans.ts';
import { formatDuration } from '../text/format.ts';
import { timelineChart, timelineSeconds } from './charts.ts';
import { html, type Markup } from './markup.ts';
import { attemptName, gpuColumns, SPAN_NAMES, shownTime, warnedName } from './shown.ts';
import { dataTable, type Row, type Section, scrolling, section } from './tables.ts';

/** What happened when, and where the seconds went. */
export function timeSection(runs: readonly RunReport[]): readonly Section[] {
  const seconds = timelineSeconds(runs);
  const kinds = SPAN_KINDS.filter((kind) => runs.some((run) => spansOf(run).some((span) => span.kind === kind)));
  const timelines = runs.map((run, index) => timeline(run, { seconds, index, kinds, isOneOfMany: runs.length > 1 }));
  return section('time', 'Time', [
    ...(kinds.length === 0 ? [] : [legend(kinds)]),
    ...timelines,
    ...runs.map((run) => stagesTable(run, kinds, runs.length > 1)),
  ]);
}

function spansOf(run: RunReport): readonly AttemptReport['spans'][number][] {
  return run.stages.flatMap(({ attempts }) => attempts.flatMap(({ spans }) => spans));
}

function legend(kinds: readonly SpanKind[]): Markup {
  return html`<ul class="legend">${kinds.map(
    (kind) => html`<li><i style="background:var(--span-${kind})"></i>${SPAN_NAMES[kind]}</li>`,
  )}</ul>`;
}

function timeline(
  run: RunReport,
  {
    seconds,
    index,
    kinds,
    isOneOfMany,
  }: {
    readonly seconds: number;
    readonly index: number;
    readonly kinds: readonly SpanKind[];
    readonly isOneOfMany: boolean;
  },
): Markup | undefined {
  const chart = timelineChart(run, seconds, `timeline-${index + 1}`);
  if (chart === undefined || kinds.length === 0) return undefined;
  const caption = isOneOfMany ? html`${run.name}` : html`What happened when <span>a row an attempt</span>`;
  return html`<figure><figcaption>${caption}</figcaption>${scrolling(`Timeline of ${run.name}`, chart)}</figure>\n`;
}

function stagesTable(run: RunReport, kinds: readonly SpanKind[], isOneOfMany: boolean): Markup {
  const rows = run.stages.flatMap(({ name, phase, attempts, reused, reason }): readonly Row[] => {
    if (attempts.length === 0) {
      const what = reused === undefined ? (reason ?? '') : `from ${reused.run}, attempt ${reused.attempt}`;
      return [{ cells: [name, html`${phase}${what === '' ? '' : `: ${what}`}`, ...kinds.map(() => ''), '', ''] }];
    }
    return attempts.map((attempt) => {
      const total = attempt.spans.reduce((sum, { seconds }) => sum + seconds, 0);
      const began = attempt.spans[0]?.from;
      return {
        cells: [
          attemptName(name, attempt.attempt, attempts.length),
          attempt.phase,
          ...kinds.map((kind) => secondsOf(attempt, kind)),
          formatDuration(total),
          began === undefined ? '–' : shownTime(began),
        ],
      };
    });
  });
  const columns = [
    { title: 'Stage' },
    { title: 'State' },
    ...kinds.map((kind) => ({ title: SPAN_NAMES[kind], kind: 'number' as const })),
    { title: 'Together', kind: 'number' as const },
    { title: 'Began (UTC)', kind: 'number' as const },
  ];
  return dataTable(`Where the time of ${isOneOfMany ? run.name : 'the run'} went`, columns, rows);
}

function secondsOf({ spans }: AttemptReport, wanted: SpanKind): string {
  const those = spans.filter(({ kind }) => kind === wanted);
  if (those.length === 0) return '–';
  const shown = formatDuration(those.reduce((sum, { seconds }) => sum + seconds, 0));
  return those.some(({ isOpen }) => isOpen === true) ? `${shown} so far` : shown;
}

/** What GPUs were asked for, held and used; nothing where there were none. */
export function gpuSection(runs: readonly RunReport[]): readonly Section[] {
  if (runs.every(({ gpuHours }) => gpuHours.requested === 0 && gpuHours.held === 0)) return [];
  const columns = runs.map((run) => new Map(gpuColumns(run)));
  const names = [...new Set(columns.flatMap((column) => [...column.keys()]))];
  return section('gpu-hours', 'GPU-hours', [
    dataTable(
      'Hours of one GPU',
      [{ title: 'Hours' }, ...runs.map(({ name }) => ({ title: name, kind: 'number' as const }))],
      names.map((name) => ({ cells: [name, ...columns.map((column) => column.get(name) ?? '0')] })),
    ),
    html`<p class="note">Requested: from submitting to the end. Held: from getting a node to the end. Productive: the stage itself, of
attempts that ended well. Wasted: held by attempts that did not, and by all before the stage began.</p>`,
  ]);
}

/** Every attempt that did not end well, and why. */
export function failuresSection(runs: readonly RunReport[]): readonly Section[] {
  const rows = runs.flatMap((run) =>
    run.failures.map(({ stage, attempt, kind, reason, class: blamed, message, at, isMended }) => ({
      cells: [
        ...(runs.length > 1 ? [run.name] : []),
        attemptName(stage, attempt, 2),
        html`<span class="bad">${kind}</span>${reason === undefined ? '' : ` (${reason}${blamed === undefined ? '' : `, ${blamed}`})`}`,
        message,
        at === undefined ? '–' : shownTime(at),
        isMended ? 'a later attempt ended well' : 'no later attempt ended well',
      ],
    })),
  );
  const columns = [
    ...(runs.length > 1 ? [{ title: 'Run' }] : []),
    { title: 'Attempt' },
    { title: 'What' },
    { title: 'Why', kind: 'text' as const },
    { title: 'When (UTC)' },
    { title: 'Then' },
  ];
  const content =
    rows.length === 0
      ? html`<p>Every attempt ended well, or is under way.</p>`
      : dataTable('Attempts that did not end well', columns, rows);
  return section('failures', 'Failures and retries', content);
}

/** What the logs warned of while the stages ran; nothing where they did not. */
export function warningsSection(runs: readonly RunReport[]): readonly Section[] {
  const rows = runs.flatMap((run) =>
    run.warnings.map((warning) => ({
      cells: [
        ...(runs.length > 1 ? [run.name] : []),
        warnedName(run, warning),
        html`${warning.message}${warning.evidence === undefined ? '' : html`<br><code class="code">${warning.evidence}</code>`}`,
        warning.fix ?? '–',
        shownTime(warning.at),
      ],
    })),
  );
  if (rows.length === 0) return [];
  const columns = [
    ...(runs.length > 1 ? [{ title: 'Run' }] : []),
    { title: 'Attempt' },
    { title: 'Warning', kind: 'text' as const },
    { title: 'What to change', kind: 'text' as const },
    { title: 'When (UTC)' },
  ];
  return section('warnings', 'Warnings', dataTable('What the logs warned of while the stages ran', columns, rows));
}
