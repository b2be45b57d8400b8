import type { Report, RunReport } from '../../domain/report/report.ts';
import { html, Markup } from './markup.ts';
import { dataSection, gatesSection, originsSections, valuesSection } from './page-origins.ts';
import { curvesSection, resultLine, scoresSection } from './page-results.ts';
import { failuresSection, gpuSection, timeSection, warningsSection } from './page-time.ts';
import { factsOf, shownTime } from './shown.ts';
import { STYLE } from './style.ts';
import { dataTable, type Section } from './tables.ts';

/** Nothing is fetched and nothing runs: a page from a stranger's run can do no more than be read. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/** One page that holds all it needs: for a browser without a network or scripts, for paper, for a screen reader. */
export function reportPage(report: Report): string {
  const { runs, madeAt } = report;
  const sections: readonly Section[] = [
    ...scoresSection(runs),
    ...timeSection(runs),
    ...gpuSection(runs),
    ...curvesSection(runs),
    ...dataSection(runs),
    ...failuresSection(runs),
    ...warningsSection(runs),
    ...gatesSection(runs),
    ...valuesSection(runs),
    ...originsSections(runs),
  ];
  const title = runs.length === 1 ? `Run ${runs[0]?.name ?? ''}` : `Runs ${runs.map(({ name }) => name).join(', ')}`;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="generator" content="ilab-backend ${report.program}">
<title>${title} – ilab-backend</title>
<style>${new Markup(STYLE)}</style>
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
<header>
<p class="kicker">Report of ilab-backend ${report.program}, as of ${shownTime(madeAt)} UTC</p>
<h1>${title}</h1>
${runs.map((run) => lead(run, runs.length > 1))}
<nav aria-label="Contents"><ul>
${[{ id: 'facts', title: 'Facts' }, ...sections].map(({ id, title: name }) => html`<li><a href="#${id}">${name}</a></li>\n`)}</ul></nav>
</header>
<main id="content" tabindex="-1">
${factsTable(runs, madeAt)}
${missingNote(runs)}
${sections.map(({ id, title: name, content }) => html`<section aria-labelledby="${id}"><h2 id="${id}">${name}</h2>\n${content}</section>\n`)}
</main>
<footer>Times are UTC. What is not known is left out or shown as –. What each figure means: docs/reports.md of ilab-backend.</footer>
</body>
</html>
`;
  return page.text;
}

function lead(run: RunReport, isOneOfMany: boolean): Markup {
  const tone = run.phase === 'Succeeded' ? 'good' : run.endedAt === undefined ? '' : 'bad';
  const name = isOneOfMany && !run.message.startsWith(run.name) ? `${run.name}: ` : '';
  return html`<p class="lead"><span class="badge ${tone}">${run.phase}</span> ${name}${run.message}</p>${resultLine(run)}`;
}

function factsTable(runs: readonly RunReport[], madeAt: string): Markup {
  const columns = runs.map((run) => new Map(factsOf(run, madeAt)));
  const names = [...new Set(columns.flatMap((facts) => [...facts.keys()]))];
  const rows = names.map((name) => ({ cells: [name, ...columns.map((facts) => facts.get(name) ?? '–')] }));
  const heads = runs.map(({ name }) => ({ title: name }));
  return html`<section aria-labelledby="facts"><h2 id="facts">Facts</h2>
${dataTable(runs.length === 1 ? 'The run' : 'The runs', [{ title: 'Fact' }, ...heads], rows, 'facts')}</section>`;
}

function missingNote(runs: readonly RunReport[]): Markup | '' {
  const sentences = runs.flatMap(({ name, missing }) =>
    missing.map((sentence) => (runs.length > 1 ? `${name}: ${sentence}` : sentence)),
  );
  if (sentences.length === 0) return '';
  return html`<aside aria-label="What is not in this report"><strong>Not in this report</strong><ul>${sentences.map(
    (sentence) => html`<li>${sentence}</li>`,
  )}</ul></aside>`;
}
