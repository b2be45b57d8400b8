import { createReadStream } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import * as z from 'zod';
import { API_ROUTES } from './api-routes.ts';
import type { Answer, Exchange, Pace } from './exchange.ts';
import { type Fault, Faults, faultRuleSchema } from './faults.ts';
import { HubState, type Limits, type TokenOwner } from './hub-state.ts';
import { LFS_ROUTES } from './lfs-routes.ts';
import { Refused } from './refused.ts';
import { RESOLVE_ROUTES } from './resolve-routes.ts';

const ROUTES = [...API_ROUTES, ...LFS_ROUTES, ...RESOLVE_ROUTES];

const LOOPBACK = '127.0.0.1';

export interface HubOptions {
  /** Where large files are kept. */
  readonly folder: string;
  readonly tokens: Readonly<Record<string, TokenOwner>>;
  readonly limits?: Partial<Limits>;
  /** 0 = any that is free. */
  readonly port?: number;
  /** Of this machine; absent = loopback. */
  readonly address?: string;
}

/** A hub on loopback. */
export interface TestHub {
  /** For `HF_ENDPOINT`. */
  readonly endpoint: string;
  readonly state: HubState;
  readonly faults: Faults;
  /** `POST /api/...` of each request, in order. */
  readonly asked: string[];
  close(): Promise<void>;
}

export async function startHub({
  folder,
  tokens,
  limits = {},
  port = 0,
  address = LOOPBACK,
}: HubOptions): Promise<TestHub> {
  const state = new HubState(folder, limits);
  for (const [token, owner] of Object.entries(tokens)) state.tokens.set(token, owner);
  const faults = new Faults();
  const asked: string[] = [];
  const onRequest = (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? '/', `http://${request.headers.host}`);
    const line = `${request.method} ${url.pathname}`;
    if (url.pathname.startsWith('/_test/')) return control(line, { request, response }, { faults, asked });
    asked.push(line);
    serve(state, faults.take(line), { request, response, url }, faults.onHang).catch(() => request.socket.destroy());
  };
  const [hub, storage] = await Promise.all([listen(onRequest, port, address), listen(onRequest, 0, address)]);
  state.storage = storage.address;
  return {
    endpoint: hub.address,
    state,
    faults,
    asked,
    close: async () => {
      await Promise.all([hub.close(), storage.close()]);
    },
  };
}

/** What a test in another process tells and asks, as one in this process does by the object. */
function control(
  line: string,
  { request, response }: Pick<Wire, 'request' | 'response'>,
  { faults, asked }: Pick<TestHub, 'faults' | 'asked'>,
): void {
  const act = async () => {
    if (line === 'POST /_test/faults') faults.add(faultRuleSchema.parse(JSON.parse(await text(request))));
    if (line === 'DELETE /_test/faults') faults.clear();
    response.end(JSON.stringify(asked));
  };
  act().catch((error: unknown) => response.writeHead(400).end(String(error)));
}

type OnRequest = (request: IncomingMessage, response: ServerResponse) => void;

async function listen(onRequest: OnRequest, port: number, address: string) {
  const server = createServer(onRequest);
  await new Promise<void>((done) => server.listen(port, address, done));
  const { port: taken } = server.address() as AddressInfo;
  const close = async () => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  };
  return { address: `http://${address}:${taken}`, close };
}

interface Wire {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
}

