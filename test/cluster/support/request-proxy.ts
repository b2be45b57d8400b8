import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Agent, createServer, request, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { parse } from 'yaml';
import { makeCertificate } from '../../fakes/api-server/certificate.ts';

/** A request that changes something: 1 for the first one. Dry runs do not count. */
export interface Write {
  readonly number: number;
  readonly method: string;
  /** Without the query. */
  readonly path: string;
}

/** `drop`: it never arrives; `silence`: it is stored, and its answer is never heard. */
export type Fate = 'pass' | 'drop' | 'silence';

const CA = { name: 'the authority of a proxy', ...makeCertificate({ name: 'the authority of a proxy' }) };
const LEAF = makeCertificate({ name: 'a proxy', hosts: ['127.0.0.1'], issuer: CA });

interface Kubeconfig {
  readonly clusters: { cluster: Record<string, string> }[];
  readonly users: { user: Record<string, string> }[];
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const bytesOf = (text: string | undefined): Buffer => Buffer.from(text ?? '', 'base64');

/** An HTTPS proxy in front of a real API server that reads requests: it counts writes and can be where one ends. */
export class RequestProxy {
  /** Leads through it. */
  kubeconfig = '';
  /** All that were passed on or struck, in order. */
  readonly writes: Write[] = [];
  readonly #config: { readonly all: Kubeconfig; readonly cluster: Record<string, string>; readonly folder: string };
  readonly #server: Server;
  readonly #agent: Agent;
  readonly #target: URL;
  readonly #decide: (write: Write) => Fate;
  readonly #struck: () => void;

  private constructor(
    source: string,
    folder: string,
    { decide, struck }: { readonly decide: (write: Write) => Fate; readonly struck: () => void },
  ) {
    const config = parse(readFileSync(source, 'utf8')) as Kubeconfig;
    const cluster = config.clusters[0]?.cluster ?? {};
    const user = config.users[0]?.user ?? {};
    this.#target = new URL(cluster['server'] ?? '');
    this.#agent = new Agent({
      keepAlive: true,
      ca: bytesOf(cluster['certificate-authority-data']),
      cert: bytesOf(user['client-certificate-data']),
      key: bytesOf(user['client-key-data']),
    });
    this.#decide = decide;
    this.#struck = struck;
    this.#server = createServer({ cert: LEAF.cert, key: LEAF.key }, (incoming, answer) =>
      this.#handle(incoming, answer),
    );
    this.#config = { all: config, cluster, folder };
  }

  /**
   * A proxy and a kubeconfig that leads through it, written into `folder`. `struck` is called when a write meets its
   * fate, before anything else happens to its connection: whoever sent it can be killed there.
   */
  static async before(
    kubeconfig: string,
    folder: string,
    acts: { readonly decide: (write: Write) => Fate; readonly struck: () => void },
  ): Promise<RequestProxy> {
    const proxy = new RequestProxy(kubeconfig, folder, acts);
    await proxy.#listen();
    return proxy;
  }

  async #listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const { port } = this.#server.address() as AddressInfo;
    const { all, cluster, folder } = this.#config;
    Object.assign(cluster, { server: `https://127.0.0.1:${port}`, 'certificate-authority-data': base64(CA.cert) });
    this.kubeconfig = join(folder, `through-port-${port}`);
    writeFileSync(this.kubeconfig, JSON.stringify(all), { mode: 0o600 });
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
    this.#agent.destroy();
  }

  #handle(incoming: IncomingMessage, answer: ServerResponse): void {
    const fate = this.#fateOf(incoming);
    // Without an answer: the connection stays until whoever waits for it is gone.
    if (fate === 'drop') {
      this.#struck();
      return;
    }
    const { hostname, port, host } = this.#target;
    const headers = { ...incoming.headers, host };
    const { url, method } = incoming;
    const onward = request({ hostname, port, path: url, method, headers, agent: this.#agent }, (answered) => {
      if (fate === 'silence') {
        answered.resume().on('end', this.#struck);
        return;
      }
      answer.writeHead(answered.statusCode ?? 502, answered.headers);
      answered.on('error', () => answer.destroy());
      answered.pipe(answer);
    });
    onward.on('error', () => answer.destroy());
    answer.on('close', () => onward.destroy());
    incoming.pipe(onward);
  }

  #fateOf({ method = 'GET', url = '/' }: IncomingMessage): Fate {
    const { pathname, searchParams } = new URL(url, this.#target);
    if (!['POST', 'PUT', 'PATCH', 'DELETE'].includes(method) || searchParams.has('dryRun')) return 'pass';
    if (pathname.includes('/selfsubjectaccessreviews')) return 'pass';
    const write = { number: this.writes.length + 1, method, path: pathname };
    this.writes.push(write);
    return this.#decide(write);
  }
}
