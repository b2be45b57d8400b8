import type { ListingEntry } from '../../domain/data/digest.ts';
import { sha256 } from '../../domain/data/digest.ts';
import { changelogEntry, withEntry } from '../../domain/publication/changelog.ts';
import { type LeafChanges, leafChanges } from '../../domain/publication/leaf-changes.ts';
import type { Lineage } from '../../domain/publication/lineage.ts';
import type { Manifest } from '../../domain/publication/manifest.ts';
import { modelCard } from '../../domain/publication/model-card.ts';
import type { Report } from '../../domain/publication/report.ts';
import { provenance, STATEMENT_FILE } from '../../domain/publication/statement.ts';
import type { HubUpload } from '../../ports/model-hub.ts';

/** A file on this machine that is published under `path`. */
export interface PublishedFile extends ListingEntry {
  readonly file: string;
}

/** What is published of a run, whatever the place. */
export interface Publication {
  readonly lineage: Lineage;
  readonly report: Report;
  /** The model's files, and the documents that data and scores left; no text of ours. */
  readonly files: readonly PublishedFile[];
}

/** The texts beside the files; each ends with a line end. */
export interface PublishedTexts {
  readonly card: string;
  /** The run's part of the ChangeLog. */
  readonly entry: string;
  readonly changelog: string;
  readonly statement: string;
}

/** The texts of a publication where a model of this name was published before, with the ChangeLog it had then. */
export function composeTexts(
  { lineage, report, files }: Publication,
  before: { readonly manifest?: Manifest; readonly changelog: string },
): PublishedTexts {
  const changes: LeafChanges = leafChanges(before.manifest, lineage.manifest);
  const card = modelCard(lineage, report);
  const entry = changelogEntry(lineage, report, changes);
  const changelog = withEntry(before.changelog, lineage.run.name, entry);
  const listing = [...files, textEntry('README.md', card), textEntry('CHANGELOG.md', changelog)];
  return { card, entry, changelog, statement: provenance(lineage, report, listing) };
}

/** The same as uploads. */
export function uploadsOf(
  { files }: Publication,
  { card, changelog, statement }: PublishedTexts,
): readonly HubUpload[] {
  return [
    ...files.map(({ path, file, size, sha256 }) => ({ kind: 'file' as const, path, file, size, sha256 })),
    { kind: 'text', path: 'README.md', text: card },
    { kind: 'text', path: 'CHANGELOG.md', text: changelog },
    { kind: 'text', path: STATEMENT_FILE, text: statement },
  ];
}

function textEntry(path: string, text: string): ListingEntry {
  return { path, size: Buffer.byteLength(text), sha256: sha256(text) };
}

const PICKLED = /\.(?:bin|pt|pth|ckpt|pkl|pickle|joblib|npy|h5|msgpack)$/i;

/** False for weights in formats that can hold programs: a hub gets safetensors. */
export function isPublishable(path: string): boolean {
  return !PICKLED.test(path);
}
