import { UserError } from '../../domain/errors.ts';
import { maskTokens } from '../../domain/redaction/token-shapes.ts';

const LONGEST_SAYING = 300;
// biome-ignore lint/suspicious/noControlCharactersInRegex: what a server says is shown on a terminal
const CONTROL = /[\u0000-\u001f\u007f-\u009f]+/g;
const CERTIFICATE = /^(CERT_|SELF_SIGNED|DEPTH_ZERO_SELF_SIGNED|UNABLE_TO_|ERR_TLS_CERT|HOSTNAME_MISMATCH)/;
/** Of a connection that was there. */
const CLOSED = /^(UND_ERR_SOCKET|ECONNRESET|EPIPE)$/;
/** The request has not left this machine. */
const NOT_SENT = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT)$/;

/** Where something was asked, and by whom; for what is said of it. */
export interface Asked {
  /** Without a slash at the end. */
  readonly endpoint: string;
  readonly host: string;
  readonly hasToken: boolean;
  readonly repo: string;
  readonly revision?: string;
}

/**
 * Why the hub did not do what it was asked. It ends in this folder. It is made from an answer and never from a request, so
 * that neither the token nor a signed address can be in it.
 */
export class HubFault extends Error {
  override readonly name = 'HubFault';
  /** `away` may pass by itself, `refused` does not. */
  readonly kind: 'away' | 'refused';
  /** What the hub says of it, or nothing. */
  readonly said: string;
  /** Absent where there was no answer. */
  readonly status: number | undefined;
  /** `X-Error-Code` of the hub: `RepoNotFound`, `GatedRepo`, ... */
  readonly code: string | undefined;
  /** It certainly did nothing, so it can be asked again. */
  readonly isUndone: boolean;
  /** Seconds that the hub asks to wait. */
  readonly retryAfterS: number | undefined;
  /** It comes from the storage of large files, whose addresses expire. */
  readonly isStorage: boolean;

  constructor(
    kind: HubFault['kind'],
    message: string,
    more: {
      readonly said?: string;
      readonly status?: number;
      readonly code?: string | undefined;
      readonly isUndone?: boolean;
      readonly retryAfterS?: number | undefined;
      readonly isStorage?: boolean;
    } = {},
  ) {
    super(message);
    this.kind = kind;
    this.said = more.said ?? '';
    this.status = more.status;
    this.code = more.code;
    this.isUndone = more.isUndone ?? false;
    this.retryAfterS = more.retryAfterS;
    this.isStorage = more.isStorage ?? false;
  }
}

/** An answer that is not the one that was asked for. `said`: absent for the storage of large files, whose words may hold what was signed. */
export function faultOf(response: Response, host: string, said: string | undefined): HubFault {
  const { status, headers } = response;
  const isAway = status === 408 || status === 429 || status >= 500;
  const whose = said === undefined ? `an address that ${host} gave` : host;
  return new HubFault(isAway ? 'away' : 'refused', `${whose} answered ${status}${tail(said)}`, {
    said: said ?? `an address that it gave answered ${status}`,
    status,
    code: headers.get('x-error-code') ?? undefined,
    isUndone: status === 429,
    retryAfterS: retryAfterOf(headers),
    isStorage: said === undefined,
  });
}

function tail(said = ''): string {
  return said === '' ? '' : `: ${said}`;
}

/** No answer at all. */
export function networkFault(error: unknown, host: string): HubFault {
  const code = networkCodeOf(error);
  if (CERTIFICATE.test(code))
    return new HubFault('refused', `the certificate of ${host} is not trusted (${code})`, { code: 'Certificate' });
  const what = CLOSED.test(code) ? 'closed the connection' : `does not answer${code === '' ? '' : ` (${code})`}`;
  return new HubFault('away', `${host} ${what}`, {
    isUndone: NOT_SENT.test(code),
  });
}

/** What the server says, fit to be shown: one line, no escapes, no tokens, not endless. */
export function saying(text: string, token: string | undefined): string {
  const known = token === undefined || token === '' ? text : text.replaceAll(token, '***');
  const line = maskTokens(known).replace(CONTROL, ' ').trim();
  return line.length <= LONGEST_SAYING ? line : `${line.slice(0, LONGEST_SAYING)}...`;
}

/** What is thrown to whoever asked. */
export function asUserError(error: unknown, asked: Asked): UserError {
  if (error instanceof UserError) return error;
  if (!(error instanceof HubFault)) return notUnderstood(error, asked);
  return notReached(error, asked) ?? refusedByCode(error, asked) ?? refusedByStatus(error, asked);
}

