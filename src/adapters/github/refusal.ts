import { UserError } from '../../domain/errors.ts';

/** What the host said when it refused. Nothing of the request is in it. */
export interface Refusal {
  readonly status: number;
  /** The host's own words on one line; may be empty. */
  readonly text: string;
  readonly headers: Headers;
}

type Headers = Readonly<Record<string, string | number | undefined>>;

/** The right that a request needs: of a fine-grained token or an app, and the scope of a classic one. */
export interface Need {
  readonly fine: string;
  readonly classic: string;
}

const REPO = '`repo` (`public_repo` where it is public)';

/** By what is done, in the words of GitHub's settings. */
export const NEEDS = {
  see: { fine: 'Metadata: read', classic: REPO },
  readContents: { fine: 'Contents: read', classic: REPO },
  writeContents: { fine: 'Contents: write', classic: REPO },
  readPulls: { fine: 'Pull requests: read', classic: REPO },
  writePulls: { fine: 'Pull requests: write', classic: REPO },
  writeStatuses: { fine: 'Commit statuses: write', classic: '`repo:status` or `repo`' },
} as const satisfies Record<string, Need>;

const PROTECTED =
  /rule violation|protected branch|through a pull request|approving review|required status|protected ref|signed commits/i;

/** That a rule of the repository forbids the change, not the token. */
export function isProtected({ status, text }: Refusal): boolean {
  return (status === 403 || status === 409 || status === 422) && PROTECTED.test(text);
}

/** `doing` stands after "cannot": "comment on pull request 7 of o/r". */
export function asUserError(refusal: Refusal, host: string, doing: string, need: Need): UserError {
  const { status, text, headers } = refusal;
  const said = text === '' ? `${host} answered ${status}` : `${host}: ${text}`;
  const cause = new Error(`${host} answered ${status}`);
  const refused = (message: string, hint: string) => new UserError('bad-input', message, { hint, cause });
  const rights = `a fine-grained token needs \`${need.fine}\` for this repository, a classic one the scope ${need.classic}`;
  if (status === 401)
    return refused(
      `${host} refuses the token of GITHUB_TOKEN: ${text === '' ? status : text}`,
      `it is wrong, expired or revoked: make a new one; ${rights}`,
    );
  if (isProtected(refusal))
    return refused(
      `a rule of the repository forbids to ${doing} (${said})`,
      'let the change go by a pull request, or let the owner of the token bypass the rule',
    );
  if (status === 403 && /^required/.test(headerOf(headers, 'x-github-sso')))
    return refused(
      `the token is not authorized for the organization's single sign-on: cannot ${doing}`,
      'authorize it: https://github.com/settings/tokens, "Configure SSO"',
    );
  if (status === 403 && /suspended|disabled|allow list/i.test(text))
    return refused(`cannot ${doing} (${said})`, 'an owner of the organization can say more');
  if (status === 403 && /archived|locked/i.test(text))
    return refused(`cannot ${doing} (${said})`, 'the repository or the conversation has to be opened again first');
  if (status === 403) return refused(`the token may not ${doing} (${said})`, `${rights}${seenRights(headers)}`);
  if (status === 404)
    return refused(
      `cannot ${doing}: ${host} has no such thing, or does not show it to the token`,
      `check the names; ${rights}${seenRights(headers)}`,
    );
  return refused(
    `${host} refuses to ${doing}: ${text === '' ? status : text}`,
    'the right is there; what was asked for is not possible',
  );
}

/** What the host tells of the rights that were missing. */
function seenRights(headers: Headers): string {
  const accepted = headerOf(headers, 'x-accepted-github-permissions');
  const scopes = headers['x-oauth-scopes'];
  if (/^[a-z_=,; ]{1,200}$/.test(accepted)) return `; the host asks for ${accepted.replaceAll(/; */g, ' or ')}`;
  if (typeof scopes !== 'string' || !/^[\w:, ]{0,300}$/.test(scopes)) return '';
  return scopes === '' ? '; this one has no scope' : `; this one has ${scopes}`;
}

function headerOf(headers: Headers, name: string): string {
  return String(headers[name] ?? '');
}

const LONGEST_TEXT = 300;

/** The host's words as one line without control characters, and without the token should the host repeat it. */
export function wordsOf(data: unknown, token: string): string {
  if (typeof data !== 'object' || data === null) return '';
  const { message, errors } = data as { readonly message?: unknown; readonly errors?: unknown };
  const more = Array.isArray(errors) ? errors.flatMap(detail) : [];
  const words = [typeof message === 'string' ? message : '', ...more].filter((part) => part !== '').join('; ');
  const clean = words
    .replaceAll(token, '***')
    .replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim();
  return clean.length > LONGEST_TEXT ? `${clean.slice(0, LONGEST_TEXT)}…` : clean;
}

function detail(error: unknown): string[] {
  if (typeof error === 'string') return [error];
  if (typeof error !== 'object' || error === null) return [];
  const { message, field, code } = error as Record<string, unknown>;
  if (typeof message === 'string') return [message];
  return typeof field === 'string' && typeof code === 'string' ? [`${field}: ${code}`] : [];
}
