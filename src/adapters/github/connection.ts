import { Agent as HttpAgent, request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';

/** Renames in a row that are followed. */
const MOST_REDIRECTS = 3;
const NO_BODY = new Set([204, 205, 304]);

/** That no answer came, or only a part of one. The message names the reason; it holds nothing of the request. */
export class NoAnswer extends Error {
  /** `lost`: the request may have arrived. `unsent`: there was no connection. `refused`: asking again is in vain. */
  readonly kind: 'lost' | 'unsent' | 'refused';
  readonly hint: string | undefined;

  constructor(kind: NoAnswer['kind'], message: string, hint?: string) {
    super(message);
    this.kind = kind;
    this.hint = hint;
  }
}

export interface ConnectionOptions {
  /** From the first byte of a request to the last of its answer. */
  readonly requestSeconds: number;
  /** Where proxies are named: HTTP_PROXY, HTTPS_PROXY, NO_PROXY. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

interface Sent {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal;
}

/**
 * A `fetch` for the SDK. Node's own follows a renamed repository with a GET whatever was asked, knows proxies by a flag of
 * the process only, and leaves it to the SDK to read the answer, which takes half of one for an empty one.
 */
export function createFetch({
  requestSeconds,
  env,
}: ConnectionOptions): (url: string, sent: Sent) => Promise<Response> {
  // What was idle may be closed by the other side while a request is on its way: not for what must not be asked twice.
  const agents = {
    'http:': [new HttpAgent({ proxyEnv: env }), new HttpAgent({ proxyEnv: env, keepAlive: true })],
    'https:': [new HttpsAgent({ proxyEnv: env }), new HttpsAgent({ proxyEnv: env, keepAlive: true })],
  } as const;

  async function once(url: URL, sent: Sent, signal: AbortSignal): Promise<Response> {
    const isRead = sent.method === undefined || sent.method === 'GET';
    const [send, [fresh, kept]] =
      url.protocol === 'https:' ? [httpsRequest, agents['https:']] : [httpRequest, agents['http:']];
    const { method = 'GET', headers = {}, body } = sent;
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const request = send(url, { method, headers: { ...headers, ...length }, agent: isRead ? kept : fresh, signal });
      request.once('response', resolve).once('error', reject).end(body);
    });
    const pieces: Uint8Array[] = [];
    for await (const piece of answer) pieces.push(piece as Uint8Array);
    const { statusCode = 0 } = answer;
    const whole = NO_BODY.has(statusCode) ? null : Buffer.concat(pieces);
    return new Response(whole, { status: statusCode, headers: listed(answer.headers) });
  }

  return async (address, sent) => {
    const late = AbortSignal.timeout(requestSeconds * 1000);
    const signal = sent.signal === undefined ? late : AbortSignal.any([sent.signal, late]);
    try {
      let url = new URL(address);
      for (let redirects = 0; ; redirects += 1) {
        const response = await once(url, sent, signal);
        const to = redirection(response, url);
        if (to === undefined) return response;
        if (redirects === MOST_REDIRECTS) throw new NoAnswer('refused', `${url.host} sends on in a circle`);
        if (to.origin !== url.origin)
          throw new NoAnswer(
            'refused',
            `${url.host} sends on to ${to.host}, which gets no token`,
            'see GITHUB_API_URL',
          );
        url = to;
      }
    } catch (error) {
      sent.signal?.throwIfAborted();
      if (error instanceof NoAnswer) throw error;
      throw asNoAnswer(error, late.aborted, new URL(address).host, requestSeconds);
    }
  };
}

/** The host did nothing but tell the new place: what was asked is asked there, be it a write. */
function redirection(response: Response, from: URL): URL | undefined {
  const location = response.headers.get('location');
  if (![301, 302, 307, 308].includes(response.status) || location === null) return undefined;
  return URL.canParse(location, from.href) ? new URL(location, from.href) : undefined;
}

function listed(headers: IncomingHttpHeaders): [string, string][] {
  return Object.entries(headers).map(([name, value = '']) => [name, Array.isArray(value) ? value.join(', ') : value]);
}

const CERTIFICATE = /^(CERT_|SELF_SIGNED|DEPTH_ZERO_SELF_SIGNED|UNABLE_TO_|ERR_TLS_CERT|HOSTNAME_MISMATCH)/;
const UNSENT = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL)$/;
const PROXY = /^ERR_PROXY/;

function asNoAnswer(error: unknown, isLate: boolean, host: string, seconds: number): NoAnswer {
  if (isLate) return new NoAnswer('lost', `${host} did not answer within ${seconds} s`);
  const code = codeOf(error);
  if (CERTIFICATE.test(code))
    return new NoAnswer(
      'refused',
      `the certificate of ${host} is not trusted (${code})`,
      'name the file of its authority in NODE_EXTRA_CA_CERTS',
    );
  if (PROXY.test(code)) return new NoAnswer('unsent', `the proxy on the way to ${host} refuses (${code})`);
  if (UNSENT.test(code)) return new NoAnswer('unsent', `${host} cannot be reached (${code})`);
  return new NoAnswer('lost', `${host} broke off (${code === '' ? 'no reason given' : code})`);
}

function codeOf(error: unknown): string {
  const { code, errors } = (error ?? {}) as { readonly code?: unknown; readonly errors?: unknown };
  if (typeof code === 'string') return code;
  // Several addresses were tried.
  return Array.isArray(errors) && errors.length > 0 ? codeOf(errors[0]) : '';
}
