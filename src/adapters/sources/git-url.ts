import { UserError } from '../../domain/errors.ts';
import { git } from './git.ts';

const ALLOWED = /^(https:\/\/|ssh:\/\/|git@)/;
const COMMIT = /^[0-9a-f]{40,64}$/;

/** A repository by URL, with an optional `#ref`. */
export function isGitUrl(location: string): boolean {
  return ALLOWED.test(location) || /^(git|http|file|ext)(\+[a-z]+)?:/.test(location);
}

/** The commit that a git URL's branch, tag or HEAD is at now. Only https and ssh; throws `bad-input`. */
export async function pinGitUrl(
  input: string,
  location: string,
  cwd: string,
  signal: AbortSignal,
): Promise<{ readonly url: string; readonly commit: string }> {
  if (!ALLOWED.test(location)) {
    throw new UserError(
      'bad-input',
      `${input}: ${location} is not fetched: a repository is taken by https or ssh only`,
      {
        hint: 'clone it and give the folder',
      },
    );
  }
  const at = location.indexOf('#');
  const url = at < 0 ? location : location.slice(0, at);
  const ref = at < 0 ? 'HEAD' : location.slice(at + 1);
  if (COMMIT.test(ref)) return { url, commit: ref };
  const answer = await git(cwd, ['ls-remote', '--exit-code', '--', url, ref], signal);
  switch (answer.kind) {
    case 'ok': {
      const commit = answer.text.split(/\s/, 1)[0] ?? '';
      if (COMMIT.test(commit)) return { url, commit };
      throw new UserError('bad-input', `${input}: ${url} has no branch or tag ${ref}`);
    }
    case 'refused':
      throw new UserError(
        'bad-input',
        `${input}: ${url} cannot be read: ${answer.message || `it has no branch or tag ${ref}`}`,
        {
          hint: 'check the URL, the branch and your credentials: `git ls-remote URL`',
        },
      );
    case 'absent':
      throw new UserError('bad-input', `${input}: git is needed to read ${url} and is not installed`);
  }
}
