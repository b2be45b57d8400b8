import type { CodeHost, HostComment, PullRequest } from '../../ports/code-host.ts';
import * as answers from './answers.ts';
import { type Api, isAbsent, PAGE, placeOf } from './api.ts';
import { read, write } from './asker.ts';
import { NEEDS } from './refusal.ts';

/** Characters of a status' description that GitHub takes. */
const LONGEST_DESCRIPTION = 140;

type PullRequests = Pick<
  CodeHost,
  | 'pullsOfCommit'
  | 'pull'
  | 'pullFrom'
  | 'openPull'
  | 'findComment'
  | 'createComment'
  | 'updateComment'
  | 'addLabels'
  | 'setStatus'
>;

/** Pull requests and what is said on them. */
export function pullRequests(api: Api): PullRequests {
  return {
    async pullsOfCommit(repo: string, commit: string, signal: AbortSignal): Promise<readonly PullRequest[]> {
      const place = placeOf(repo);
      const question = read(
        `find the pull requests of commit ${commit.slice(0, 12)} in ${repo}`,
        NEEDS.readPulls,
        answers.pullAnswer.array(),
      );
      const found: PullRequest[] = [];
      for await (const page of api.pages(question, signal, (request, paging) =>
        api.rest.repos.listPullRequestsAssociatedWithCommit({ ...place, commit_sha: commit, ...paging, request }),
      )) {
        // "No commit found for SHA": nobody brought it here.
        if (page.kind === 'refused' && page.refusal.status === 422) return [];
        found.push(...api.wanted(question, page).map(answers.pullOf));
      }
      return found.filter(({ state }) => state === 'merged');
    },

    async pull(repo: string, number: number, signal: AbortSignal): Promise<PullRequest | undefined> {
      const question = read(`read pull request ${number} of ${repo}`, NEEDS.readPulls, answers.pullAnswer);
      const answer = await api.ask(question, signal, (request) =>
        api.rest.pulls.get({ ...placeOf(repo), pull_number: number, request }),
      );
      return isAbsent(answer) ? undefined : answers.pullOf(api.wanted(question, answer));
    },

    async pullFrom(repo: string, branch: string, signal: AbortSignal): Promise<PullRequest | undefined> {
      // The filter is for the owner's name of today, and the host leaves it out where it knows no such owner.
      const name = (await api.about(repo, signal)).data.full_name;
      const place = placeOf(name);
      const question = read(
        `find the pull request from ${branch} in ${repo}`,
        NEEDS.readPulls,
        answers.pullAnswer.array(),
      );
      const answer = await api.ask(question, signal, (request) =>
        api.rest.pulls.list({ ...place, state: 'open', head: `${place.owner}:${branch}`, per_page: PAGE, request }),
      );
      const found = api
        .wanted(question, answer)
        .find(({ head }) => head.ref === branch && head.repo?.full_name.toLowerCase() === name.toLowerCase());
      return found === undefined ? undefined : answers.pullOf(found);
    },

    async openPull(
      repo: string,
      { branch, onto, title, body }: Parameters<CodeHost['openPull']>[1],
      signal: AbortSignal,
    ): Promise<PullRequest> {
      const question = write(`open a pull request from ${branch} in ${repo}`, NEEDS.writePulls, answers.pullAnswer);
      const answer = await api.ask(question, signal, (request) =>
        api.rest.pulls.create({ ...placeOf(repo), head: branch, base: onto, title, body, request }),
      );
      return answers.pullOf(api.wanted(question, answer));
    },

    async findComment(
      repo: string,
      pull: number,
      marker: string,
      signal: AbortSignal,
    ): Promise<HostComment | undefined> {
      const user = await api.user(signal);
      const question = read(
        `read the comments of pull request ${pull} of ${repo}`,
        NEEDS.readPulls,
        answers.commentAnswer.array(),
      );
      const place = placeOf(repo);
      for await (const page of api.pages(question, signal, (request, paging) =>
        api.rest.issues.listComments({ ...place, issue_number: pull, ...paging, request }),
      )) {
        const found = api.wanted(question, page).find(
          ({ body, user: author }) =>
            // An app's token does not tell its name. People cannot write as what is no person.
            (user === undefined ? author?.type === 'Bot' : author?.login === user) && body?.startsWith(marker) === true,
        );
        if (found !== undefined) return answers.commentOf(found);
      }
      return undefined;
    },

    async createComment(repo: string, pull: number, body: string, signal: AbortSignal): Promise<HostComment> {
      const question = write(`comment on pull request ${pull} of ${repo}`, NEEDS.writePulls, answers.commentAnswer);
      const answer = await api.ask(question, signal, (request) =>
        api.rest.issues.createComment({ ...placeOf(repo), issue_number: pull, body, request }),
      );
      return answers.commentOf(api.wanted(question, answer));
    },

    async updateComment(repo: string, id: number, body: string, signal: AbortSignal): Promise<HostComment> {
      const question = write(`change comment ${id} in ${repo}`, NEEDS.writePulls, answers.commentAnswer);
      const answer = await api.ask(question, signal, (request) =>
        api.rest.issues.updateComment({ ...placeOf(repo), comment_id: id, body, request }),
      );
      return answers.commentOf(api.wanted(question, answer));
    },

    async addLabels(repo: string, pull: number, labels: readonly string[], signal: AbortSignal): Promise<void> {
      const question = write(`label pull request ${pull} of ${repo}`, NEEDS.writePulls, answers.anyAnswer);
      const answer = await api.ask(question, signal, (request) =>
        api.rest.issues.addLabels({ ...placeOf(repo), issue_number: pull, labels: [...labels], request }),
      );
      api.wanted(question, answer);
    },

    async setStatus(
      repo: string,
      commit: string,
      { context, state, description, url }: Parameters<CodeHost['setStatus']>[2],
      signal: AbortSignal,
    ): Promise<void> {
      const short =
        description.length > LONGEST_DESCRIPTION ? `${description.slice(0, LONGEST_DESCRIPTION - 1)}…` : description;
      const question = write(
        `set the status of commit ${commit.slice(0, 12)} in ${repo}`,
        NEEDS.writeStatuses,
        answers.anyAnswer,
      );
      const status = { context, state, description: short, target_url: url };
      const answer = await api.ask(question, signal, (request) =>
        api.rest.repos.createCommitStatus({ ...placeOf(repo), sha: commit, ...status, request }),
      );
      api.wanted(question, answer);
    },
  };
}
