import type { Octokit } from '@octokit/rest';
import type * as z from 'zod';
import { UserError } from '../../domain/errors.ts';
import * as answers from './answers.ts';
import { type Answer, type Asker, type Question, read } from './asker.ts';
import { NEEDS } from './refusal.ts';

/** Items that one answer holds. */
export const PAGE = 100;

/** What every part of the host needs: the SDK's calls, and how they are made. */
export class Api {
  readonly rest: Octokit['rest'];
  readonly #asker: Asker;
  #viewer: { readonly login: string } | 'app' | undefined;

  constructor(rest: Octokit['rest'], asker: Asker) {
    this.rest = rest;
    this.#asker = asker;
  }

  ask: Asker['ask'] = (question, signal, work) => this.#asker.ask(question, signal, work);

  async about(repo: string, signal: AbortSignal) {
    const question = read(`see the repository ${repo}`, NEEDS.see, answers.repositoryAnswer);
    const answer = await this.ask(question, signal, (request) => this.rest.repos.get({ ...placeOf(repo), request }));
    return { data: this.wanted(question, answer), headers: answer.kind === 'answered' ? answer.headers : {} };
  }

  /** Whose token it is; undefined for an app's. Asked once. */
  async user(signal: AbortSignal): Promise<string | undefined> {
    const question = read('ask whose token it is', NEEDS.see, answers.userAnswer);
    if (this.#viewer === undefined) {
      const answer = await this.ask(question, signal, (request) => this.rest.users.getAuthenticated({ request }));
      const isApp = answer.kind === 'refused' && answer.refusal.status === 403;
      this.#viewer = isApp ? 'app' : { login: this.wanted(question, answer).login };
    }
    return this.#viewer === 'app' ? undefined : this.#viewer.login;
  }

  /** Page after page. The SDK's own way loses the signal after the first. */
  async *pages<S extends z.ZodType>(
    question: Question<S>,
    signal: AbortSignal,
    work: (
      request: { signal: AbortSignal },
      paging: { per_page: number; page: number },
    ) => ReturnType<Parameters<Asker['ask']>[2]>,
  ): AsyncIterable<Answer<z.infer<S>>> {
    for (let page = 1; ; page += 1) {
      const answer = await this.ask(question, signal, (request) => work(request, { per_page: PAGE, page }));
      yield answer;
      if (answer.kind === 'refused' || !/rel="next"/.test(String(answer.headers['link'] ?? ''))) return;
    }
  }

  /** What was asked for. Throws the refusal as what a person can mend. */
  wanted<T>(question: Pick<Question<z.ZodType>, 'doing' | 'need'>, answer: Answer<T>): T {
    if (answer.kind === 'answered') return answer.data;
    throw this.#asker.fault(answer.refusal, question);
  }
}

/** That there is no such thing, or none that the token may see. */
export function isAbsent(answer: Answer<unknown>): boolean {
  return answer.kind === 'refused' && answer.refusal.status === 404;
}

/** Throws `bad-input` for what is no `owner/name`. */
export function placeOf(repo: string): { readonly owner: string; readonly repo: string } {
  const [, owner, name] = /^(\w[\w-]*)\/(?!\.\.?$)([\w.-]+)$/.exec(repo) ?? [];
  if (owner === undefined || name === undefined)
    throw new UserError('bad-input', `${JSON.stringify(repo)} is no repository`, { hint: 'write OWNER/NAME' });
  return { owner, repo: name };
}
