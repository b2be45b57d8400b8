import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerFaults, findOperation, requestFaults } from './description.ts';
import { HostState, StoredRepository } from './host-state.ts';
import type { Operation } from './operations.ts';
import { EVERYTHING, type ServedToken } from './rights.ts';
import { type Answer, refused, route } from './routes.ts';

/** What goes wrong. */
export type Fault =
  | { readonly kind: 'primary-limit'; readonly status?: 403 | 429; readonly seconds: number }
  /** `seconds` absent: it names no time. */
  | { readonly kind: 'secondary-limit'; readonly status?: 403 | 429; readonly seconds?: number }
  | { readonly kind: 'status'; readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  | { readonly kind: 'hang' }
  /** The connection ends, with what was asked not done or done. */
  | { readonly kind: 'cut'; readonly when: 'before' | 'after' }
  /** The work is done, and half of the answer arrives. */
  | { readonly kind: 'half' }
  | { readonly kind: 'expired' }
  | { readonly kind: 'answer'; readonly answer: Answer };

interface PlannedFault {
  readonly operation: Operation;
  readonly fault: Fault;
  left: number;
}

export interface ServedRequest {
  readonly method: string;
  /** With the query, as it was sent. */
  readonly path: string;
  readonly operation: Operation | undefined;
  readonly body: unknown;
}

export interface GitHubServerOptions {
  /** The one that it takes. */
  readonly token?: string;
  /** `/api/v3`: as GitHub Enterprise Server has it. */
  readonly prefix?: string;
  /** GitHub has limits, a server of one's own need not have. */
  readonly hasLimits?: boolean;
}

/**
 * GitHub's API, answered from `state`, as far as the program uses it. Every request is judged by GitHub's published
 * description; one that it does not allow is answered with 500 and noted in `violations`, where a test looks for it at its end.
 */
export class GitHubServer {
  readonly state: HostState;
  readonly token: string;
  rights: ServedToken = EVERYTHING;
  /** As GitHub writes it: "2026-12-05 12:00:00 UTC". */
  expires: string | undefined;
  readonly requests: ServedRequest[] = [];
  readonly violations: string[] = [];
  /** Told each request when it is answered, or is not. */
  onServed: (request: ServedRequest, status: number | undefined) => void = () => undefined;
  readonly #faults: PlannedFault[] = [];
  readonly #prefix: string;
  readonly #hasLimits: boolean;
  readonly #server: Server;
  #remaining = 5000;

  constructor(
    { token = 'ghp_of_the_test', prefix = '', hasLimits = true }: GitHubServerOptions = {},
    state = new HostState(),
  ) {
    this.token = token;
    this.state = state;
    this.#prefix = prefix;
    this.#hasLimits = hasLimits;
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch((error: unknown) => {
        this.violations.push(`the server failed: ${String(error)}`);
        response.destroy();
      });
    });
  }

  /** Port 0 = a free one. */
  async listen(port = 0, address = '127.0.0.1'): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject).listen(port, address, resolve);
    });
  }

  /** What goes into GITHUB_API_URL. */
  get url(): string {
    return `${this.#origin}${this.#prefix}`;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  /** The next `times` requests of that kind meet the fault. */
  fail(operation: Operation, fault: Fault, times = 1): void {
    this.#faults.push({ operation, fault, left: times });
  }

  asked(operation: Operation): number {
    return this.requests.filter((request) => request.operation === operation).length;
  }

  get #origin(): string {
    const { address, port } = this.#server.address() as AddressInfo;
    return `http://${address}:${port}`;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = await textOf(request);
    const url = new URL(request.url ?? '', this.#origin);
    const { method = '' } = request;
    if (url.pathname.startsWith('/_test/')) return send(response, this.#control(url.pathname, text), {});
    if (!url.pathname.startsWith(`${this.#prefix}/`))
      return send(response, refused(404, ''), { 'content-type': 'text/html' });
    const { path, repository } = this.#place(url.pathname.slice(this.#prefix.length));
    const found = findOperation(method, path);
    const body = text === '' ? {} : (JSON.parse(text) as Readonly<Record<string, unknown>>);
    const served = { method, path: `${path}${url.search}`, operation: found?.operation, body };
    this.requests.push(served);
    const fault = this.#takeFault(found?.operation);
    if (fault?.kind === 'hang') return this.onServed(served, undefined);
    if (fault?.kind === 'cut' && fault.when === 'before') return this.#cut(served, response);
    const answer = this.#failed(fault) ?? this.#answer(request, url, path, repository, found, text !== '', body);
    if (fault?.kind === 'cut') return this.#cut(served, response);
    this.onServed(served, answer.status);
    send(response, answer, this.#headers(answer), fault?.kind === 'half');
  }

  /** For tests and people who have it as a program only. */
  #control(path: string, text: string): Answer {
    if (path === '/_test/state') return { status: 200, body: this.state.shown() };
    const { operation, fault, times = 1 } = JSON.parse(text) as PlannedFault & { readonly times?: number };
    this.fail(operation, fault, times);
    return { status: 200, body: {} };
  }

  /** A repository by its number is the same by its name. */
  #place(path: string): { readonly path: string; readonly repository?: StoredRepository } {
    const [, id, rest = ''] = /^\/repositories\/(\d+)(\/.*)?$/.exec(path) ?? [];
    const repository = id === undefined ? undefined : this.state.findById(Number(id));
    return repository === undefined ? { path } : { path: `/repos/${repository.name}${rest}`, repository };
  }

  #answer(
    request: IncomingMessage,
    url: URL,
    path: string,
    byId: StoredRepository | undefined,
    found: ReturnType<typeof findOperation>,
    hasBody: boolean,
    body: Readonly<Record<string, unknown>>,
  ): Answer {
    const { authorization = '' } = request.headers;
    if (!/^(?:token|bearer) /i.test(authorization) || authorization.split(' ')[1] !== this.token)
      return refused(401, 'Bad credentials');
    if (found === undefined) return this.#violation(`${request.method} ${path} is not in the description`);
    const query = Object.fromEntries(url.searchParams);
    const understood = { ...found, query, body };
    const faults = [...headerFaults(request, hasBody), ...requestFaults(understood, hasBody)];
    if (faults.length > 0) return this.#violation(`${found.operation}: ${faults.join('; ')}`);
    const name = `${found.path['owner']}/${found.path['repo']}`;
    const repository = byId ?? this.state.find(name);
    const renamed = this.state.findRenamed(name);
    if (repository === undefined && renamed !== undefined) {
      const rest = path.slice(`/repos/${name}`.length);
      const location = `${this.url}/repositories/${renamed.id}${rest}${url.search}`;
      const isRead = request.method === 'GET';
      const [status, word] = isRead ? [301, 'Moved Permanently'] : [307, 'Temporary Redirect'];
      return { ...refused(status as number, word as string, { url: location }), headers: { location } };
    }
    const { state, rights: token } = this;
    if (repository === undefined && found.operation !== 'GET /user') return refused(404, 'Not Found');
    const answer = route({ ...understood, state, repository: repository ?? NOWHERE, token, host: this.#origin, url });
    const wrong = answerFaults(found.operation, answer.status, answer.body);
    return wrong.length === 0 ? answer : this.#violation(`the answer to ${found.operation}: ${wrong.join('; ')}`);
  }

  #violation(what: string): Answer {
    this.violations.push(what);
    return refused(500, `this request is against GitHub's description: ${what}`);
  }

  #failed(fault: Fault | undefined): Answer | undefined {
    switch (fault?.kind) {
      case undefined:
      case 'hang':
      case 'cut':
      case 'half':
        return undefined;
      case 'primary-limit': {
        const reset = String(Math.floor(Date.now() / 1000) + fault.seconds);
        const headers = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset };
        return { ...refused(fault.status ?? 403, 'API rate limit exceeded for user ID 1.'), headers };
      }
      case 'secondary-limit': {
        const headers = fault.seconds === undefined ? {} : { 'retry-after': String(fault.seconds) };
        const message = 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.';
        return { ...refused(fault.status ?? 403, message), headers };
      }
      case 'status':
        return { ...refused(fault.status, 'Server Error'), headers: fault.headers ?? {} };
      case 'expired':
        return refused(401, 'Bad credentials');
      case 'answer':
        return fault.answer;
    }
  }

  #takeFault(operation: Operation | undefined): Fault | undefined {
    const planned = this.#faults.find((one) => one.operation === operation && one.left > 0);
    if (planned !== undefined) planned.left -= 1;
    return planned?.fault;
  }

  #cut(served: ServedRequest, response: ServerResponse): void {
    this.onServed(served, undefined);
    response.destroy();
  }

  #headers({ headers = {} }: Answer): Readonly<Record<string, string>> {
    this.#remaining -= 1;
    const { rights, expires } = this;
    return {
      'content-type': 'application/json; charset=utf-8',
      'x-github-media-type': 'github.v3; format=json',
      ...(expires === undefined ? {} : { 'github-authentication-token-expiration': expires }),
      ...(rights.kind === 'classic' ? { 'x-oauth-scopes': rights.scopes.join(', ') } : {}),
      ...(this.#hasLimits
        ? {
            'x-ratelimit-limit': '5000',
            'x-ratelimit-remaining': String(this.#remaining),
            'x-ratelimit-reset': String(Math.floor(Date.now() / 1000) + 3600),
            'x-ratelimit-resource': 'core',
          }
        : {}),
      ...headers,
    };
  }
}

/** For what is asked of no repository. */
const NOWHERE = new StoredRepository('', 0);

/** GitHub refuses whoever does not say what program asks. */
function headerFaults({ headers }: IncomingMessage, hasBody: boolean): readonly string[] {
  return [
    ...((headers['user-agent'] ?? '') === '' ? ['no user-agent'] : []),
    ...(hasBody && !/^application\/json\b/.test(headers['content-type'] ?? '') ? ['the body is not sent as JSON'] : []),
  ];
}

async function textOf(request: IncomingMessage): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of request) pieces.push(piece as Uint8Array);
  return Buffer.concat(pieces).toString();
}

function send(
  response: ServerResponse,
  { status, body }: Answer,
  headers: Readonly<Record<string, string>>,
  isHalf = false,
): void {
  const bytes = Buffer.from(JSON.stringify(body));
  response.writeHead(status, { ...headers, 'content-length': bytes.length });
  if (!isHalf) return void response.end(bytes);
  response.write(bytes.subarray(0, bytes.length / 2), () => response.destroy());
}
