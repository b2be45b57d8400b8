import { once } from 'node:events';
import { Agent, request } from 'node:https';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { startApiServer } from './fake-api-server.ts';
import { type Heard, RequestReader } from './read-requests.ts';

test('a request is heard the same, in whatever pieces its bytes come', () => {
  const bytes = Buffer.from(
    [
      'POST /a?b=c HTTP/1.1\r\nContent-Length: 5\r\nX-Two: a: b\r\n\r\nhello',
      'PUT /d HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n',
      'GET /e HTTP/1.1\r\n\r\n',
    ].join(''),
  );
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), (sizes) => {
      const reader = new RequestReader(1);
      const heard: Heard[] = [];
      for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
        const size = sizes[turn % sizes.length] ?? 1;
        reader.add(bytes.subarray(at, at + size));
        at += size;
        for (;;) {
          reader.nextHead();
          const request = reader.nextRequest();
          if (request === undefined) break;
          heard.push(request);
        }
      }
      expect(heard.map(({ method, url, body }) => `${method} ${url.pathname}${url.search} ${body}`)).toEqual([
        'POST /a?b=c hello',
        'PUT /d abc0123456789',
        'GET /e ',
      ]);
      expect(heard[0]?.headers['x-two']).toBe('a: b');
    }),
  );
});

test('it speaks TLS and HTTP, and breaks both when told to', async () => {
  const server = await startApiServer((heard, wire) => {
    if (heard.url.pathname === '/whole') wire.json(200, { a: 1 });
    else {
      wire.head(200);
      wire.chunk('half');
      setImmediate(() => wire.reset());
    }
  });
  onTestFinished(() => server.stop());
  const agent = new Agent({ ca: server.ca, keepAlive: true });
  onTestFinished(() => agent.destroy());
  const ask = async (path: string): Promise<string> => {
    const asked = request(`${server.url}${path}`, { agent }).on('error', () => undefined); // it may come with the body
    const [answer] = await once(asked.end(), 'response');
    const chunks: Buffer[] = [];
    for await (const chunk of answer) chunks.push(chunk);
    return Buffer.concat(chunks).toString();
  };
  expect([await ask('/whole'), await ask('/whole')]).toEqual(['{"a":1}', '{"a":1}']);
  expect(server.heard.map(({ connection }) => connection)).toEqual([1, 1]);
  await expect(ask('/cut')).rejects.toMatchObject({ code: 'ECONNRESET' });
  await server.stop();
  await expect(ask('/whole')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  await server.start();
  expect(await ask('/whole')).toBe('{"a":1}');
});
