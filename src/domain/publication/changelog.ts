import type { LeafChanges } from './leaf-changes.ts';
import { type Lineage, taxonomyText } from './lineage.ts';
import type { ManifestLeaf } from './manifest.ts';
import { code, counted } from './markdown.ts';
import { startText } from './order.ts';
import type { Report } from './report.ts';
import { headline } from './score-text.ts';

/** The first line of a ChangeLog of ours. */
const CHANGELOG_TITLE = '# Changelog';

const KINDS: ReadonlyMap<string, string> = new Map([
  ['skill', 'skill'],
  ['grounded_skill', 'skill with context'],
  ['knowledge', 'knowledge'],
]);

/** The part of a ChangeLog that belongs to one run: whose work went into the model. Ends without a line end. */
export function changelogEntry(lineage: Lineage, report: Report, changes: LeafChanges): string {
  const { manifest, digests } = lineage;
  const rows = manifest.totals['train_rows'];
  const data = rows === undefined ? '' : ` ${counted(rows, 'training row', 'training rows')}.`;
  const score = headline(report);
  return [
    heading(lineage.run.name),
    '',
    `${startedSentence(lineage)}Made from ${taxonomyText(manifest)}.${data}${score === undefined ? '' : ` ${score}.`}`,
    '',
    ...manifest.leaves.map((leaf) => leafLine(lineage, leaf, changes)),
    ...changes.removed.map((path) => `- removed: ${code(path)}`),
    '',
    `Digests: ${Object.entries(digests)
      .map(([name, digest]) => `${name} ${code(digest)}`)
      .join(', ')}.`,
  ].join('\n');
}

/** True when a ChangeLog has the entry of a run. */
export function hasEntry(text: string, run: string): boolean {
  return text.split(/\r?\n/).includes(heading(run));
}

/**
 * A ChangeLog with the entry of a run, the newest first: on top, but below those of runs that say that they were started
 * later. As it is when it has one.
 */
export function withEntry(text: string, run: string, entry: string): string {
  if (hasEntry(text, run)) return text;
  const older = (text.startsWith(CHANGELOG_TITLE) ? text.slice(CHANGELOG_TITLE.length) : text).replace(
    /^\s*\n|\s+$/g,
    '',
  );
  const at = endOfNewer(older, entry);
  const parts = [older.slice(0, at).trimEnd(), entry, older.slice(at)];
  return `${[CHANGELOG_TITLE, ...parts].filter((part) => part !== '').join('\n\n')}\n`;
}

/** Where the last part ends that belongs to a run which was started later than that of `entry`. */
function endOfNewer(text: string, entry: string): number {
  const own = startedIn(entry);
  const heads = [...text.matchAll(/^## /gm)].map(({ index }) => index);
  const ends = heads.map((_, part) => heads[part + 1] ?? text.length);
  const newer = heads.findLastIndex((head, part) => {
    const started = startedIn(text.slice(head, ends[part]));
    return own !== undefined && started !== undefined && started > own;
  });
  return ends[newer] ?? 0;
}

function startedSentence({ run }: Lineage): string {
  return run.created === undefined ? '' : `Started ${startText(run.created)}. `;
}

/** Texts of one form, so their order is that of the times. */
function startedIn(part: string): string | undefined {
  return /^Started (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC\. /m.exec(part)?.[1];
}

function heading(run: string): string {
  return `## ${run}`;
}

function leafLine({ manifest }: Lineage, leaf: ManifestLeaf, changes: LeafChanges): string {
  const { taxonomy } = manifest;
  // Without a commit that others know the file's own digest says which version it was.
  const isKnown = taxonomy.commit !== undefined && taxonomy.onto === undefined;
  const pulls = taxonomy.pulls.filter(({ leaves }) => leaves.includes(leaf.path)).map(({ number }) => number);
  const facts = [
    KINDS.get(leaf.kind) ?? 'leaf',
    counted(leaf.examples, 'seed example', 'seed examples'),
    ...(leaf.trainRows === undefined ? [] : [counted(leaf.trainRows, 'training row', 'training rows')]),
    ...(pulls.length === 0 ? [] : [`pull request${pulls.length === 1 ? '' : 's'} ${pulls.join(', ')}`]),
    isKnown ? `commit ${code(taxonomy.commit ?? '')}` : `qna.yaml ${code(leaf.qna.slice(0, 19))}`,
  ];
  const how = changes.of(leaf);
  return `- ${how === undefined ? '' : `${how}: `}${code(leaf.path)} by ${code(leaf.createdBy)} (${facts.join(', ')})`;
}
