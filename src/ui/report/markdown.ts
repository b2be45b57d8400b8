import { code, plainLine, table } from '../../domain/publication/markdown.ts';
import { LEGEND } from '../../domain/publication/score-text.ts';
import type { Report, RunReport } from '../../domain/report/report.ts';
import { SPAN_KINDS, type Span } from '../../domain/report/spans.ts';
import { formatBytes, formatDuration } from '../text/format.ts';
import {
  attemptName,
  factsOf,
  gpuColumns,
  metricsInOrder,
  SPAN_NAMES,
  shownMeasured,
  shownNumber,
  shownTime,
  warnedName,
} from './shown.ts';

/** The report as Markdown, for a pull request or a wiki: no pictures; whatever strangers wrote stands in code spans. */
export function reportMarkdown({ runs, madeAt, program }: Report): string {
  const facts = runs.map((run) => new Map(factsOf(run, madeAt)));
  const names = [...new Set(facts.flatMap((one) => [...one.keys()]))];
  return [
    `# ${runs.length === 1 ? 'Run' : 'Runs'} ${runs.map(({ name }) => name).join(', ')}`,
    '',
    `Report of ilab-backend ${program}, as of ${shownTime(madeAt)} UTC.`,
    '',
    ...table(
      ['', ...runs.map(({ name }) => name)],
      names.map((name) => [name, ...facts.map((one) => code(one.get(name) ?? '–'))]),
    ),
    '',
    ...runs.flatMap((run) => [...(runs.length > 1 ? [`# ${run.name}`, ''] : []), ...runLines(run)]),
  ].join('\n');
}

function runLines(run: RunReport): readonly string[] {
  return [
    ...part('Not in this report', list(run.missing.map((sentence) => code(sentence)))),
    ...part('Scores', scoreLines(run)),
    ...part('Time', timeLines(run)),
    ...part('GPU-hours', gpuLines(run)),
    ...part('Metrics', metricLines(run)),
    ...part('Data', dataLines(run)),
    ...part('Failures and retries', failureLines(run)),
    ...part('Warnings', warningLines(run)),
    ...part('Gates', gateLines(run)),
    ...part('Parameters', valueLines(run)),
    ...part('What the stages took', inputLines(run)),
    ...part('What the stages made', outputLines(run)),
    ...part(
      'Images',
      tableOf(
        ['image', 'identity'],
        run.images.map(({ image, identity }) => [code(image), code(identity)]),
      ),
    ),
  ];
}

function part(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [`## ${title}`, '', ...lines, ''];
}

function list(items: readonly string[]): readonly string[] {
  return items.map((item) => `- ${item}`);
}

function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  return rows.length === 0 ? [] : table(head, rows);
}

function scoreLines({ scores }: RunReport): readonly string[] {
  return scores.flatMap(({ measures, chosen }) => [
    `${code(chosen)} was chosen. ${LEGEND}`,
    '',
    ...measures.flatMap((measure) => [
      ...tableOf(
        [measure.title, 'n', 'base', 'tuned', 'difference', 'tuned is'],
        [{ leaf: undefined, ...measure }, ...measure.leaves].map(
          ({ leaf, base, tuned, difference, count, verdict }) => [
            leaf === undefined ? '**whole model**' : code(leaf),
            String(count ?? '–'),
            shownMeasured(base, count),
            shownMeasured(tuned, count),
            shownMeasured(difference, count, true),
            verdict ?? '',
          ],
        ),
      ),
      '',
    ]),
  ]);
}

function timeLines({ stages }: RunReport): readonly string[] {
  const spans = stages.flatMap(({ attempts }) => attempts.flatMap((attempt) => attempt.spans));
  const kinds = SPAN_KINDS.filter((kind) => spans.some((span) => span.kind === kind));
  const rows = stages.flatMap(({ name, phase, attempts, reused }) =>
    attempts.length === 0
      ? [[name, reused === undefined ? phase : `${phase} from ${code(reused.run)}`, ...kinds.map(() => '')]]
      : attempts.map((attempt) => [
          attemptName(name, attempt.attempt, attempts.length),
          attempt.phase,
          ...kinds.map((kind) => duration(attempt.spans.filter((span) => span.kind === kind))),
        ]),
  );
  return tableOf(['stage', 'state', ...kinds.map((kind) => SPAN_NAMES[kind])], rows);
}

function duration(spans: readonly Span[]): string {
  return spans.length === 0 ? '–' : formatDuration(spans.reduce((sum, { seconds }) => sum + seconds, 0));
}

function gpuLines(run: RunReport): readonly string[] {
  if (run.gpuHours.requested === 0 && run.gpuHours.held === 0) return [];
  return tableOf(
    ['', 'hours'],
    gpuColumns(run).map(([name, text]) => [name, text]),
  );
}

function metricLines({ stages }: RunReport): readonly string[] {
  const rows = stages.flatMap(({ name, metrics }) =>
    metricsInOrder(Object.keys(metrics)).map((metric) => [
      code(`${name}: ${metric}`),
      shownNumber(metrics[metric] ?? 0),
    ]),
  );
  return tableOf(['metric', 'value'], rows);
}

function dataLines({ data }: RunReport): readonly string[] {
  return data.flatMap(({ commit, leaves }) => [
    ...(commit === undefined ? [] : [`Taxonomy commit ${code(commit)}.`, '']),
    ...tableOf(
      ['leaf', 'kind', 'examples', 'rows'],
      leaves.map(({ leaf, kind, examples, rows }) => [code(leaf), code(kind), String(examples), String(rows ?? '–')]),
    ),
  ]);
}

function failureLines({ failures }: RunReport): readonly string[] {
  return list(
    failures.map(({ stage, attempt, kind, reason, message, isMended }) => {
      const why = reason === undefined ? '' : ` (${code(reason)})`;
      return `${code(attemptName(stage, attempt, 2))} ${kind}${why}: ${code(message)}${isMended ? '; a later attempt ended well' : ''}`;
    }),
  );
}

function warningLines(run: RunReport): readonly string[] {
  return list(
    run.warnings.map((warning) => {
      const { message, evidence, fix, at } = warning;
      const line = evidence === undefined ? '' : `: ${code(evidence)}`;
      const change = fix === undefined ? '' : `; ${code(fix)}`;
      return `${code(warnedName(run, warning))} at ${shownTime(at)} UTC: ${code(message)}${line}${change}`;
    }),
  );
}

function gateLines({ gates }: RunReport): readonly string[] {
  const rows = gates.map(({ stage, gate, verdict, sides, condition }) => [
    code(`${stage}: ${gate}`),
    verdict,
    sides.map(({ expression, value }) => code(`${expression} = ${JSON.stringify(value) ?? 'absent'}`)).join(', '),
    code(condition),
  ]);
  return tableOf(['gate', 'verdict', 'both sides', 'condition'], rows);
}

function valueLines({ values }: RunReport): readonly string[] {
  return tableOf(
    ['value', 'is', 'from'],
    values.map(({ path, value, origin }) => [code(path), code(plainLine(String(value), 200)), code(origin)]),
  );
}

function inputLines({ inputs }: RunReport): readonly string[] {
  return tableOf(
    ['input', 'from', 'version or digest'],
    inputs.map(({ stage, input, from, version }) => [code(`${stage}: ${input}`), code(from), code(version)]),
  );
}

function outputLines({ outputs }: RunReport): readonly string[] {
  return tableOf(
    ['output', 'size', 'digest'],
    outputs.map(({ stage, name, size, digest }) => [code(`${stage}: ${name}`), formatBytes(size), code(digest)]),
  );
}
