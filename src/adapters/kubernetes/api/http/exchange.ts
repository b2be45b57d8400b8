import {
  type Agent,
  type ClientRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request as sendPlain,
} from 'node:http';
import { request as sendSecure } from 'node:https';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type PeerCertificate, TLSSocket } from 'node:tls';
import { describeCertificate } from './certificate-fault.ts';
import { type NetworkError, networkError, type Phase, Timeout } from './network-error.ts';

/** One request as it goes over the wire. */
export interface Outgoing {
  readonly method: string;
  readonly server: URL;
  /** With the query; below the server's own path. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Buffer | AsyncIterable<Uint8Array>;
}

/** Milliseconds for each step. */
export interface Deadlines {
  readonly connect: number;
  readonly headers: number;
  /** Until the last byte of the answer; absent = for ever. */
  readonly total?: number;
}

/** The head of an answer, and its body still on the way. Whoever leaves the body unread must destroy it. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: IncomingMessage;
}

/** Connections whose handshake is done: the next request on them begins to leave at once. */
const open = new WeakSet<Socket>();

/** Sends one request and waits for the head of its answer. Throws `NetworkError`, or the signal's reason. */
export async function exchange(
  agent: Agent,
  outgoing: Outgoing,
  { deadlines, signal }: { readonly deadlines: Deadlines; readonly signal: AbortSignal },
): Promise<Answer> {
  signal.throwIfAborted();
  const request = start(agent, outgoing);
  const trip = new Trip(request, deadlines, signal);
  void sendBody(request, outgoing.body);
  try {
    const body = await trip.head;
    return { status: body.statusCode ?? 0, headers: body.headers, body };
  } catch (error) {
    signal.throwIfAborted();
    throw trip.fault(error);
  }
}

function start(agent: Agent, { method, server, path, headers }: Outgoing): ClientRequest {
  const send = server.protocol === 'http:' ? sendPlain : sendSecure;
  return send({
    agent,
    method,
    hostname: server.hostname.replace(/^\[|\]$/g, ''),
    port: server.port === '' ? undefined : Number(server.port),
    path: server.pathname.replace(/\/$/, '') + path,
    headers,
  });
}

/** A body that breaks off breaks the request; the request reports it. */
async function sendBody(request: ClientRequest, body: Outgoing['body']): Promise<void> {
  if (body === undefined || Buffer.isBuffer(body)) {
    request.end(body);
    return;
  }
  try {
    await pipeline(Readable.from(body, { objectMode: false }), request);
  } catch (error) {
    // The server may answer before it has read everything, and close: then the answer counts.
    if (!request.destroyed) request.destroy(error as Error);
  }
}

/** The course of one request: which deadline runs, and how far it has come. */
class Trip {
  readonly head: Promise<IncomingMessage>;
  readonly #request: ClientRequest;
  readonly #deadlines: Deadlines;
  #phase: Phase = 'connecting';
  #step: NodeJS.Timeout | undefined;
  #answer: IncomingMessage | undefined;
  #shown: PeerCertificate | undefined;

  constructor(request: ClientRequest, deadlines: Deadlines, signal: AbortSignal) {
    this.#request = request;
    this.#deadlines = deadlines;
    const total = deadlines.total;
    const whole = total === undefined ? undefined : setTimeout(() => this.#late('the whole answer', total), total);
    const onAbort = (): void => this.#stop(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    request.once('socket', (socket) => this.#onSocket(socket));
    request.once('finish', () => this.#awaitHead());
    request.once('close', () => {
      clearTimeout(whole);
      clearTimeout(this.#step);
      signal.removeEventListener('abort', onAbort);
    });
    this.head = new Promise((resolve, reject) => {
      request.on('error', reject); // it may come again, with the body
      request.once('response', (answer) => {
        this.#phase = 'answering';
        this.#answer = answer;
        clearTimeout(this.#step);
        resolve(answer);
      });
    });
  }

  fault(error: unknown): NetworkError {
    return describeCertificate(networkError(error, this.#phase), this.#shown);
  }

  #onSocket(socket: Socket): void {
    if (open.has(socket)) {
      this.#onOpen();
      return;
    }
    this.#within(this.#deadlines.connect, 'a connection');
    const onOpen = (): void => {
      open.add(socket);
      this.#onOpen();
    };
    if (!(socket instanceof TLSSocket)) {
      socket.once('connect', onOpen);
      return;
    }
    socket.once('secureConnect', onOpen);
    // Node takes a connection apart before it reports that a certificate was refused: look before that.
    socket.prependOnceListener('secure', () => {
      this.#shown = socket.getPeerCertificate();
    });
  }

  #onOpen(): void {
    this.#phase = 'sent';
    this.#awaitHead();
  }

  /** Begins anew with the last byte sent: a long upload is no late answer. */
  #awaitHead(): void {
    if (this.#phase === 'sent') this.#within(this.#deadlines.headers, 'an answer');
  }

  #within(ms: number, what: string): void {
    clearTimeout(this.#step);
    this.#step = setTimeout(() => this.#late(what, ms), ms);
  }

  #late(what: string, ms: number): void {
    this.#stop(new Timeout(`${what} did not come within ${ms / 1000} s`));
  }

  #stop(reason: Error): void {
    if (this.#answer === undefined) this.#request.destroy(reason);
    else this.#answer.destroy(reason);
  }
}
