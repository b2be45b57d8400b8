import type { GateReport, RunReport } from '../../domain/report/report.ts';
import { formatBytes } from '../text/format.ts';
import { type Content, html, type Markup } from './markup.ts';
import { shownNumber } from './shown.ts';
import { type Column, dataTable, type Row, type Section, section } from './tables.ts';

const NUMBER = { kind: 'number' } as const;

/** What data was made, leaf by leaf. */
export function dataSection(runs: readonly RunReport[]): readonly Section[] {
  const leaves = [...new Set(runs.flatMap(({ data }) => data.flatMap((one) => one.leaves.map(({ leaf }) => leaf))))];
  if (leaves.length === 0) return [];
  const isOfMany = runs.length > 1;
  const all = runs.map(
    ({ data }) => new Map(data.flatMap((one) => one.leaves.map((leaf) => [leaf.leaf, leaf] as const))),
  );
  const rows = leaves.map((leaf): Row => {
    const found = all.map((one) => one.get(leaf));
    const known = found.find((one) => one !== undefined);
    const counts = found.flatMap((one) => [count(one?.examples), count(one?.rows)]);
    return { cells: [leaf, known?.kind ?? '', known?.createdBy ?? '', ...counts] };
  });
  const columns: readonly Column[] = [
    { title: 'Leaf' },
    { title: 'Kind' },
    { title: 'By' },
    ...runs.flatMap(({ name }) => [
      { title: isOfMany ? `${name}: examples` : 'Examples', ...NUMBER },
      { title: isOfMany ? `${name}: rows` : 'Rows', ...NUMBER },
    ]),
  ];
  return section('data', 'Data', [
    ...runs.flatMap((run) => run.data.map((data) => sourceOf(run, data, isOfMany))),
    dataTable('Leaves: examples that people wrote, rows for training made of them', columns, rows),
    totalsTable(runs),
  ]);
}

function sourceOf(
  run: RunReport,
  { commit, onto, isDirty, pulls, teacher }: RunReport['data'][number],
  isOfMany: boolean,
): Markup {
  const of = isOfMany ? `${run.name}: made from` : 'Made from';
  const where =
    commit === undefined
      ? 'a taxonomy without a commit'
      : html`taxonomy commit <code class="code">${onto ?? commit}</code>${isDirty ? ' with changes that no commit has' : ''}`;
  const merged = pulls.length === 0 ? '' : ` with the pull requests ${pulls.map(({ number }) => number).join(', ')}`;
  const by = teacher === undefined ? '' : html`; rows by the teacher <code class="code">${teacher}</code>`;
  return html`<p>${of} ${where}${merged}${by}.</p>`;
}

function totalsTable(runs: readonly RunReport[]): Markup {
  const totals = runs.map(({ data }) => new Map(data.flatMap((one) => Object.entries(one.totals))));
  const names = [...new Set(totals.flatMap((one) => [...one.keys()]))];
  return dataTable(
    'Counts',
    [{ title: 'Of what' }, ...runs.map(({ name }) => ({ title: runs.length > 1 ? name : 'Count', ...NUMBER }))],
    names.map((name) => ({ cells: [name, ...totals.map((one) => count(one.get(name)))] })),
  );
}

function count(value: number | undefined): string {
  return value === undefined ? '–' : shownNumber(value);
}

/** What a stage had to hold before it started, with both sides. */
export function gatesSection(runs: readonly RunReport[]): readonly Section[] {
  const rows = runs.flatMap((run) =>
    run.gates.map(
      (gate): Row => ({
        cells: [
          ...(runs.length > 1 ? [run.name] : []),
          `${gate.stage}: ${gate.gate}`,
          verdict(gate),
          html`${gate.sides.map(({ expression, value }, index) => html`${index === 0 ? '' : html`<br>`}${expression} = ${side(value)}`)}`,
          gate.condition,
        ],
      }),
    ),
  );
  if (rows.length === 0) return [];
  const columns: readonly Column[] = [
    ...(runs.length > 1 ? [{ title: 'Run' }] : []),
    { title: 'Gate' },
    { title: 'Verdict' },
    { title: 'Both sides', kind: 'code' },
    { title: 'Condition', kind: 'code' },
  ];
  return section('gates', 'Gates', dataTable('Conditions that stages start on', columns, rows));
}

