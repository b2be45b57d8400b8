import type { CodeHost, PullRequest } from '../../ports/code-host.ts';
import * as answers from './answers.ts';
import { type Api, isAbsent, PAGE, placeOf } from './api.ts';
import { read, write } from './asker.ts';
import { NEEDS } from './refusal.ts';

type PullRequests = Pick<CodeHost, 'pullsOfCommit' | 'pull' | 'pullFrom' | 'openPull'>;

/** Pull requests, found and opened. */
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
  };
}
