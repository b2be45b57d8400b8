import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request that came in. */
export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

type Behave = (answer: ServerResponse, asked: IncomingMessage, count: number) => void;

/** A receiver of webhooks on this machine, which does as the test says. */
export class Receiver {
  readonly received: Received[] = [];
  behave: Behave;
  readonly #waiting = new Set<() => void>();
  readonly #server = createServer((asked, answer) => {
    const pieces: Uint8Array[] = [];
    asked.on('data', (piece: Uint8Array) => pieces.push(piece));
    asked.on('error', () => undefined);
    asked.on('end', () => {
      const body = Buffer.concat(pieces).toString();
      this.received.push({ path: asked.url ?? '', headers: asked.headers, body });
      this.behave(answer, asked, this.received.length);
      for (const look of this.#waiting) look();
    });
  });

  constructor(behave: Behave = (answer) => void answer.writeHead(204).end()) {
    this.behave = behave;
  }

  async listen(): Promise<string> {
    await new Promise<void>((done) => this.#server.listen(0, '127.0.0.1', done));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Resolves once `count` requests have come. */
  async until(count: number): Promise<void> {
    await new Promise<void>((done) => {
      const look = (): void => {
        if (this.received.length < count) return;
        this.#waiting.delete(look);
        done();
      };
      this.#waiting.add(look);
      look();
    });
  }

  /** What came, parsed. */
  bodies<T>(): readonly T[] {
    return this.received.map(({ body }) => JSON.parse(body) as T);
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
