import { isDeepStrictEqual } from 'node:util';
import { CredentialFault } from '../credentials/credential-fault.ts';
import type { CredentialSource } from '../credentials/credential-source.ts';
import type { Credentials } from '../credentials/read-credentials.ts';
import { type Agents, createAgents } from './agents.ts';
import type { ApiRequest } from './api-request.ts';
import { parseRetryAfter } from './back-off.ts';
import { classify } from './classify.ts';
import type { Contact } from './contact.ts';
import { type Answer, exchange } from './exchange.ts';
import { Failed } from './failed.ts';
import { NetworkError } from './network-error.ts';
import { RateLimit } from './rate-limit.ts';
import { readText } from './read-text.ts';
import type { Limits, Timing } from './timing.ts';

export interface HttpClientOptions {
  readonly server: URL;
  /** An HTTP proxy; a SOCKS one comes with the credentials. */
  readonly proxy: URL | undefined;
  readonly userAgent: string;
  readonly source: CredentialSource;
  readonly contact: Contact;
  readonly limits: Limits;
  readonly timing: Timing;
  /** What the server warns of, each text once. */
  readonly onNotice: (message: string) => void;
}

const MOST_OF_A_FAULT = 1024 * 1024;

/** Sends single requests: as whom, over which connection, within which time. It repeats nothing but what was refused for its credentials. */
export class HttpClient {
  readonly counters = { requests: 0, connections: 0 };
  readonly #options: HttpClientOptions;
  readonly #rate: RateLimit;
  readonly #warned = new Set<string>();
  #agents: { readonly credentials: Credentials; readonly made: Agents } | undefined;

  constructor(options: HttpClientOptions) {
    this.#options = options;
    this.#rate = new RateLimit(options.timing, options.limits);
  }

  /** One try; an answer that is no success, and none at all, throw `Failed`. */
  async send(request: ApiRequest, signal: AbortSignal): Promise<Answer> {
    const answer = await this.open(request, signal);
    if (answer.status >= 200 && answer.status < 300) return answer;
    throw await this.failure(answer, request);
  }

  /** One try; every answer counts, but 401 is asked again once with new credentials. */
  async open(request: ApiRequest, signal: AbortSignal): Promise<Answer> {
    await this.#rate.take(signal);
    const credentials = await this.#credentials(() => this.#options.source.current());
    const answer = await this.#try(request, credentials, signal);
    if (answer.status !== 401 || isStream(request.body)) return answer;
    const refusal = await this.failure(answer, request);
    const renewed = await this.#credentials(() => this.#options.source.after(credentials), refusal);
    return this.#try(request, renewed, signal);
  }

  /** What an answer that is no success means. */
  async failure({ status, headers, body }: Answer, request: ApiRequest): Promise<Failed> {
    const text = await readText(body, MOST_OF_A_FAULT).catch(() => '');
    const verdict = classify({ kind: 'answer', status, body: text }, request.effect);
    const wall = this.#options.timing.wall();
    return new Failed(verdict, parseRetryAfter(headers['retry-after'], headers.date, wall));
  }

  async #try(request: ApiRequest, credentials: Credentials, signal: AbortSignal): Promise<Answer> {
    const { server, limits, contact, userAgent } = this.#options;
    const { calls, streams } = this.#agentsFor(credentials);
    this.counters.requests += 1;
    const { method, path, body, within, effect } = request;
    const headersWithin = request.headersWithin ?? (effect === 'writes' ? limits.writeHeaders : limits.headers);
    try {
      const answer = await exchange(
        credentials.socks ?? (request.stream === true ? streams : calls),
        {
          method,
          server,
          path,
          headers: { accept: 'application/json', 'user-agent': userAgent, ...request.headers, ...credentials.headers },
          ...(body === undefined ? {} : { body }),
        },
        {
          deadlines: {
            connect: limits.connect,
            headers: headersWithin,
            ...(within === undefined ? {} : { total: within }),
          },
          signal,
        },
      );
      contact.heard(answer.headers.date);
      this.#warn(answer.headers['warning']);
      return answer;
    } catch (error) {
      if (!(error instanceof NetworkError)) throw error;
      throw new Failed(classify({ kind: 'network', error }, effect), undefined, error);
    }
  }

  /** Once the server has accepted us, credentials that cannot be had are a fault of the moment: a laptop without network. */
  async #credentials(read: () => Promise<Credentials>, refusal?: Failed): Promise<Credentials> {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof CredentialFault)) throw error;
      const again = this.#options.contact.wasHeard && refusal === undefined ? 'away' : 'no';
      throw new Failed({ kind: 'unauthorized', message: error.message, again, undone: true }, undefined, error);
    }
  }

  #agentsFor(credentials: Credentials): Agents {
    const known = this.#agents;
    if (known?.credentials === credentials) return known.made;
    if (known !== undefined && isDeepStrictEqual(known.credentials.tls, credentials.tls)) {
      this.#agents = { credentials, made: known.made };
      return known.made;
    }
    known?.made.retire();
    const { server, proxy, limits } = this.#options;
    const made = createAgents({
      plain: server.protocol === 'http:',
      tls: credentials.tls,
      ...(proxy === undefined ? {} : { proxy }),
      connect: limits.connect,
      onConnection: () => {
        this.counters.connections += 1;
      },
    });
    this.#agents = { credentials, made };
    return made;
  }

  #warn(header: string | undefined): void {
    for (const [, text = ''] of (header ?? '').matchAll(/\b299 \S+ "((?:[^"\\]|\\.)*)"/g)) {
      if (this.#warned.has(text)) continue;
      this.#warned.add(text);
      this.#options.onNotice(`the API server warns: ${text.replace(/\\(.)/g, '$1')}`);
    }
  }
}

function isStream(body: ApiRequest['body']): boolean {
  return body !== undefined && !Buffer.isBuffer(body);
}
