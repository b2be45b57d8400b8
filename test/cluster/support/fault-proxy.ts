import { readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { parse } from 'yaml';

/** What happens to the bytes of one direction: `hold` keeps them for later, `drop` loses them. */
export type Course = 'pass' | 'hold' | 'drop';

/** One connection through the proxy. */
class Line {
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #held: Buffer[] = [];
  up: Course = 'pass';
  down: Course = 'pass';
  #ended = false;

  constructor(client: Socket, server: Socket, count: (way: 'up' | 'down', bytes: number) => void) {
    this.#client = client;
    this.#server = server;
    client.on('data', (bytes: Buffer) => {
      count('up', bytes.length);
      if (this.up === 'pass') server.write(bytes);
      if (this.up === 'hold') this.#held.push(bytes);
    });
    server.on('data', (bytes: Buffer) => {
      count('down', bytes.length);
      if (this.down === 'pass') client.write(bytes);
    });
    client.on('error', () => undefined);
    server.on('error', () => undefined);
    client.on('close', () => {
      this.#ended = true;
      if (this.up !== 'hold') server.destroy();
    });
    server.on('close', () => {
      if (this.down === 'pass') client.destroy();
    });
  }

  /** What was held goes on its way, whether or not its sender still lives. */
  release(): void {
    this.up = 'pass';
    for (const bytes of this.#held.splice(0)) this.#server.write(bytes);
    if (this.#ended) this.#server.end();
  }

  /** RST to the client; the server sees its end. */
  cut(): void {
    this.#client.resetAndDestroy();
    this.#server.destroy();
  }
}

/** A TCP proxy in front of a real API server that does to connections what networks do. TLS goes through it unread. */
export class FaultProxy {
  readonly #target: URL;
  readonly #lines = new Set<Line>();
  #server: Server | undefined;
  #port = 0;
  /** Bytes seen so far, of all connections. */
  readonly bytes = { up: 0, down: 0 };
  connections = 0;

  constructor(target: URL) {
    this.#target = target;
  }

  /** A kubeconfig, written into `folder`, that leads through the proxy; the certificate is checked as ever. */
  static async before(
    kubeconfig: string,
    folder: string,
  ): Promise<{ readonly proxy: FaultProxy; readonly kubeconfig: string }> {
    const config = parse(readFileSync(kubeconfig, 'utf8')) as { clusters: { cluster: { server: string } }[] };
    const cluster = config.clusters[0]?.cluster;
    if (cluster === undefined) throw new Error(`${kubeconfig} has no cluster`);
    const target = new URL(cluster.server);
    const proxy = new FaultProxy(target);
    await proxy.listen();
    Object.assign(cluster, { server: `https://127.0.0.1:${proxy.#port}`, 'tls-server-name': target.hostname });
    const path = join(folder, 'through-proxy');
    writeFileSync(path, JSON.stringify(config));
    return { proxy, kubeconfig: path };
  }

  async listen(): Promise<void> {
    const server = createServer((client) => this.#accept(client));
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  /** New connections are refused until `listen`; those that are open stay. */
  async refuse(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    await new Promise<void>((resolve) => {
      if (server === undefined) resolve();
      else server.close(() => resolve());
      // `close` waits for connections, the listening socket is gone at once
      resolve();
    });
  }

  /** RST to every open connection. */
  cut(): void {
    for (const line of this.#lines) line.cut();
  }

  /** What becomes of the bytes of the connections that are open now; new ones pass. */
  steer(way: { readonly up?: Course; readonly down?: Course }): void {
    for (const line of this.#lines) Object.assign(line, way);
  }

  release(): void {
    for (const line of this.#lines) line.release();
  }

  async close(): Promise<void> {
    await this.refuse();
    this.cut();
  }

  #accept(client: Socket): void {
    this.connections += 1;
    const server = connect(Number(this.#target.port || 443), this.#target.hostname);
    const line = new Line(client, server, (way, bytes) => {
      this.bytes[way] += bytes;
    });
    this.#lines.add(line);
    server.on('close', () => this.#lines.delete(line));
  }
}
