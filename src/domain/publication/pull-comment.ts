import type { Lineage } from './lineage.ts';
import type { ManifestLeaf, MergedPull } from './manifest.ts';
import { code, counted, link, plainLine, table } from './markdown.ts';
import type { PublishedRun } from './order.ts';
import type { Report } from './report.ts';
import { headline, LEGEND, leafScores, scoreRows } from './score-text.ts';
import type { PublishingRun } from './settings.ts';

/** A comment of GitHub's may have 65536 characters; the table of the leaves ends before. */
const ROOM_FOR_LEAVES = 50_000;

/** The first line of the comment for a model; invisible where it is read. Whoever finds it replaces that comment. */
export function commentMarker(model: string): string {
  return `<!-- ilab-backend:${model} -->`;
}

/** The line below it: which run it tells of, for runs that come later. */
function runMarker({ name, created }: PublishingRun): readonly string[] {
  return created === undefined ? [] : [`<!-- run ${name}, started ${created} -->`];
}

/** The run that a comment of ours tells of; undefined where it does not say when that was recorded. */
export function commentedRun(body: string): PublishedRun | undefined {
  const [, line = ''] = body.split(/\r?\n/, 2);
  const [, name, created] = /^<!-- run ([\w.-]{1,100}), started (\d{4}-[\d-]{5}T[\d:.]+Z) -->$/.exec(line) ?? [];
  return name === undefined || created === undefined ? undefined : { name, created };
}

/** What a pull request is told: the scores of its own leaves, before and after. `address` is that of the model. */
export function pullComment(lineage: Lineage, report: Report, pull: MergedPull, address: string | undefined): string {
  const own = new Set(pull.leaves);
  const leaves = lineage.manifest.leaves.filter(({ path }) => own.has(path));
  const title = `model ${code(lineage.model)}, run ${code(lineage.run.name)}`;
  const others = lineage.manifest.leaves.length - leaves.length;
  const score = headline(report);
  return [
    commentMarker(lineage.model),
    ...runMarker(lineage.run),
    `### ${address === undefined ? `M${title.slice(1)}` : `${link('Model', address)}${title.slice('model'.length)}`}`,
    '',
    leaves.length === 0
      ? 'None of the leaves that this pull request changes is in the data of this model.'
      : `It was tuned with ${counted(leaves.length, 'leaf', 'leaves')} of this pull request and ${counted(others, 'other leaf', 'other leaves')}.`,
    '',
    ...leafTable(leaves, report),
    ...table(['the whole model', 'base', 'tuned', 'difference'], scoreRows(report)),
    '',
    `${score === undefined ? '' : `${score}. `}${LEGEND}`,
    'A later run takes the place of this comment.',
    '',
  ].join('\n');
}

/** What a commit status says, at most 140 characters. */
export function statusText(lineage: Lineage, report: Report): string {
  return plainLine(`In ${lineage.model}, run ${lineage.run.name}. ${headline(report) ?? ''}`.trim(), 140);
}

function leafTable(leaves: readonly ManifestLeaf[], report: Report): readonly string[] {
  if (leaves.length === 0) return [];
  const { head, rows } = leafScores(leaves, report);
  let room = ROOM_FOR_LEAVES;
  const cut = rows.findIndex((row) => {
    room -= row.join(' | ').length + 8;
    return room < 0;
  });
  const left = cut < 0 ? 0 : rows.length - cut;
  return [
    ...table(head, rows.slice(0, rows.length - left)),
    ...(left === 0 ? [] : ['', `${counted(left, 'further leaf', 'further leaves')}: see the model card.`]),
    '',
  ];
}
