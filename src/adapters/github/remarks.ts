import type { CodeHost, HostComment } from '../../ports/code-host.ts';
import * as answers from './answers.ts';
import { type Api, placeOf } from './api.ts';
import { read, write } from './asker.ts';
import { NEEDS } from './refusal.ts';

/** Characters of a status' description that GitHub takes. */
const LONGEST_DESCRIPTION = 140;

type Remarks = Pick<CodeHost, 'findComment' | 'createComment' | 'updateComment' | 'addLabels' | 'setStatus'>;

/** What is said on a pull request or a commit: comments, labels, statuses. */
export function remarks(api: Api): Remarks {
  return {
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
