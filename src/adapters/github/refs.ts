import type { CodeHost, HostRelease } from '../../ports/code-host.ts';
import * as answers from './answers.ts';
import { type Api, isAbsent, placeOf } from './api.ts';
import { read, write } from './asker.ts';
import { NEEDS } from './refusal.ts';

type Refs = Pick<CodeHost, 'findBranch' | 'createBranch' | 'findRelease' | 'createRelease'>;

/** Names of commits: branches, and the tags of releases. */
export function refs(api: Api): Refs {
  return {
    async findBranch(repo: string, branch: string, signal: AbortSignal): Promise<string | undefined> {
      const question = read(`find the branch ${branch} of ${repo}`, NEEDS.readContents, answers.refAnswer);
      const answer = await api.ask(question, signal, (request) =>
        api.rest.git.getRef({ ...placeOf(repo), ref: `heads/${branch}`, request }),
      );
      const isEmpty = answer.kind === 'refused' && answer.refusal.status === 409;
      return isAbsent(answer) || isEmpty ? undefined : api.wanted(question, answer).object.sha;
    },

    async createBranch(repo: string, branch: string, commit: string, signal: AbortSignal): Promise<void> {
      const question = write(`make the branch ${branch} in ${repo}`, NEEDS.writeContents, answers.refAnswer);
      const answer = await api.ask(question, signal, (request) =>
        api.rest.git.createRef({ ...placeOf(repo), ref: `refs/heads/${branch}`, sha: commit, request }),
      );
      if (answer.kind === 'refused' && /already exists/i.test(answer.refusal.text)) return;
      api.wanted(question, answer);
    },

    async findRelease(repo: string, tag: string, signal: AbortSignal): Promise<HostRelease | undefined> {
      const question = read(`find the release ${tag} of ${repo}`, NEEDS.readContents, answers.releaseAnswer);
      const answer = await api.ask(question, signal, (request) =>
        api.rest.repos.getReleaseByTag({ ...placeOf(repo), tag, request }),
      );
      return isAbsent(answer) ? undefined : answers.releaseOf(api.wanted(question, answer));
    },

    async createRelease(
      repo: string,
      { tag, onto, name, body, isLatest }: Parameters<CodeHost['createRelease']>[1],
      signal: AbortSignal,
    ): Promise<HostRelease> {
      const question = write(`make the release ${tag} in ${repo}`, NEEDS.writeContents, answers.releaseAnswer);
      const answer = await api.ask(question, signal, (request) =>
        api.rest.repos.createRelease({
          ...{ ...placeOf(repo), tag_name: tag, target_commitish: onto, name, body },
          ...{ make_latest: isLatest ? ('true' as const) : ('false' as const), request },
        }),
      );
      return answers.releaseOf(api.wanted(question, answer));
    },
  };
}