async function serve(state: HubState, fault: Fault | undefined, wire: Wire, onHang: () => void): Promise<void> {
  const { request, response } = wire;
  switch (fault?.kind) {
    case undefined:
      return send(wire, await answerOf(state, wire));
    case 'slow-upload':
      return send(wire, await answerOf(state, wire, fault));
    case 'hang':
      if (fault.isDone) await answerOf(state, wire);
      onHang();
      return;
    case 'cut':
      if (fault.isDone) await answerOf(state, wire);
      request.socket.destroy();
      return;
    case 'cut-answer': {
      const { status = 200, headers } = await answerOf(state, wire);
      response.writeHead(status, { ...headers, 'content-length': 1000 });
      response.write('{"half', () => request.socket.destroy());
      return;
    }
    case 'cut-upload': {
      let seen = 0;
      request.on('data', (piece: Buffer) => {
        seen += piece.length;
        if (seen >= fault.bytes) request.socket.destroy();
      });
      return;
    }
    case 'status': {
      if (fault.isDone) await answerOf(state, wire);
      request.resume();
      const error = fault.error.replace('$authorization', request.headers.authorization ?? '');
      response.writeHead(fault.status, { 'content-type': 'application/json', ...fault.headers });
      response.end(JSON.stringify({ error }));
    }
  }
}

async function answerOf(state: HubState, { request, url }: Wire, pace?: Pace): Promise<Answer> {
  try {
    const bearer = /^Bearer (?<token>.*)$/.exec(request.headers.authorization ?? '')?.groups?.['token'];
    const owner = bearer === undefined ? undefined : state.tokens.get(bearer);
    if (bearer !== undefined && owner === undefined) throw new Refused(401, 'Invalid username or password.');
    if (owner?.isExpired === true) throw new Refused(401, 'User Access Token "of the test" is expired');
    const exchange = route({ state, request, url, owner, pace });
    return await exchange.answer();
  } catch (error) {
    if (error instanceof z.ZodError || error instanceof SyntaxError)
      return { status: 400, body: JSON.stringify({ error: error.message }) };
    if (!(error instanceof Refused)) throw error;
    const code = error.code === undefined ? {} : { 'x-error-code': error.code };
    return {
      status: error.status,
      headers: { 'content-type': 'application/json', 'x-error-message': error.message, ...code },
      body: JSON.stringify({ error: error.message }),
    };
  }
}

function route(exchange: Omit<Exchange, 'groups'>): { readonly answer: () => Promise<Answer> | Answer } {
  for (const { method, path, answer } of ROUTES) {
    const match = method === exchange.request.method ? path.exec(exchange.url.pathname) : null;
    if (match === null) continue;
    const given = Object.entries(match.groups ?? {}).filter(([, text]) => text !== undefined);
    const groups = Object.fromEntries(given.map(([name, text]) => [name, decodeURIComponent(text)]));
    return { answer: () => answer({ ...exchange, groups }) };
  }
  throw new Refused(404, `Sorry, we can't find the page: ${exchange.request.method} ${exchange.url.pathname}`);
}

async function send({ request, response }: Wire, { status = 200, headers = {}, body = '' }: Answer): Promise<void> {
  const size = typeof body === 'string' ? Buffer.byteLength(body) : 'file' in body ? body.size : body.length;
  const range = status === 200 ? rangeOf(request.headers.range, size) : undefined;
  const [start, end] = range ?? [0, size - 1];
  // What was not read yet is not waited for, and does not break the connection.
  request.resume();
  response.writeHead(range === undefined ? status : 206, {
    ...headers,
    'content-length': end - start + 1,
    ...(range === undefined ? {} : { 'content-range': `bytes ${start}-${end}/${size}` }),
  });
  if (request.method === 'HEAD' || size === 0) {
    response.end();
    return;
  }
  const bytes =
    typeof body === 'object' && 'file' in body
      ? createReadStream(body.file, { start, end })
      : Readable.from([bytesIn(body).subarray(start, end + 1)]);
  await pipeline(bytes, response);
}

function bytesIn(body: string | Buffer): Buffer {
  return typeof body === 'string' ? Buffer.from(body) : body;
}

function rangeOf(header: string | undefined, size: number): readonly [number, number] | undefined {
  const found = /^bytes=(?<start>\d+)-(?<end>\d*)$/.exec(header ?? '')?.groups;
  if (found === undefined) return undefined;
  const end = found['end'] === '' ? size - 1 : Math.min(Number(found['end']), size - 1);
  return [Number(found['start']), end];
}
