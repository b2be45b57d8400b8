import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { ApiRequest } from './http/api-request.ts';
import { type ChunkOptions, chunksOf } from './http/chunks.ts';
import { classify } from './http/classify.ts';
import type { Answer } from './http/exchange.ts';
import { Failed, faultOf } from './http/failed.ts';
import type { HttpClient } from './http/http-client.ts';
import { networkError } from './http/network-error.ts';
import { parseStatus } from './http/server-status.ts';
import type { Limits } from './http/timing.ts';
import type { ByteStream, LogQuery, ProxyRequest } from './kube-api.ts';
import type { Requests } from './requests.ts';

export interface StreamParts {
  readonly requests: Requests;
  readonly http: HttpClient;
  readonly limits: Limits;
}

/** A kubelet that follows sends each line by itself: one look at a few of them costs as much as one at each. */
const GATHER_MS = 10;

/** Opens a container's log. Its body has no deadline: a container may be silent for days. Throws `KubeFault`. */
export async function openLog(
  parts: StreamParts,
  pod: string,
  query: LogQuery,
  signal: AbortSignal,
): Promise<ByteStream> {
  const request = parts.requests.log(pod, query);
  const answer = await opened(request, parts.http.send(request, signal));
  return streamOf(answer, request, signal, { reuse: true, ...(query.follow ? { gather: GATHER_MS } : {}) });
}

/**
 * Asks a pod's port. What the pod answers is the caller's business, whatever its number; what the API server itself
 * refuses, or cannot do, is a `KubeFault`.
 */
export async function openProxy(
  { requests, http, limits }: StreamParts,
  pod: string,
  { method, port, path, headers, body }: ProxyRequest,
  signal: AbortSignal,
): Promise<ByteStream> {
  const request: ApiRequest = {
    text: `${method} ${path} of port ${port} of pod "${pod}"`,
    method,
    path: requests.proxyPath(pod, port) + safePath(path),
    effect: method === 'GET' || method === 'HEAD' ? 'reads' : 'writes',
    headers: { accept: '*/*', ...safeHeaders(headers), ...lengthOf(body) },
    stream: true,
    headersWithin: limits.proxyQuiet,
    ...(body === undefined ? {} : { body: body instanceof Uint8Array ? Buffer.from(body) : body }),
  };
  const answer = await opened(request, http.open(request, signal));
  const isError = answer.status >= 400 && method !== 'HEAD';
  if (!isError || !(answer.headers['content-type'] ?? '').startsWith('application/json')) {
    return streamOf(answer, request, signal, { quiet: limits.proxyQuiet });
  }
  return judged(answer, request, signal, limits.proxyQuiet);
}

const MOST_OF_A_STATUS = 64 * 1024;

/** The server's own refusals are `Status` objects; JSON of the pod is handed on. */
async function judged(answer: Answer, request: ApiRequest, signal: AbortSignal, quiet: number): Promise<ByteStream> {
  const stream = streamOf(answer, request, signal, { quiet });
  const rest = stream.body[Symbol.asyncIterator]();
  const head: Uint8Array[] = [];
  for (let bytes = 0; bytes <= MOST_OF_A_STATUS; ) {
    const { done, value } = await rest.next();
    if (done === true) break;
    bytes += value.length;
    head.push(value);
  }
  const text = Buffer.concat(head).toString('utf8');
  if (parseStatus(text) !== undefined) {
    await rest.return?.();
    throw faultOf(
      new Failed(classify({ kind: 'answer', status: answer.status, body: text }, request.effect)),
      request.text,
    );
  }
  return { ...stream, body: joined(head, rest) };
}

async function* joined(head: readonly Uint8Array[], rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* head;
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}

async function opened(request: ApiRequest, answer: Promise<Answer>): Promise<Answer> {
  try {
    return await answer;
  } catch (error) {
    throw error instanceof Failed ? faultOf(error, request.text) : error;
  }
}

function streamOf(
  { status, headers, body }: Answer,
  request: ApiRequest,
  signal: AbortSignal,
  chunks: ChunkOptions,
): ByteStream {
  return { status, headers: flat(headers), body: bytesOf(body, request, signal, chunks) };
}

/** Ends with the answer; an answer that breaks off is a fault, so that its last piece is not taken for whole. */
async function* bytesOf(
  body: IncomingMessage,
  request: ApiRequest,
  signal: AbortSignal,
  chunks: ChunkOptions,
): AsyncGenerator<Uint8Array> {
  try {
    yield* chunksOf(body, chunks);
  } catch (error) {
    signal.throwIfAborted();
    const failure = { kind: 'network', error: networkError(error, 'answering') } as const;
    throw faultOf(new Failed(classify(failure, 'reads'), undefined, error), request.text);
  }
}

function flat(headers: IncomingHttpHeaders): Readonly<Record<string, string>> {
  const entries = Object.entries(headers).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.join(', ') : (value ?? ''),
  ]);
  return Object.fromEntries(entries);
}

/** A path that climbs would address another object of the API with our credentials. */
function safePath(path: string): string {
  const decoded = decodeURIComponent(path.split('?')[0] ?? '');
  if (!path.startsWith('/') || decoded.split('/').includes('..') || /[\s#\\]/.test(path)) {
    throw new Error(`${path} is no path for a pod's port`);
  }
  return path;
}

/** The API server takes `Authorization` for itself, and credentials of ours would be lost with it. */
function safeHeaders(headers: ProxyRequest['headers']): ProxyRequest['headers'] {
  const wrong = Object.keys(headers).find((name) => name.toLowerCase() === 'authorization');
  if (wrong !== undefined) throw new Error('Authorization never reaches a pod behind the API server');
  return headers;
}

function lengthOf(body: ProxyRequest['body']): Readonly<Record<string, string>> {
  return body instanceof Uint8Array ? { 'content-length': String(body.length) } : {};
}
