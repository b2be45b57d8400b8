import { createHash, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { decodePath, HEADER, type IntakeState, ROUTE } from '../data/wire.ts';
import { answerFault, answerFile, answerJson, answerLines } from './answers.ts';
import { TransferFault } from './fault.ts';
import { placeInside } from './inside.ts';
import { Intake } from './intake.ts';
import { contentsOf, listingOf } from './listings.ts';

/** More than any chunk that a client sends. */
const CHUNK_MAX = 32 * 1024 * 1024;
const SECOND = 1000;

export interface ServeOptions {
  readonly root: string;
  readonly host: string;
  /** 0 = any. */
  readonly port: number;
  /** Hex. */
  readonly tokenSha256: string;
  /** Seconds without a request after which it ends. */
  readonly idle: number;
}

/** Serves a workspace to who has the token, until nobody has asked for `idle` seconds, or `stop` fires. */
export class TransferServer {
  readonly #options: ServeOptions;
  readonly #server: Server;
  #active = 0;
  #idle: NodeJS.Timeout | undefined;
  /** Requests that write, one after the other. */
  #last: Promise<unknown> = Promise.resolve();
  #intake: { readonly hex: string; readonly intake: Intake } | undefined;

  constructor(options: ServeOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => this.#take(request, response));
  }

  /** The port it listens on. */
  async listen(): Promise<number> {
    this.#server.listen(this.#options.port, this.#options.host);
    await once(this.#server, 'listening');
    this.#rest();
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : this.#options.port;
  }

  /** Resolves when it has ended. */
  async ended(): Promise<void> {
    if (this.#server.listening) await once(this.#server, 'close');
    await this.#last;
    await this.#intake?.intake.close();
  }

  stop(): void {
    clearTimeout(this.#idle);
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #rest(): void {
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.stop(), this.#options.idle * SECOND);
  }

  #take(request: IncomingMessage, response: ServerResponse): void {
    this.#active += 1;
    clearTimeout(this.#idle);
    response.once('close', () => {
      this.#active -= 1;
      if (this.#active === 0 && this.#server.listening) this.#rest();
    });
    this.#answer(request, response).catch((error: unknown) => answerFault(response, error));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#authorize(request);
    switch (`${request.method} ${request.url}`) {
      case `GET ${ROUTE.hello}`:
        return answerJson(response, { version: 1 });
      case `GET ${ROUTE.intake}`: {
        const hex = header(request, HEADER.digest);
        return answerJson(response, await this.#inTurn(() => this.#receive(hex, undefined)));
      }
      case `POST ${ROUTE.intake}`: {
        const chunk = await readChunk(request);
        return answerJson(response, await this.#inTurn(() => this.#receive(header(request, HEADER.digest), chunk)));
      }
      case `GET ${ROUTE.listing}`:
        return answerLines(response, listingOf(await this.#place(request)));
      case `GET ${ROUTE.contents}`:
        return answerLines(response, contentsOf(await this.#place(request)));
      case `GET ${ROUTE.file}`:
        return answerFile(response, await this.#place(request), request.headers.range);
      default:
        throw new TransferFault('bad-request', 'there is nothing of that name');
    }
  }

  #authorize(request: IncomingMessage): void {
    const token = request.headers[HEADER.token];
    const given = createHash('sha256')
      .update(typeof token === 'string' ? token : '')
      .digest();
    const wanted = Buffer.from(this.#options.tokenSha256, 'hex');
    if (wanted.length !== given.length || !timingSafeEqual(wanted, given))
      throw new TransferFault('wrong-token', 'the token is another');
  }

  #place(request: IncomingMessage): Promise<string> {
    return placeInside(this.#options.root, decodePath(header(request, HEADER.path)));
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => undefined);
    return done;
  }

  async #receive(hex: string, chunk: Chunk | undefined): Promise<IntakeState> {
    try {
      if (this.#intake?.hex !== hex) {
        await this.#intake?.intake.close();
        this.#intake = undefined;
        this.#intake = { hex, intake: await Intake.open(this.#options.root, hex) };
      }
      const { intake } = this.#intake;
      if (chunk !== undefined && intake.state.kind === 'partial') {
        if (chunk.offset !== intake.state.offset)
          throw new TransferFault('wrong-offset', `the next byte is ${intake.state.offset}, not ${chunk.offset}`);
        await intake.write(chunk.bytes);
      }
      return intake.state;
    } catch (error) {
      // What it knows may differ from what is on the disk: it looks again.
      const { intake } = this.#intake ?? {};
      if (!(error instanceof TransferFault && error.code === 'wrong-offset')) this.#intake = undefined;
      if (this.#intake === undefined) await intake?.close();
      throw error;
    }
  }
}

interface Chunk {
  readonly offset: number;
  readonly bytes: Buffer;
}

/** The whole chunk, before any of it is written. */
async function readChunk(request: IncomingMessage): Promise<Chunk> {
  const offset = Number(header(request, HEADER.offset));
  if (!Number.isSafeInteger(offset) || offset < 0) throw new TransferFault('bad-request', 'the offset is no number');
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > CHUNK_MAX) throw new TransferFault('bad-request', `a chunk has at most ${CHUNK_MAX} bytes`);
    parts.push(part);
  }
  const bytes = Buffer.concat(parts);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (sha256 !== header(request, HEADER.sha256)) throw new TransferFault('damaged', 'the chunk arrived damaged');
  return { offset, bytes };
}

function header(request: IncomingMessage, name: string): string {
  const value = request.headers[name];
  if (typeof value !== 'string') throw new TransferFault('bad-request', `there is no header ${name}`);
  return value;
}