function verdict({ verdict: said, reason }: GateReport): Content {
  if (said !== 'refused') return said;
  return html`<span class="bad">refused</span>${reason === undefined ? '' : `: ${reason}`}`;
}

function side(value: unknown): string {
  if (value === undefined) return 'absent';
  return typeof value === 'number' ? shownNumber(value) : JSON.stringify(value);
}

/** Every value and where it came from, a column a run. */
export function valuesSection(runs: readonly RunReport[]): readonly Section[] {
  const all = runs.map(({ values }) => new Map(values.map((value) => [value.path, value])));
  const paths = [...new Set(all.flatMap((one) => [...one.keys()]))];
  const isOfMany = runs.length > 1;
  const rows = paths.map((path): Row => {
    const found = all.map((one) => one.get(path));
    const differs = isOfMany && new Set(found.map((one) => one?.value)).size > 1;
    const cells = found.flatMap((one) => [one === undefined ? '–' : String(one.value), one?.origin ?? '–']);
    return { cells: [path, ...cells], differs };
  });
  const columns: readonly Column[] = [
    { title: 'Value', kind: 'code' },
    ...runs.flatMap(({ name }): readonly Column[] => [
      { title: isOfMany ? name : 'Is', kind: 'code' },
      { title: isOfMany ? `from (${name})` : 'From', kind: 'code' },
    ]),
  ];
  const given = rows.filter((_, index) => all.some((one) => isGiven(one.get(paths[index] ?? '')?.origin)));
  const different = rows.filter(({ differs }) => differs === true);
  return section('values', 'Parameters', [
    isOfMany &&
      html`<p>${different.length === 0 ? 'The runs do not differ in any of them.' : `They differ in ${different.length} of ${rows.length}.`}</p>`,
    different.length > 0 &&
      dataTable(
        'In what the runs differ',
        columns,
        different.map(({ cells }) => ({ cells })),
      ),
    given.length > 0 && dataTable('What somebody set, and where', columns, given),
    html`<details><summary>All ${rows.length} values and where they came from</summary>${dataTable('Every value that decided the run', columns, rows)}</details>`,
  ]);
}

/** What the pipeline and its profiles say stands for everybody. */
function isGiven(origin: string | undefined): boolean {
  return origin !== undefined && origin !== 'default' && origin !== 'built in' && !origin.startsWith('templates/');
}

/** Lineage: what went in and came out, by digest, and what ran. */
export function originsSections(runs: readonly RunReport[]): readonly Section[] {
  const content = runs.flatMap((run) => {
    const of = runs.length > 1 ? ` of ${run.name}` : '';
    return [
      dataTable(
        `What the stages took${of}`,
        [{ title: 'Stage: input' }, { title: 'From', kind: 'code' }, { title: 'Version or digest', kind: 'code' }],
        run.inputs.map(({ stage, input, from, version }) => ({ cells: [`${stage}: ${input}`, from, version] })),
      ),
      dataTable(
        `What the stages made${of}`,
        [
          { title: 'Stage: output' },
          { title: 'Size', ...NUMBER },
          { title: 'Made by run' },
          { title: 'Digest', kind: 'code' },
        ],
        run.outputs.map(({ stage, name, size, run: maker, digest }) => ({
          cells: [`${stage}: ${name}`, formatBytes(size), maker, digest],
        })),
      ),
      dataTable(
        `Images${of}`,
        [{ title: 'Image' }, { title: 'As the target names it', kind: 'code' }, { title: 'Identity', kind: 'code' }],
        run.images.map(({ image, reference, identity }) => ({ cells: [image, reference, identity] })),
      ),
      html`<details><summary>Templates and overlays${of} (${run.files.length})</summary>${dataTable(
        `Templates and overlays${of}`,
        [
          { title: 'File', kind: 'code' },
          { title: 'Digest', kind: 'code' },
        ],
        run.files.map(({ path, digest }) => ({ cells: [path, digest] })),
      )}</details>`,
    ];
  });
  return section('lineage', 'Lineage and digests', content);
}
