import { createServer, type Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import { type Identity, makeCertificate } from './certificate.ts';
import { type Head, type Heard, RequestReader } from './read-requests.ts';
import { Wire } from './wire.ts';

/** What the server does with a request, as a whole or as soon as its head is there. */
export interface Script {
  onRequest(heard: Heard, wire: Wire): void;
  /** True: the request was dealt with, its body is not awaited. */
  onHead?(head: Head, wire: Wire): boolean;
}

/** A server that does to each connection what a test says: real TCP and TLS on loopback, no manners of its own. */
export interface FakeApiServer {
  readonly url: string;
  readonly port: number;
  /** PEM of the authority that signed its certificate. */
  readonly ca: string;
  readonly heard: readonly Heard[];
  /** A kubeconfig for it. `user`: lines of JSON of the user entry. */
  kubeconfig(user?: object, cluster?: object): string;
  play(script: Script['onRequest'] | Script): void;
  /** Stops listening and cuts every connection; `start` listens again at the same port. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

const CA = { name: 'a test authority', ...makeCertificate({ name: 'a test authority' }) };
const LEAF = makeCertificate({ name: 'a test server', hosts: ['127.0.0.1', 'localhost'], issuer: CA });

/** An authority and a signed identity that every test of a file may share. */
export const TEST_AUTHORITY: Identity & { readonly name: string } = CA;

export async function startApiServer(
  first: Script['onRequest'] | Script,
  { identity = LEAF }: { readonly identity?: Identity } = {},
): Promise<FakeApiServer> {
  const heard: Heard[] = [];
  const sockets = new Set<Socket>();
  const secureContext = createSecureContext({ cert: identity.cert, key: identity.key });
  let script = scriptOf(first);
  let connections = 0;
  let port = 0;

  const server = createServer((raw) => {
    connections += 1;
    sockets.add(raw);
    raw.once('close', () => sockets.delete(raw));
    raw.on('error', () => undefined);
    const tls = new TLSSocket(raw, { isServer: true, secureContext });
    tls.on('error', () => undefined);
    const wire = new Wire(raw, tls);
    const reader = new RequestReader(connections);
    tls.on('data', (bytes: Buffer) => {
      reader.add(bytes);
      hear(reader, wire);
    });
  });

  const hear = (reader: RequestReader, wire: Wire): void => {
    for (;;) {
      const head = reader.nextHead();
      if (head !== undefined && script.onHead?.(head, wire) === true) return;
      const request = reader.nextRequest();
      if (request === undefined) return;
      heard.push(request);
      script.onRequest(request, wire);
    }
  };

  const start = async (): Promise<void> => {
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('the server has no port');
    port = address.port;
  };
  await start();

  return {
    url: `https://127.0.0.1:${port}`,
    port,
    ca: CA.cert,
    heard,
    play: (next) => {
      script = scriptOf(next);
    },
    kubeconfig: (user = { token: 'secret' }, cluster = {}) =>
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Config',
        'current-context': 'fake',
        clusters: [
          {
            name: 'fake',
            cluster: {
              server: `https://127.0.0.1:${port}`,
              'certificate-authority-data': Buffer.from(CA.cert).toString('base64'),
              ...cluster,
            },
          },
        ],
        users: [{ name: 'me', user }],
        contexts: [{ name: 'fake', context: { cluster: 'fake', user: 'me', namespace: 'ns' } }],
      }),
    start,
    stop: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function scriptOf(script: Script['onRequest'] | Script): Script {
  return typeof script === 'function' ? { onRequest: script } : script;
}
