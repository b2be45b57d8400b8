import { UserError } from '../../domain/errors.ts';
import type { MergedPull } from '../../domain/publication/manifest.ts';
import { keptBy } from '../../domain/publication/order.ts';
import { commentedRun, commentMarker, pullComment, statusText } from '../../domain/publication/pull-comment.ts';
import type { Report } from '../../domain/publication/report.ts';
import type { PullRequest } from '../../ports/code-host.ts';
import type { HostWork } from './host-steps.ts';
import { MODEL_COMMIT } from './hub-steps.ts';
import type { Step } from './step.ts';

/** What the pull requests are told. */
export interface PullWork extends HostWork {
  readonly report: Report;
}

/**
 * Steps for each pull request whose leaves are in the model: one comment, labels, a status. Where none was merged by this
 * run, and only changed leaves were used, it is the one that brought the commit.
 */
export async function pullSteps(work: PullWork, signal: AbortSignal): Promise<readonly Step[]> {
  const { isCommented, labels, hasStatus } = work.settings;
  if (!isCommented && labels.length === 0 && !hasStatus) return [];
  try {
    const pulls = await findPulls(work, signal);
    return pulls.flatMap((pull) => [
      ...(isCommented ? [commentStep(work, pull)] : []),
      ...(labels.length > 0 ? [labelStep(work, pull)] : []),
      ...(hasStatus ? [statusStep(work, pull)] : []),
    ]);
  } catch (error) {
    if (!(error instanceof UserError) || signal.aborted) throw error;
    const look = (): Promise<never> => Promise.reject(error);
    return [{ id: 'pulls', title: `Pull requests of ${work.settings.taxonomyRepo}`, needs: [], look }];
  }
}

async function findPulls({ host, settings, lineage }: PullWork, signal: AbortSignal): Promise<readonly MergedPull[]> {
  const { taxonomy, leaves } = lineage.manifest;
  if (taxonomy.pulls.length > 0) return taxonomy.pulls;
  if (taxonomy.commit === undefined || !taxonomy.isChangedOnly) return [];
  const found = await host.pullsOfCommit(settings.taxonomyRepo, taxonomy.commit, signal);
  const paths = leaves.map(({ path }) => path);
  return found.map(({ number, head }) => ({ number, commit: head, leaves: paths, authors: [] }));
}

function commentStep(work: PullWork, pull: MergedPull): Step {
  const { host, settings, lineage, report, order, address, needs } = work;
  const repo = settings.taxonomyRepo;
  const marker = commentMarker(lineage.model);
  const body = pullComment(lineage, report, pull, address);
  return {
    ...{ id: commentId(pull), title: `Comment on pull request ${pull.number} of ${repo}`, needs },
    look: async (signal) => {
      await requirePull(work, pull, signal);
      const there = await host.findComment(repo, pull.number, marker, signal);
      if (there !== undefined && isSameText(there.body, body)) return { kind: 'done', address: there.url };
      const newer = order.saw(commentId(pull), there && commentedRun(there.body));
      if (newer !== undefined) return { kind: 'done', note: keptBy(newer), ...(there && { address: there.url }) };
      const name = `comment-${pull.number}.md`;
      if (there === undefined) {
        return {
          kind: 'due',
          requests: [`comment on pull request ${pull.number} of ${repo}`],
          texts: [{ name, after: body }],
          act: async (acting) => ({
            kind: 'made',
            address: (await host.createComment(repo, pull.number, body, acting)).url,
          }),
        };
      }
      return {
        kind: 'due',
        requests: [`change comment ${there.id} on pull request ${pull.number} of ${repo}`],
        texts: [{ name, before: there.body, after: body }],
        act: async (acting) => ({
          kind: 'made',
          address: (await host.updateComment(repo, there.id, body, acting)).url,
        }),
      };
    },
  };
}

/** Adding a label that is there changes nothing; what a person took away since is not given back. */
function labelStep(work: PullWork, pull: MergedPull): Step {
  const { host, settings, journal, needs } = work;
  const { taxonomyRepo: repo, labels } = settings;
  const id = `labels-${pull.number}`;
  return {
    ...{ id, title: `Labels of pull request ${pull.number} of ${repo}`, needs },
    look: async (signal) => {
      if (journal.wasDone(id)) return { kind: 'done' };
      await requirePull(work, pull, signal);
      return {
        kind: 'due',
        requests: [`label pull request ${pull.number} of ${repo}: ${labels.join(', ')}`],
        texts: [],
        act: async (acting) => {
          await host.addLabels(repo, pull.number, labels, acting);
          return { kind: 'made' };
        },
      };
    },
  };
}

/** The same status once more takes the place of the one before; of a newer run's the comment tells, else the hub. */
function statusStep(work: PullWork, pull: MergedPull): Step {
  const { host, settings, lineage, report, journal, order, address, needs } = work;
  const repo = settings.taxonomyRepo;
  const id = `status-${pull.number}`;
  return {
    ...{ id, title: `Status of pull request ${pull.number} of ${repo}`, needs },
    look: async (signal) => {
      if (journal.wasDone(id)) return { kind: 'done' };
      const newer = order.newerAt(settings.isCommented ? commentId(pull) : MODEL_COMMIT);
      if (newer !== undefined) return { kind: 'done', note: keptBy(newer) };
      const { head, url } = await requirePull(work, pull, signal);
      const status = {
        context: `ilab-backend/${lineage.model}`,
        state: 'success' as const,
        description: statusText(lineage, report),
        url: address ?? url,
      };
      return {
        kind: 'due',
        requests: [`set the status ${status.context} of ${repo}@${head}: ${status.description}`],
        texts: [],
        act: async (acting) => {
          await host.setStatus(repo, head, status, acting);
          return { kind: 'made' };
        },
      };
    },
  };
}

function commentId({ number }: MergedPull): string {
  return `comment-${number}`;
}

async function requirePull({ host, settings }: PullWork, pull: MergedPull, signal: AbortSignal): Promise<PullRequest> {
  const found = await host.pull(settings.taxonomyRepo, pull.number, signal);
  if (found !== undefined) return found;
  throw new UserError('bad-input', `${settings.taxonomyRepo} has no pull request ${pull.number}`, {
    hint: 'name the repository of the taxonomy with `publish.taxonomyRepo`',
  });
}

/** Hosts may change line ends and what stands at the end. */
function isSameText(one: string, other: string): boolean {
  const plain = (text: string): string => text.replaceAll('\r\n', '\n').trim();
  return plain(one) === plain(other);
}
