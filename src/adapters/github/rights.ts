import type { HostRights } from '../../ports/code-host.ts';
import * as answers from './answers.ts';
import { type Api, placeOf } from './api.ts';
import { type Answer, read } from './asker.ts';
import { NEEDS } from './refusal.ts';

/*
 * Which rights a fine-grained token has is told nowhere. So it is asked for what cannot be made: a branch at no commit, a
 * pull request from no branch. A token without the right is refused for that, one with it for what it asked. It may be
 * asked again like what is read.
 */

/** The branch that is not there. */
const PROBE = 'ilab-backend-asks-for-its-rights';
const NO_COMMIT = '0'.repeat(40);

/** What the token may do there; writes nothing. */
export async function rightsOf(api: Api, repo: string, signal: AbortSignal): Promise<HostRights> {
  const place = placeOf(repo);
  const { data: about, headers } = await api.about(repo, signal);
  const user = await api.user(signal);
  const known = { ...(user === undefined ? {} : { user }), ...expiryOf(headers) };
  const mayPush = about.permissions?.push === true;
  const scopes = headers['x-oauth-scopes'];
  if (typeof scopes === 'string') return { ...known, ...classicRights(scopes, about) };
  // What the host tells are its owner's rights; those of the token show when it is used.
  if (about.permissions?.push === false) return { ...known, contents: 'read', pullRequests: 'unknown' };
  const refs = await api.ask(read(`write to ${repo}`, NEEDS.writeContents, answers.anyAnswer), signal, (request) =>
    api.rest.git.createRef({ ...place, ref: `refs/heads/${PROBE}`, sha: NO_COMMIT, request }),
  );
  const pulls = await api.ask(
    read(`open pull requests in ${repo}`, NEEDS.writePulls, answers.anyAnswer),
    signal,
    (request) => api.rest.pulls.create({ ...place, title: PROBE, head: PROBE, base: about.default_branch, request }),
  );
  const contents = probedRight(refs);
  return {
    ...known,
    contents: contents === 'unknown' ? (mayPush ? 'write' : 'read') : contents,
    pullRequests: probedRight(pulls),
  };
}

function probedRight(answer: Answer<unknown>): 'read' | 'write' | 'unknown' {
  if (answer.kind === 'answered') return 'write';
  switch (answer.refusal.status) {
    case 403:
    case 404:
      return 'read';
    case 409:
    case 422:
      return 'write';
    default:
      return 'unknown';
  }
}

/** By the scopes of a classic token and what its owner may do. */
function classicRights(
  scopes: string,
  about: {
    readonly private: boolean;
    readonly permissions?: { readonly push: boolean; readonly triage: boolean } | null | undefined;
  },
): Pick<HostRights, 'contents' | 'pullRequests'> {
  const has = new Set(scopes.split(',').map((scope) => scope.trim()));
  const isEnough = has.has('repo') || (!about.private && has.has('public_repo'));
  const { push = false, triage = false } = about.permissions ?? {};
  return {
    contents: isEnough && push ? 'write' : 'read',
    pullRequests: isEnough && (push || triage) ? 'write' : 'read',
  };
}

/** "2026-12-05 12:00:00 UTC", or with `+0100` at its end. */
function expiryOf(headers: Readonly<Record<string, string | number | undefined>>): { readonly expires?: Date } {
  const told = String(headers['github-authentication-token-expiration'] ?? '');
  const time = Date.parse(told);
  return Number.isNaN(time) ? {} : { expires: new Date(time) };
}
