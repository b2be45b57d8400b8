import type { ListingEntry } from '../../domain/data/digest.ts';
import { UserError } from '../../domain/errors.ts';
import { type Manifest, parseManifest } from '../../domain/publication/manifest.ts';
import { counted } from '../../domain/publication/markdown.ts';
import { type PublicationOrder, type PublishedRun, startText } from '../../domain/publication/order.ts';
import { headline } from '../../domain/publication/score-text.ts';
import type { PublicationSettings } from '../../domain/publication/settings.ts';
import { parseStatement, runOfStatement, STATEMENT_FILE } from '../../domain/publication/statement.ts';
import type { HubUpload, ModelPublisher } from '../../ports/model-hub.ts';
import { composeTexts, isPublishable, type Publication, type PublishedTexts, uploadsOf } from './content.ts';
import type { Look, Step } from './step.ts';

/** The id of the step that makes the model. */
export const MODEL_COMMIT = 'model-commit';

const BRANCH = 'main';
/** Further back nobody looks for a run's commit. */
const MOST_COMMITS = 1000;

type HubSettings = NonNullable<PublicationSettings['hub']>;

/** What the steps of a model hub work with. `onTexts` is told what the commit says, once it is known. */
export interface HubWork {
  readonly hub: ModelPublisher;
  readonly settings: HubSettings;
  readonly publication: Publication;
  readonly order: PublicationOrder;
  readonly onTexts: (texts: PublishedTexts) => void;
  /** From 0 to 1. */
  readonly onProgress: (fraction: number) => void;
}

/** The repository, one commit with all of it, and its tag. */
export function hubSteps(work: HubWork): readonly Step[] {
  const { hub, settings } = work;
  const { repo, tag } = settings;
  const commit: { oid?: string } = {};
  return [
    {
      id: 'model-repository',
      title: `Model repository ${repo}`,
      needs: [],
      look: async (signal) => {
        if ((await hub.findRepository(repo, signal)) !== undefined) return { kind: 'done', address: hub.address(repo) };
        const { isPrivate } = settings;
        return {
          kind: 'due',
          requests: [`create the ${isPrivate ? 'private' : 'public'} model repository ${repo}`],
          texts: [],
          act: async (acting) => {
            await hub.createRepository(repo, { isPrivate }, acting);
            return { kind: 'made', address: hub.address(repo) };
          },
        };
      },
    },
    {
      id: MODEL_COMMIT,
      title: `Model in ${repo}`,
      needs: ['model-repository'],
      look: async (signal) => {
        const look = await lookForCommit(work, signal);
        if (look.kind === 'found') {
          commit.oid = look.oid;
          return { kind: 'done', address: hub.address(repo, look.oid) };
        }
        refuseOlder(work);
        return commitLook(work, look, (oid) => {
          commit.oid = oid;
        });
      },
    },
    {
      id: 'model-tag',
      title: `Tag ${tag} of ${repo}`,
      needs: [MODEL_COMMIT],
      look: async (signal) => {
        const { oid } = commit;
        const there = oid === undefined ? undefined : await hub.findTag(repo, tag, signal);
        if (there !== undefined && there === oid) return { kind: 'done', address: hub.address(repo, tag) };
        if (there !== undefined) {
          throw new UserError('bad-input', `${repo} has a tag ${tag} already, at another commit (${there})`, {
            hint: 'name another with `publish.huggingFace.tag`',
          });
        }
        return {
          kind: 'due',
          requests: [`create the tag ${tag} of ${repo} at ${oid ?? 'the new commit'}`],
          texts: [],
          act: async (acting) => {
            const message = `Run ${work.publication.lineage.run.name}`;
            await hub.createTag(repo, { name: tag, oid: oid ?? '', message }, acting);
            return { kind: 'made', address: hub.address(repo, tag) };
          },
        };
      },
    },
  ];
}

/** The branch shows one model: not even for a moment may it be that of a run that others have followed. */
function refuseOlder({ settings, publication, order }: HubWork): void {
  const newer = order.newerAt(MODEL_COMMIT);
  if (newer === undefined) return;
  const { created = '' } = publication.lineage.run;
  const since = `${startText(newer.created)}, after this one (${startText(created)})`;
  const message = `${settings.repo} has the model of run ${newer.name}, which was started ${since}`;
  throw new UserError('bad-input', message, {
    hint: 'it stays; how to publish this one all the same: docs/publish.md#an-older-run',
  });
}

/** What a repository holds of earlier runs. */
interface Before {
  /** Absent while there is no repository. */
  readonly head?: string;
  readonly card?: string;
  readonly manifest?: Manifest;
  readonly changelog: string;
  /** Files of ours; what else there is belongs to others. */
  readonly files: readonly ListingEntry[];
  /** Whose they are. */
  readonly run?: PublishedRun;
}

type CommitSeen = { readonly kind: 'found'; readonly oid: string } | ({ readonly kind: 'absent' } & Before);

