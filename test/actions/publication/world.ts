import { createHash } from 'node:crypto';
import type { Publication, PublishedFile } from '../../../src/actions/publication/content.ts';
import { type Published, publishModel } from '../../../src/actions/publication/publish-model.ts';
import type { Lineage } from '../../../src/domain/publication/lineage.ts';
import { type PublicationSettings, parseSettings } from '../../../src/domain/publication/settings.ts';
import type { JournalNote, PublicationJournal } from '../../../src/ports/publication-journal.ts';
import { lineageOf, manifestJson, reportOf } from '../../domain/publication/example.ts';
import { MemoryCodeHost } from '../../fakes/memory-code-host.ts';
import { MemoryModelPublisher } from '../../fakes/memory-model-publisher.ts';
import { HostState, type StoredRepository } from '../../github/host-state.ts';

/** Ends a try as kill -9 does: nobody catches it. */
export class Killed extends Error {}

/** What a file journal is in tests: it outlives the tries. */
export class MemoryJournal implements PublicationJournal {
  readonly notes: JournalNote[] = [];

  wasDone(step: string): boolean {
    return this.notes.some((note) => note.step === step && note.kind === 'done');
  }

  note(note: JournalNote): void {
    this.notes.push(note);
  }
}

export interface World {
  readonly hub: MemoryModelPublisher;
  readonly host: MemoryCodeHost;
  readonly taxonomy: StoredRepository;
  readonly said: string[];
}

/** A hub without the model, and a host with the taxonomy and two merged pull requests. */
export function makeWorld(): World {
  const hub = new MemoryModelPublisher();
  hub.namespaces = ['acme'];
  hub.read = async (file) => contents(file);
  const state = new HostState();
  const taxonomy = state.addRepository('acme/taxonomy');
  for (const number of [123, 7]) taxonomy.addPull({ number });
  return { hub, host: new MemoryCodeHost(state), taxonomy, said: [] };
}

/** A pull request that takes no comment until the test opens it again. */
export function lockPull({ taxonomy }: World, number: number): { isLocked: boolean } {
  const pull = taxonomy.pulls.get(number);
  if (pull === undefined) throw new Error(`there is no pull request ${number}`);
  pull.isLocked = true;
  return pull;
}

export const REPO = 'acme/workshop-tiny';
const SETTINGS = {
  ...{ modelName: 'workshop-tiny', run: 'weekly-47', runId: 'id-47', baseModel: 'tiny' },
  runCreated: '2026-12-01T10:00:12.345Z',
  huggingFace: { repo: REPO },
  github: { repo: 'acme/taxonomy', release: true, labels: ['in a model'], status: true },
};

/** Settings of a run, with what a test is about. */
export function settingsOf(change: Readonly<Record<string, unknown>> = {}): PublicationSettings {
  return parseSettings({ ...SETTINGS, ...change });
}

/** What a run of these settings publishes; `paths` are its model files. */
export function publicationOf(
  settings: PublicationSettings,
  paths: readonly string[] = ['config.json', 'model.safetensors'],
  given: Partial<Lineage> = {},
): Publication {
  const pulls = [
    { number: 123, commit: '1'.repeat(40), leaves: ['knowledge/ponds'], authors: ['Ines'] },
    { number: 7, commit: '7'.repeat(40), leaves: ['compositional_skills/x'], authors: ['Tomas'] },
  ];
  const manifest = { ...manifestJson(), taxonomy: { commit: 'c'.repeat(40), onto: 'b'.repeat(40), pulls } };
  const { model, run } = settings;
  return {
    lineage: lineageOf(manifest, { model, run, ...given }),
    report: reportOf(),
    files: [...paths, 'manifest.json'].map((path) => fileOf(path, run.name, JSON.stringify(manifest))),
  };
}

const bytes = new Map<string, Buffer>();

function fileOf(path: string, run: string, manifest: string): PublishedFile {
  const file = `/made/${run}/${path}`;
  const text = path === 'manifest.json' ? manifest : `${path} of ${run} ${'x'.repeat(2000)}`;
  bytes.set(file, Buffer.from(text));
  return { path, file, size: Buffer.byteLength(text), sha256: createHash('sha256').update(text).digest('hex') };
}

function contents(file: string): Buffer {
  const found = bytes.get(file);
  if (found === undefined) throw new Error(`no such file: ${file}`);
  return found;
}

/** One try. */
export function publish(
  { hub, host, said }: World,
  {
    settings = settingsOf(),
    publication = publicationOf(settings),
    journal = new MemoryJournal(),
  }: {
    readonly settings?: PublicationSettings;
    readonly publication?: Publication;
    readonly journal?: PublicationJournal;
  } = {},
): Promise<Published> {
  const say = (line: string): void => void said.push(line);
  const { signal } = new AbortController();
  return publishModel({ hub, host, journal, say, signal, onProgress: () => undefined }, settings, publication);
}

/** Of a try that was no dry run. */
export function reports(published: Published) {
  if (published.kind === 'preview') throw new Error('it only looked');
  return published.reports;
}

/** Calls `act` at each request of both sides, before and after its work, counted from 1. */
export function onRequest(
  { hub, host }: World,
  act: (count: number, when: 'before' | 'after', request: string) => void,
) {
  let count = 0;
  const hook = (request: string, when: 'before' | 'after'): void => {
    if (when === 'before') count += 1;
    act(count, when, request);
  };
  hub.before = hook;
  host.before = hook;
  return () => count;
}

/** All that a publication can have left, as one value to compare. */
export function traces({ hub, taxonomy }: World) {
  const repository = hub.repositories.get(REPO);
  return {
    commits: [...(repository?.commits.values() ?? [])].filter(({ message }) => message.includes('Ilab-Run: id-47'))
      .length,
    tags: [...(repository?.tags.keys() ?? [])],
    branches: [...taxonomy.branches.keys()],
    pulls: [...taxonomy.pulls.values()].filter(({ author }) => author === 'publisher').length,
    entries: [...taxonomy.branches.keys()].map(
      (branch) => taxonomy.file(branch, 'CHANGELOG.md')?.match(/^## weekly-47$/gm)?.length ?? 0,
    ),
    comments: taxonomy.comments.map(({ pull }) => pull).sort(),
    labels: [...taxonomy.pulls.values()].map(({ labels }) => labels),
    releases: taxonomy.releases.map(({ tag }) => tag),
  };
}
