/*
 * An image registry (OCI distribution, push and pull, plain HTTP) that fails when told to.
 * usage: node main.ts ADDRESS PORT FOLDER
 *
 * POST   /_rig/faults     a fault of faults.ts as JSON
 * DELETE /_rig/faults     none any more; what hangs is cut
 * GET    /_rig/requests   the latest requests, oldest first: [{method, path, status, fault}]; status 0: none was sent
 * GET    /_rig/hanging    how many requests hang at this moment
 */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { Faults, type RegistryFault, registryFault } from './faults.ts';
import { answer, refuse } from './protocol.ts';
import { Store } from './store.ts';

const KEPT_REQUESTS = 1000;

interface Seen {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly fault: RegistryFault['kind'] | undefined;
}

const [address = '127.0.0.1', port = '5000', folder = '.'] = process.argv.slice(2);
const store = new Store(folder);
const faults = new Faults();
const hanging = new Set<ServerResponse>();
let requests: readonly Seen[] = [];

createServer((request, response) => {
  serve(request, response).catch((error: unknown) => {
    console.error(error);
    response.destroy();
  });
}).listen(Number(port), address, () => console.log(`http://${address}:${port}`));

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname: path, searchParams } = new URL(request.url ?? '/', 'http://registry');
  if (path.startsWith('/_rig/')) return control(request, response, path);
  const fault = faults.take(path, request.headers.authorization);
  response.on('close', () => {
    const status = response.headersSent ? response.statusCode : 0;
    const seen = { method: request.method ?? '', path, status, fault: fault?.kind };
    requests = [...requests, seen].slice(-KEPT_REQUESTS);
    console.log(seen.method, path, status, fault?.kind ?? '');
  });
  switch (fault?.kind) {
    case 'hang':
      hanging.add(response);
      response.on('close', () => hanging.delete(response));
      return;
    case 'status':
      if (fault.retryAfter !== undefined) response.setHeader('Retry-After', fault.retryAfter);
      return refuse(response, fault.status, 'RIG', 'told to fail');
    case 'login':
      response.setHeader('WWW-Authenticate', 'Basic realm="rig"');
      return refuse(response, 401, 'UNAUTHORIZED', 'authentication required');
    case 'slow':
    case 'cut':
    case undefined:
      return answer(store, { request, response, path, query: searchParams, fault });
  }
}

async function control(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
  const what = `${request.method} ${path}`;
  if (what === 'POST /_rig/faults') {
    const fault = registryFault.safeParse(JSON.parse(await text(request)));
    if (fault.success) faults.add(fault.data);
    response.writeHead(fault.success ? 204 : 400).end(fault.error?.message);
  } else if (what === 'DELETE /_rig/faults') {
    faults.clear();
    for (const each of hanging) each.destroy();
    hanging.clear();
    response.writeHead(204).end();
  } else if (what === 'GET /_rig/requests') {
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(requests));
  } else if (what === 'GET /_rig/hanging') {
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(String(hanging.size));
  } else {
    response.writeHead(404).end(`no ${what}`);
  }
}