async function lookForCommit(
  { hub, settings, publication, order, onTexts }: HubWork,
  signal: AbortSignal,
): Promise<CommitSeen> {
  const { repo } = settings;
  const repository = await hub.findRepository(repo, signal);
  if (repository === undefined) {
    onTexts(composeTexts(publication, { changelog: '' }));
    return { kind: 'absent', changelog: '', files: [] };
  }
  const trailer = trailerOf(publication.lineage.run.id);
  let ours: string | undefined;
  let older: string | undefined;
  let seen = 0;
  for await (const { oid, message } of hub.commits(repo, BRANCH, signal)) {
    if (ours !== undefined) older = oid;
    else if (message.split(/\r?\n/).includes(trailer)) ours = oid;
    seen += 1;
    if (older !== undefined || seen === MOST_COMMITS) break;
  }
  // What is compared with is what was there before this run's commit, also when it is made already.
  const basis = ours === undefined ? repository.head : older;
  const before: Before =
    basis === undefined ? { changelog: '', files: [] } : await readBefore(hub, repo, basis, signal);
  onTexts(composeTexts(publication, before));
  order.saw(MODEL_COMMIT, await runOnTop(hub, repo, { ours, head: repository.head, before }, signal));
  return ours === undefined ? { kind: 'absent', head: repository.head, ...before } : { kind: 'found', oid: ours };
}

/** Whose model the branch shows, where it is not this run's. */
async function runOnTop(
  hub: ModelPublisher,
  repo: string,
  { ours, head, before }: { readonly ours: string | undefined; readonly head: string; readonly before: Before },
  signal: AbortSignal,
): Promise<PublishedRun | undefined> {
  if (ours === undefined) return before.run;
  return ours === head ? undefined : readable(runOfStatement, await hub.readText(repo, head, STATEMENT_FILE, signal));
}

async function readBefore(hub: ModelPublisher, repo: string, revision: string, signal: AbortSignal): Promise<Before> {
  const read = (path: string): Promise<string | undefined> => hub.readText(repo, revision, path, signal);
  const manifest = readable(parseManifest, await read('manifest.json'));
  const card = await read('README.md');
  const statement = await read(STATEMENT_FILE);
  const run = readable(runOfStatement, statement);
  return {
    ...(manifest === undefined ? {} : { manifest }),
    ...(card === undefined ? {} : { card }),
    changelog: (await read('CHANGELOG.md')) ?? '',
    files: readable(parseStatement, statement) ?? [],
    ...(run === undefined ? {} : { run }),
  };
}

/** What others may have written over is no fault of this run. */
function readable<T>(parse: (text: string) => T, text: string | undefined): T | undefined {
  if (text === undefined) return undefined;
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

function commitLook(work: HubWork, before: Before, onOid: (oid: string) => void): Look {
  const { hub, settings, publication, onProgress } = work;
  const { repo } = settings;
  const safe = { ...publication, files: publication.files.filter(({ path }) => isPublishable(path)) };
  const texts = composeTexts(safe, before);
  const uploads = uploadsOf(safe, texts);
  const paths = new Set(uploads.map(({ path }) => path));
  const deletions = before.files.map(({ path }) => path).filter((path) => !paths.has(path));
  const { run } = publication.lineage;
  const bytes = uploads.reduce((sum, upload) => sum + (upload.kind === 'file' ? upload.size : upload.text.length), 0);
  const sentence = headline(publication.report);
  return {
    kind: 'due',
    requests: [
      `commit ${counted(uploads.length, 'file', 'files')} (${bytes} bytes) to ${repo}, branch ${BRANCH}`,
      ...uploads.map(uploadLine),
      ...deletions.map((path) => `- ${path}`),
    ],
    texts: [
      change('README.md', before.card, texts.card),
      change('CHANGELOG.md', before.changelog === '' ? undefined : before.changelog, texts.changelog),
    ],
    act: async (signal) => {
      const committed = await hub.commit(
        {
          ...{ repo, branch: BRANCH, parent: before.head ?? '', uploads, deletions },
          title: `Publish ${run.name}`,
          message: `${sentence === undefined ? '' : `${sentence}.\n\n`}${trailerOf(run.id)}`,
        },
        (sent) => onProgress(bytes === 0 ? 1 : Math.min(1, sent / bytes)),
        signal,
      );
      if (committed.kind === 'conflict') return committed;
      onOid(committed.oid);
      return { kind: 'made', address: hub.address(repo, committed.oid) };
    },
  };
}

function trailerOf(run: string): string {
  return `Ilab-Run: ${run}`;
}

function uploadLine(upload: HubUpload): string {
  return `+ ${upload.path} (${upload.kind === 'file' ? upload.size : Buffer.byteLength(upload.text)} bytes)`;
}

function change(name: string, before: string | undefined, after: string) {
  return before === undefined ? { name, after } : { name, before, after };
}
