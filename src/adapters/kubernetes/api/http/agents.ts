import * as http from 'node:http';
import * as https from 'node:https';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { checkServerIdentity } from 'node:tls';
import { openTunnel } from '../proxy/open-tunnel.ts';

/** What a server's and our own identity are proved with. */
export interface TlsSettings {
  readonly ca?: string | Buffer | readonly (string | Buffer)[];
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  /** False only where the kubeconfig says `insecure-skip-tls-verify`. */
  readonly rejectUnauthorized?: boolean;
  /** The name the certificate must hold; absent = the server's. */
  readonly servername?: string;
}

/** Connections are kept: a few for calls, as many as wanted for streams, so that neither waits for the other. */
export interface Agents {
  readonly calls: http.Agent;
  readonly streams: http.Agent;
  /** Closes what is idle; what is in use goes on. */
  retire(): void;
}

export interface AgentsOptions {
  readonly plain: boolean;
  readonly tls: TlsSettings;
  /** An HTTP proxy to go through. */
  readonly proxy?: URL;
  /** Milliseconds for the tunnel through it. */
  readonly connect: number;
  /** Told of each connection that is begun. */
  readonly onConnection: () => void;
}

const CALLS = 8;
const KEEP_ALIVE_MS = 30_000;
/** API servers and balancers close idle connections after a minute or more; we are sooner, so no request meets that. */
const IDLE_MS = 50_000;
/** Node's own 250 ms are too short for a far server with two addresses. */
const NEXT_ADDRESS_MS = 2000;

const shared = {
  keepAlive: true,
  keepAliveMsecs: KEEP_ALIVE_MS,
  timeout: IDLE_MS,
  autoSelectFamilyAttemptTimeout: NEXT_ADDRESS_MS,
};

/** A few connections serve all calls; each stream has one of its own, as it may last for hours. */
export function createAgents(options: AgentsOptions): Agents {
  const make = (maxSockets: number): http.Agent =>
    options.plain ? new PlainAgent(maxSockets, options) : new SecureAgent(maxSockets, options);
  const [calls, streams] = [make(CALLS), make(Number.POSITIVE_INFINITY)];
  const retire = (): void => {
    for (const agent of [calls, streams]) {
      for (const sockets of Object.values(agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy();
    }
  };
  return { calls, streams, retire };
}

type Done = (error: Error | null, socket: Duplex) => void;
/** What Node calls `createConnection` with. */
type Wanted = https.RequestOptions & { readonly host?: string | null; readonly port?: string | number | null };

class SecureAgent extends https.Agent {
  readonly #options: AgentsOptions;

  constructor(maxSockets: number, options: AgentsOptions) {
    super({ ...shared, ...options.tls, ...named(options.tls), maxSockets } as https.AgentOptions);
    this.#options = options;
  }

  override createConnection(wanted: Wanted, done?: Done): Duplex | null | undefined {
    this.#options.onConnection();
    const { proxy, connect } = this.#options;
    if (proxy === undefined) return super.createConnection(wanted, done);
    tunnel(proxy, wanted, connect, done, (socket) => super.createConnection({ ...wanted, socket } as Wanted));
    return undefined;
  }
}

/** An address cannot be asked for by TLS, only be looked for in the certificate that comes. */
function named({ servername }: TlsSettings): https.AgentOptions {
  if (servername === undefined || isIP(servername) === 0) return {};
  return { servername: '', checkServerIdentity: (_host, certificate) => checkServerIdentity(servername, certificate) };
}

class PlainAgent extends http.Agent {
  readonly #options: AgentsOptions;

  constructor(maxSockets: number, options: AgentsOptions) {
    super({ ...shared, maxSockets } as http.AgentOptions);
    this.#options = options;
  }

  override createConnection(wanted: Wanted, done?: Done): Duplex | null | undefined {
    this.#options.onConnection();
    const { proxy, connect } = this.#options;
    if (proxy === undefined) return super.createConnection(wanted, done);
    tunnel(proxy, wanted, connect, done, (socket) => socket);
    return undefined;
  }
}

function tunnel(
  proxy: URL,
  { host, port }: Wanted,
  within: number,
  done: Done | undefined,
  wrap: (socket: Duplex) => Duplex | null | undefined,
): void {
  openTunnel(proxy, { host: host ?? '', port: Number(port) }, within).then(
    (socket) => done?.(null, wrap(socket) as Duplex),
    (error: Error) => done?.(error, undefined as unknown as Duplex),
  );
}
