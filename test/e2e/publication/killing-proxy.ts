import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** A request that passes: `POST /repos/...`, and whether the server has done it. */
export type Passing = { readonly line: string; readonly isDone: boolean };

/**
 * An HTTP proxy in front of a server, for one test. `onPassing` is told each request before the server gets it and again
 * when the server has answered; what it returns true for goes no further: the client gets no answer.
 */
export async function proxyTo(address: string, onPassing: (passing: Passing) => boolean): Promise<string> {
  const server = createServer((incoming, outgoing) => {
    pass(address, incoming, outgoing, onPassing).catch(() => outgoing.destroy());
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function pass(
  address: string,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  onPassing: (passing: Passing) => boolean,
): Promise<void> {
  const { method = 'GET', url = '/', headers } = incoming;
  const line = `${method} ${url.replace(/\?.*$/, '')}`;
  const body = await collect(incoming);
  if (onPassing({ line, isDone: false })) return;
  const answer = await new Promise<IncomingMessage>((answered, failed) => {
    request(new URL(url, address), { method, headers }, answered).on('error', failed).end(body);
  });
  const bytes = await collect(answer);
  if (onPassing({ line, isDone: true })) return;
  const { 'transfer-encoding': _, ...rest } = answer.headers;
  outgoing.writeHead(answer.statusCode ?? 502, rest);
  outgoing.end(bytes);
}

async function collect(stream: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of stream) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}
