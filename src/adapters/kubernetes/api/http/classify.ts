import type { KubeFaultKind } from '../kube-api.ts';
import { isCertificateFault } from './certificate-fault.ts';
import type { NetworkError } from './network-error.ts';
import { parseStatus, type ServerStatus } from './server-status.ts';

/** What went wrong with a request: no whole answer, or one that is no success. */
export type Failure =
  | { readonly kind: 'network'; readonly error: Pick<NetworkError, 'code' | 'message' | 'phase'> }
  | { readonly kind: 'answer'; readonly status: number; readonly body: string }
  /** Success by its number, and not what an API server says. */
  | { readonly kind: 'nonsense'; readonly status: number };

/** What follows from a failure. */
export interface Verdict {
  readonly kind: KubeFaultKind;
  /** For people: the server's own words, or ours. Never a page of HTML. */
  readonly message: string;
  /**
   * Whether the same request may do better later: `away` nobody answers, `busy` the server says so itself or something
   * before it does, `broken` it fails, `no` never. A write is only repeated when it was surely not done.
   */
  readonly again: 'away' | 'busy' | 'broken' | 'no';
  /** True when the server has refused the request before doing anything. */
  readonly undone: boolean;
  readonly status?: number;
  readonly reason?: string;
  readonly causes?: readonly string[];
  /** The server says that the object of the request, and not its kind or a page, is not there. */
  readonly missing?: boolean;
}

/** Whether a request changes something: then a lost answer leaves open what happened. */
export type Effect = 'reads' | 'writes';

/** The one place where failures get their meaning. */
export function classify(failure: Failure, effect: Effect): Verdict {
  switch (failure.kind) {
    case 'network':
      return ofNetwork(failure.error, effect);
    case 'nonsense': {
      const message = `what answers there is no Kubernetes API server (${failure.status} without JSON)`;
      return { ...unclear(effect), message, again: 'busy', undone: false, status: failure.status };
    }
    case 'answer':
      return ofAnswer(failure.status, failure.body, effect);
  }
}

const NAMES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there (connection refused)',
  ECONNRESET: 'the connection was cut',
  EPIPE: 'the connection was cut',
  ERR_STREAM_PREMATURE_CLOSE: 'the connection was cut',
  ENOTFOUND: 'its name is not known here',
  EAI_AGAIN: 'no name server answers',
  ENETUNREACH: 'there is no network to it',
  EHOSTUNREACH: 'there is no way to it',
  ETIMEDOUT: 'no connection came about in time',
  EPROTO: 'what answers there does not speak TLS',
};

function ofNetwork(
  { code, message, phase }: Pick<NetworkError, 'code' | 'message' | 'phase'>,
  effect: Effect,
): Verdict {
  const said = code.startsWith('HPE_') ? 'what answers there does not speak HTTP' : (NAMES[code] ?? message);
  if (phase === 'connecting') {
    const again = isCertificateFault(code) || code === 'EPROTO' ? 'no' : 'away';
    return { kind: 'unreachable', message: said, again, undone: true };
  }
  const kind = effect === 'writes' ? 'ambiguous' : 'unreachable';
  return { kind, message: said, again: 'away', undone: false };
}

function ofAnswer(status: number, body: string, effect: Effect): Verdict {
  const told = parseStatus(body);
  const facts = {
    status,
    message: told?.message || plain(status, body),
    ...(told?.reason === undefined ? {} : { reason: told.reason }),
    ...(told === undefined || told.causes.length === 0 ? {} : { causes: told.causes }),
  };
  if (status >= 500 || status === 408) return { ...facts, ...ofTrouble(status, facts.message, effect) };
  const refused = (kind: KubeFaultKind): Verdict => ({ ...facts, kind, again: 'no', undone: true });
  switch (status) {
    case 401:
      return refused('unauthorized');
    case 403:
      return refused(ofForbidden(facts.message));
    case 404:
      return ofNotFound(refused('not-found'), told, body, effect);
    case 409:
      return ofConflict(refused, told);
    case 410:
      return refused('expired');
    case 413:
      return refused('too-large');
    case 429:
      return { ...refused('server'), again: 'busy' };
    default:
      return refused(status >= 400 ? ofInvalid(facts.message) : 'server');
  }
}

const TOO_LARGE = /etcdserver: request is too large|trying to send message larger than max/;
/** Something before the server, or the server on its way up or down. */
const BUSY = new Set([408, 502, 503, 504]);

function ofTrouble(status: number, message: string, effect: Effect): Pick<Verdict, 'kind' | 'again' | 'undone'> {
  if (TOO_LARGE.test(message)) return { kind: 'too-large', again: 'no', undone: true };
  if (status === 501 || status === 505) return { kind: 'server', again: 'no', undone: true };
  return { ...unclear(effect), again: BUSY.has(status) ? 'busy' : 'broken', undone: false };
}

function unclear(effect: Effect): { readonly kind: KubeFaultKind } {
  return { kind: effect === 'writes' ? 'ambiguous' : 'server' };
}

/** RBAC and other authorizers say who cannot do what; what has another form comes from admission. */
function ofForbidden(message: string): KubeFaultKind {
  if (/exceeded quota|failed quota/.test(message)) return 'quota';
  return isAdmission(message) || /is forbidden: (?!User\b|user\b)/.test(message) ? 'denied' : 'forbidden';
}

function ofInvalid(message: string): KubeFaultKind {
  return isAdmission(message) ? 'denied' : 'invalid';
}

function isAdmission(message: string): boolean {
  return /admission webhook ".*" denied|ValidatingAdmissionPolicy '|violates PodSecurity/.test(message);
}

/** A page of something in between is no statement about an object: whoever believed it would give up a living run. */
function ofNotFound(verdict: Verdict, told: ServerStatus | undefined, body: string, effect: Effect): Verdict {
  if (told !== undefined) return { ...verdict, missing: told.reason === 'NotFound' && told.name !== undefined };
  if (/^\s*404 page not found\s*$/.test(body)) return { ...verdict, message: 'the server does not serve this kind' };
  return { ...verdict, ...unclear(effect), again: 'busy', undone: false };
}

/** Two writers at one quota are told to come again; nothing was stored. */
function ofConflict(refused: (kind: KubeFaultKind) => Verdict, told: ServerStatus | undefined): Verdict {
  if (told?.reason === 'AlreadyExists') return refused('exists');
  if (/resourcequotas "/.test(told?.message ?? '')) return { ...refused('server'), again: 'busy' };
  return refused('conflict');
}

/** The words for an answer without a `Status`: short plain text as it is, of anything else only its number. */
function plain(status: number, body: string): string {
  const text = body.trim();
  const readable = text !== '' && text.length <= 300 && !/[<{]/.test(text) && /^[\x20-\x7e\s]*$/.test(text);
  return readable ? text : `the answer was ${status} without a reason`;
}
