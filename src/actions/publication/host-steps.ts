import { UserError } from '../../domain/errors.ts';
import { hasEntry, withEntry } from '../../domain/publication/changelog.ts';
import type { Lineage } from '../../domain/publication/lineage.ts';
import { link } from '../../domain/publication/markdown.ts';
import type { PublicationOrder } from '../../domain/publication/order.ts';
import type { HostSettings } from '../../domain/publication/settings.ts';
import type { CodeHost, HostFile } from '../../ports/code-host.ts';
import type { PublicationJournal } from '../../ports/publication-journal.ts';
import { MODEL_COMMIT } from './hub-steps.ts';
import type { Look, Step } from './step.ts';

/** What the steps of a code host work with. */
export interface HostWork {
  readonly host: CodeHost;
  readonly settings: HostSettings;
  readonly lineage: Lineage;
  readonly journal: PublicationJournal;
  readonly order: PublicationOrder;
  /** The run's part of the ChangeLog. */
  readonly entry: () => string;
  /** Of the published model; absent where it is published at no hub. */
  readonly address?: string;
  /** Ids of the steps that make the model; nothing is told of one that is not there. */
  readonly needs: readonly string[];
}

/** The entry in the repository's ChangeLog: on its default branch, or proposed by a pull request; and a release. */
export function repositorySteps(work: HostWork): readonly Step[] {
  const { by } = work.settings.changelog;
  return [
    ...(by === 'commit' ? [commitStep(work)] : []),
    ...(by === 'pull-request' ? [branchStep(work), pullStep(work)] : []),
    ...(work.settings.isReleased ? [releaseStep(work)] : []),
  ];
}

function commitStep(work: HostWork): Step {
  const { host, settings, lineage, needs } = work;
  const { repo, changelog } = settings;
  return {
    ...{ id: 'changelog', title: `ChangeLog of ${repo}`, needs },
    look: async (signal) => {
      const branch = await host.defaultBranch(repo, signal);
      const file = await host.readFile(repo, branch, changelog.path, signal);
      if (file !== undefined && hasEntry(file.text, lineage.run.name)) return { kind: 'done' };
      return changeLook(work, branch, file, []);
    },
  };
}

function branchStep(work: HostWork): Step {
  const { host, settings, lineage, journal, needs } = work;
  const { repo, changelog } = settings;
  const id = 'changelog';
  return {
    ...{ id, title: `ChangeLog of ${repo}, on a branch`, needs },
    look: async (signal) => {
      const { onto, isThere } = await lookAtDefault(work, signal);
      if (isThere || journal.wasDone(id)) return { kind: 'done' };
      const branch = branchOf(lineage);
      const there = await host.findBranch(repo, branch, signal);
      const file = await host.readFile(repo, there === undefined ? onto : branch, changelog.path, signal);
      if (file !== undefined && hasEntry(file.text, lineage.run.name)) return { kind: 'done' };
      if (there !== undefined) return changeLook(work, branch, file, []);
      const commit = await host.findBranch(repo, onto, signal);
      const change = changeLook(work, branch, file, [`create the branch ${branch} of ${repo} at ${commit ?? onto}`]);
      return {
        ...change,
        act: async (acting) => {
          if (commit === undefined) throw new UserError('bad-input', `${repo} has no commit on its branch ${onto}`);
          await host.createBranch(repo, branch, commit, acting);
          return change.act(acting);
        },
      };
    },
  };
}

function pullStep(work: HostWork): Step {
  const { host, settings, lineage, journal } = work;
  const { repo } = settings;
  const id = 'changelog-pull';
  const branch = branchOf(lineage);
  return {
    ...{ id, title: `Pull request for the ChangeLog of ${repo}`, needs: ['changelog'] },
    look: async (signal) => {
      const { onto, isThere } = await lookAtDefault(work, signal);
      // Merged, or closed by somebody: it was opened, and what became of it is theirs to decide.
      if (isThere || journal.wasDone(id)) return { kind: 'done' };
      const open = await host.pullFrom(repo, branch, signal);
      if (open !== undefined) return { kind: 'done', address: open.url };
      const title = titleOf(lineage);
      const body = entryText(work);
      return {
        kind: 'due',
        requests: [`open a pull request of ${repo} from ${branch} onto ${onto}: ${title}`],
        texts: [{ name: 'pull-request.md', after: body }],
        act: async (acting) => {
          const pull = await host.openPull(repo, { branch, onto, title, body }, acting);
          return { kind: 'made', address: pull.url };
        },
      };
    },
  };
}

function releaseStep(work: HostWork): Step {
  const { host, settings, lineage, order, needs } = work;
  const { repo } = settings;
  const tag = `${lineage.model}-${lineage.run.name}`;
  return {
    ...{ id: 'release', title: `Release ${tag} of ${repo}`, needs },
    look: async (signal) => {
      const there = await host.findRelease(repo, tag, signal);
      if (there !== undefined) return { kind: 'done', address: there.url };
      const onto = await host.defaultBranch(repo, signal);
      const body = entryText(work);
      const isLatest = order.newerAt(MODEL_COMMIT) === undefined;
      return {
        kind: 'due',
        requests: [`create the release ${tag} of ${repo} on ${onto}${isLatest ? '' : ', not as the latest'}`],
        texts: [{ name: 'release.md', after: body }],
        act: async (acting) => {
          const release = { tag, onto, name: `${lineage.model} ${lineage.run.name}`, body, isLatest };
          return { kind: 'made', address: (await host.createRelease(repo, release, acting)).url };
        },
      };
    },
  };
}

async function lookAtDefault({ host, settings, lineage }: HostWork, signal: AbortSignal) {
  const { repo, changelog } = settings;
  const onto = await host.defaultBranch(repo, signal);
  const file = await host.readFile(repo, onto, changelog.path, signal);
  return { onto, isThere: file !== undefined && hasEntry(file.text, lineage.run.name) };
}

function changeLook(
  work: HostWork,
  branch: string,
  file: HostFile | undefined,
  requests: readonly string[],
): Extract<Look, { readonly kind: 'due' }> {
  const { host, settings, lineage } = work;
  const { repo, changelog } = settings;
  const { path } = changelog;
  const text = withEntry(file?.text ?? '', lineage.run.name, entryText(work));
  return {
    kind: 'due',
    requests: [...requests, `commit ${path} to ${repo}, branch ${branch}`],
    texts: [{ name: path, ...(file === undefined ? {} : { before: file.text }), after: text }],
    act: async (signal) => {
      const replaces = file === undefined ? {} : { replaces: file.blob };
      const change = { branch, path, text, message: titleOf(lineage), ...replaces };
      const changed = await host.changeFile(repo, change, signal);
      return changed.kind === 'conflict' ? changed : { kind: 'made' };
    },
  };
}

function entryText({ entry, address }: HostWork): string {
  return address === undefined ? entry() : `${entry()}\n\n${link('The model', address)}`;
}

function titleOf({ model, run }: Lineage): string {
  return `ChangeLog: ${model}, run ${run.name}`;
}

function branchOf({ model, run }: Lineage): string {
  return `ilab-backend/${model}/${run.name}`;
}
