import { UserError } from '../../domain/errors.ts';
import type { CodeHost, FileChange, HostFile } from '../../ports/code-host.ts';
import * as answers from './answers.ts';
import { type Api, isAbsent, placeOf } from './api.ts';
import { read, write } from './asker.ts';
import { isProtected, NEEDS, type Refusal } from './refusal.ts';
import { textOf } from './text-of.ts';

type Contents = Pick<CodeHost, 'readFile' | 'changeFile'>;

/** Files of a branch. */
export function contents(api: Api): Contents {
  return {
    async readFile(repo: string, branch: string, path: string, signal: AbortSignal): Promise<HostFile | undefined> {
      const place = placeOf(repo);
      const doing = `read ${path} of ${repo}`;
      const question = read(doing, NEEDS.readContents, answers.contentAnswer);
      const answer = await api.ask(question, signal, (request) =>
        api.rest.repos.getContent({ ...place, path, ref: branch, request }),
      );
      if (isAbsent(answer)) return undefined;
      const found = api.wanted(question, answer);
      if (Array.isArray(found) || found.type !== 'file')
        throw new UserError('bad-input', `${path} of ${repo} is no file`, { hint: 'name another path' });
      if (found.encoding === 'base64') return { blob: found.sha, text: textOf(found.content ?? '', path, repo) };
      // Above 1 MB.
      const whole = read(doing, NEEDS.readContents, answers.blobAnswer);
      const blob = await api.ask(whole, signal, (request) =>
        api.rest.git.getBlob({ ...place, file_sha: found.sha, request }),
      );
      return { blob: found.sha, text: textOf(api.wanted(whole, blob).content, path, repo) };
    },

    async changeFile(
      repo: string,
      { branch, path, text, message, replaces }: FileChange,
      signal: AbortSignal,
    ): ReturnType<CodeHost['changeFile']> {
      const question = write(
        `write ${path} to the branch ${branch} of ${repo}`,
        NEEDS.writeContents,
        answers.fileCommitAnswer,
      );
      const change = { path, branch, message, content: Buffer.from(text).toString('base64') };
      const answer = await api.ask(question, signal, (request) =>
        api.rest.repos.createOrUpdateFileContents({
          ...placeOf(repo),
          ...change,
          ...(replaces === undefined ? {} : { sha: replaces }),
          request,
        }),
      );
      if (answer.kind === 'refused' && !isProtected(answer.refusal) && [409, 422].includes(answer.refusal.status)) {
        if (isOvertaken(answer.refusal)) return { kind: 'conflict' };
        // In other words than those known, another file than the one that was read says the same.
        const now = await this.readFile(repo, branch, path, signal);
        if (now?.blob !== replaces) return { kind: 'conflict' };
      }
      return { kind: 'changed', commit: api.wanted(question, answer).commit.sha };
    },
  };
}

/** That the file or the branch is not what it was when it was read. */
function isOvertaken({ text }: Refusal): boolean {
  return /does not match|but expected|wasn't supplied/i.test(text);
}