function notUnderstood(error: unknown, { host, repo }: Asked): UserError {
  const what = error instanceof Error ? ` (${error.name}: ${saying(error.message, undefined)})` : '';
  return new UserError('unreachable', `${host} answered something that is not understood, asked for ${repo}${what}`, {
    hint: 'is HF_ENDPOINT the address of a hub?',
  });
}

/** Undefined for what was answered by whom it was asked of. */
function notReached(cause: HubFault, { repo }: Asked): UserError | undefined {
  const { kind, message, retryAfterS, isStorage } = cause;
  if (kind === 'away')
    return new UserError('unreachable', `${message} (asked for ${repo})`, {
      cause,
      hint:
        retryAfterS === undefined
          ? 'try again; a mirror is named with HF_ENDPOINT'
          : `it asks to wait ${Math.ceil(retryAfterS)} s: try again then`,
    });
  if (!isStorage) return undefined;
  return new UserError('unreachable', `${message}: what belongs to ${repo} does not pass`, {
    cause,
    hint: 'try again; a proxy or a firewall between here and there may refuse it, too',
  });
}

/** By the hub's own code; undefined where it gives none that says more than the status. */
function refusedByCode(cause: HubFault, { host, repo, endpoint, revision = 'main' }: Asked): UserError | undefined {
  switch (cause.code) {
    case 'Certificate':
      return new UserError('unreachable', cause.message, {
        cause,
        hint: 'name its authority with NODE_EXTRA_CA_CERTS',
      });
    case 'GatedRepo':
      return new UserError(
        'bad-input',
        `${repo} is gated, and the owner of the token is not let in${tail(cause.said)}`,
        {
          cause,
          hint: `ask for access at ${endpoint}/${repo}`,
        },
      );
    case 'EntryNotFound':
      return new UserError('bad-input', `${repo} has no such file${tail(cause.said)}`, {
        cause,
        hint: `see what it has: ${endpoint}/${repo}/tree/${revision}`,
      });
    case 'RevisionNotFound':
      return new UserError('bad-input', `${host} has no model ${repo} with the revision ${revision}`, {
        cause,
        hint: `name a branch, a tag or a commit that it has: ${endpoint}/${repo}/commits/main`,
      });
    default:
      return undefined;
  }
}

function refusedByStatus(cause: HubFault, { host, repo, endpoint, hasToken }: Asked): UserError {
  const page = `${endpoint}/settings/tokens`;
  switch (cause.status) {
    case 401:
      return hasToken
        ? new UserError('bad-input', `${host} does not take the token${tail(cause.said)}`, {
            cause,
            hint: `it is unknown, revoked or expired: make one at ${page} (to publish: with write access) and set HF_TOKEN to it`,
          })
        : new UserError('bad-input', `${host} gives no access to ${repo} without a token`, {
            cause,
            hint: 'check the name; for a private or gated model set HF_TOKEN to a token that may read it',
          });
    case 403:
      return new UserError('bad-input', `${host} does not allow this on ${repo}${tail(cause.said)}`, {
        cause,
        hint: rightsHint(repo, page),
      });
    case 404:
      return new UserError('bad-input', `${host} has no model ${repo}, or none that the token may see`, {
        cause,
        hint: 'check the name; a private model needs a token of its owner in HF_TOKEN',
      });
    default:
      return new UserError(
        'bad-input',
        `${host} refuses what was asked of ${repo} (${cause.status})${tail(cause.said)}`,
        { cause, hint: 'what the hub says is in the message' },
      );
  }
}

/** What a token needs to publish to `repo`. */
export function rightsHint(repo: string, page: string): string {
  const [namespace = ''] = repo.split('/');
  return `make a token of the type "write" at ${page}, or a fine-grained one with "Write access to contents/settings" of the repositories of ${namespace}; its owner is ${namespace}, or a member of it who may write`;
}

function retryAfterOf(headers: Headers): number | undefined {
  const after = headers.get('retry-after');
  if (after !== null && /^\d+$/.test(after)) return Number(after);
  const date = after === null ? Number.NaN : Date.parse(after);
  if (!Number.isNaN(date)) return Math.max(0, (date - Date.now()) / 1000);
  // The hub's own: `"api";r=0;t=55`, nothing remains for so many seconds.
  const found = /;r=0;t=(?<seconds>\d+)/.exec(headers.get('ratelimit') ?? '')?.groups?.['seconds'];
  return found === undefined ? undefined : Number(found);
}

function networkCodeOf(error: unknown): string {
  for (let at = error; at instanceof Error; at = at.cause)
    if ('code' in at && typeof at.code === 'string') return at.code;
  return '';
}
