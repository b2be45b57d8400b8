import { flatParameters, type Lineage, taxonomyText } from './lineage.ts';
import { code, counted, table } from './markdown.ts';
import { startText } from './order.ts';
import type { Report } from './report.ts';
import { LEGEND, leafScores, MEASURES, scoreRows } from './score-text.ts';

/** The model card (`README.md`): what the model is, what it scored, what it was made from. */
export function modelCard(lineage: Lineage, report: Report): string {
  return [
    '---',
    // JSON is YAML, and quotes what strangers wrote.
    ...Object.entries(cardHead(lineage, report)).map(([key, value]) => `${key}: ${JSON.stringify(value)}`),
    '---',
    '',
    `# ${lineage.model}, run ${lineage.run.name}`,
    '',
    ...whatItIs(lineage),
    ...section('Scores', scores(report)),
    ...section('Scores by leaf', leafTable(lineage, report)),
    ...section('Data', data(lineage)),
    ...section('Limits', limits(lineage)),
    ...section('Licence', licence(lineage)),
    ...section('Lineage', lineageRows(lineage, report)),
    '',
  ].join('\n');
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return ['', `## ${title}`, '', ...lines];
}

function cardHead({ model, base, license, tags }: Lineage, { tuned }: Report): Readonly<Record<string, unknown>> {
  const results = MEASURES.flatMap(({ of, title, index }) => {
    const { value } = of(tuned);
    if (value === undefined) return [];
    return [
      {
        task: { type: 'text-generation' },
        dataset: { name: index.dataset, type: index.type },
        metrics: [{ type: index.metric, name: title, value }],
      },
    ];
  });
  return {
    ...(license === undefined ? {} : { license }),
    tags: [...tags, 'ilab-backend'],
    pipeline_tag: 'text-generation',
    ...(base.startsWith('hf:') ? { base_model: base.slice(3).replace(/@.*$/, '') } : {}),
    ...(results.length === 0 ? {} : { 'model-index': [{ name: model, results }] }),
  };
}

function whatItIs({ base, manifest }: Lineage): readonly string[] {
  const only = manifest.taxonomy.isChangedOnly ? 'changed ' : '';
  const leaves = `${manifest.leaves.length} ${only}${manifest.leaves.length === 1 ? 'leaf' : 'leaves'}`;
  return [
    `${code(base)}, tuned on ${leaves} of ${taxonomyText(manifest)}.`,
    ...(base === 'tiny'
      ? ['`tiny` is a small model of random numbers: this one shows the chain of stages and is of no other use.']
      : []),
  ];
}

function scores(report: Report): readonly string[] {
  const noise = report.isNoise && report.tuned.loss.value !== undefined;
  return [
    ...table(['', 'base', 'tuned', 'difference'], scoreRows(report)),
    '',
    `${noise ? 'The change of the held-out loss is **within noise**. ' : ''}${LEGEND}`,
    `The checkpoint is ${code(report.chosen)}, chosen among ${report.candidates}.`,
  ];
}

function leafTable({ manifest }: Lineage, report: Report): readonly string[] {
  const { head, rows } = leafScores(manifest.leaves, report);
  return table(head, rows);
}

function data({ manifest: { teacher, totals } }: Lineage): readonly string[] {
  const rows = (name: string, one: string, many: string): readonly string[] => {
    const count = totals[name];
    return count === undefined ? [] : [counted(count, one, many)];
  };
  const counts = [
    ...rows('train_rows', 'row for training', 'rows for training'),
    ...rows('heldout_rows', 'held-out example that no row repeats', 'held-out examples that no row repeats'),
  ];
  return [
    teacher === undefined
      ? 'The training rows are the examples that people wrote; no teacher model was asked.'
      : `The training rows come from people's examples and from the teacher ${code(teacher)}.`,
    ...(counts.length === 0 ? [] : [`${counts.join('; ')}.`]),
    'Every leaf with its author, its digest and its number of rows stands in `manifest.json`, all scores in `scores.json`.',
  ];
}

function limits({ manifest }: Lineage): readonly string[] {
  return [
    'The scores by leaf come from a few held-out examples of each leaf: read them with their errors. What nobody contributed was not measured, beside the benchmarks named above.',
    ...(manifest.teacher === undefined
      ? []
      : ['What the teacher model wrote was filtered and was not read by people.']),
  ];
}

function licence({ base, license }: Lineage): readonly string[] {
  return [
    `${license === undefined ? 'Nobody named a licence for this model' : `The model is under ${code(license)}`}; that of the base model ${code(base)} and those of the contributions to the taxonomy apply as well.`,
  ];
}

function startedText({ run }: Lineage): string {
  return run.created === undefined ? '' : `, started ${startText(run.created)}`;
}

function lineageRows(lineage: Lineage, report: Report): readonly string[] {
  const parameters = { ...lineage.parameters, datagen: lineage.manifest.settings };
  return [
    ...table(
      ['', ''],
      [
        ['taxonomy', taxonomyText(lineage.manifest)],
        ['base model', code(lineage.base)],
        ['checkpoint', code(report.chosen)],
        ['run', `${code(lineage.run.name)}, ${code(lineage.run.id)}${startedText(lineage)}`],
        ['program', code(`ilab-backend ${lineage.program}`)],
        ...Object.entries(lineage.digests).map(([name, digest]) => [`digest of ${name}`, code(digest)]),
        ...flatParameters(parameters).map(([name, value]) => [code(name), code(value)]),
      ],
    ),
    '',
    '`provenance.intoto.json` says the same for machines; `ilab-backend verify` compares it with the files.',
  ];
}
