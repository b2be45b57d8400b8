import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { createEndpointDoctor } from '../../../src/adapters/machine/endpoint-doctor.ts';
import type { Finding } from '../../../src/domain/diagnosis/finding.ts';

const never = new AbortController().signal;

async function probe(url: string): Promise<Finding> {
  for await (const finding of createEndpointDoctor([{ name: 'teacher.url', url }]).examine(never)) return finding;
  throw new Error('nothing was found');
}

async function serving(status: number, work: (url: string) => Promise<void>): Promise<void> {
  const server = createServer((_, response) => response.writeHead(status).end()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

test.each([
  [200, 'ok'],
  [401, 'ok'],
  [302, 'ok'],
  [503, 'warning'],
] as const)('an answer of %i is %s', async (status, state) => {
  await serving(status, async (url) => {
    expect(await probe(`${url}/v1`)).toMatchObject({ name: 'Endpoint', state });
  });
});

test('what listens no more refuses the connection', async () => {
  let gone = '';
  await serving(200, async (url) => {
    gone = url;
  });
  expect(await probe(gone)).toMatchObject({ state: 'problem', message: `teacher.url: ${gone} refuses the connection` });
});

test('credentials in a URL are not told', async () => {
  await serving(200, async (url) => {
    const { message } = await probe(url.replace('http://', 'http://ada:secret@'));
    expect(message).toBe(`teacher.url: ${url} answers (HTTP 200)`);
  });
});
