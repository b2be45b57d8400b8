import { describe, expect, test } from 'vitest';
import type { ByteStream } from '../../../../src/adapters/kubernetes/api/kube-api.ts';
import { bench, faultOf, status } from './harness.ts';

const signal = new AbortController().signal;
const query = { container: 'main', follow: true };

async function textOf({ body }: ByteStream): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

describe('a log', () => {
  test('comes as it is, stamped, from where it is asked for', async () => {
    const bytes = Buffer.from([0, 0xff, 0x0d, 0x0a, 0xc3]);
    const { api, server } = await bench((_heard, wire) => wire.answer(200, bytes, { 'content-type': 'text/plain' }));
    const stream = await api.log(
      'p',
      { ...query, sinceTime: '2026-01-01T00:00:00Z', previous: true, limitBytes: 9, tailLines: 3 },
      signal,
    );
    expect(stream.status).toBe(200);
    const chunks: Uint8Array[] = [];
    for await (const chunk of stream.body) chunks.push(chunk);
    expect(Buffer.concat(chunks)).toEqual(bytes);
    expect(server.heard[0]?.url.pathname).toBe('/api/v1/namespaces/ns/pods/p/log');
    expect(Object.fromEntries(server.heard[0]?.url.searchParams ?? [])).toEqual({
      container: 'main',
      timestamps: 'true',
      follow: 'true',
      sinceTime: '2026-01-01T00:00:00Z',
      previous: 'true',
      limitBytes: '9',
      tailLines: '3',
    });
  });

  test.each([
    [400, 'BadRequest', 'container "main" in pod "p" is waiting to start: ContainerCreating', 'invalid'],
    [403, 'Forbidden', 'pods "p" is forbidden: User "u" cannot get resource "pods/log"', 'forbidden'],
    [404, 'NotFound', 'pods "p" not found', 'not-found'],
    [500, 'InternalError', 'Get "https://10.0.0.1:10250/containerLogs": dial tcp: timeout', 'server'],
  ])('that cannot be read, %i %s, is a fault with the words of the server', async (code, reason, message, kind) => {
    const { api } = await bench((_heard, wire) => wire.json(code, status(code, reason, message)));
    expect(await faultOf(api.log('p', query, signal))).toMatchObject({
      kind,
      status: code,
      reason,
      message,
      request: 'read the log of container "main" of pods "p" in namespace "ns"',
    });
  });

  test('row 12: that drips has no deadline', async () => {
    const { api } = await bench(
      (_heard, wire) => {
        wire.head(200);
        let left = 20;
        const timer = setInterval(() => {
          left -= 1;
          wire.chunk('x');
          if (left > 0) return;
          clearInterval(timer);
          wire.end();
        }, 5);
      },
      { limits: { read: 20, headers: 2000, proxyQuiet: 20 } },
    );
    expect(await textOf(await api.log('p', query, signal))).toBe('x'.repeat(20));
  });

  test('row 14: cut at any byte gives exactly what came, and says that it was cut', async () => {
    const text = '2026-01-01T00:00:00.000000001Z eins\n2026-01-01T00:00:00.000000002Z zwei ä\n';
    const bytes = Buffer.from(text);
    const { api } = await bench((heard, wire) => {
      const at = Number(heard.url.searchParams.get('limitBytes'));
      wire.head(200);
      wire.chunk(bytes.subarray(0, at));
      setImmediate(() => wire.close());
    });
    for (const at of [1, 30, 31, 36, 40, bytes.length - 2, bytes.length]) {
      const got: Uint8Array[] = [];
      const { body } = await api.log('p', { ...query, limitBytes: at }, signal);
      const read = async (): Promise<void> => {
        for await (const chunk of body) got.push(chunk);
      };
      await expect(read()).rejects.toMatchObject({ kind: 'unreachable' });
      expect(Buffer.concat(got)).toEqual(bytes.subarray(0, at));
    }
  });

  test('of which each line is sent by itself comes in fewer pieces, whole and in order', async () => {
    const lines = Array.from({ length: 2000 }, (_, nth) => `2026-01-01T00:00:00.000000001Z ${nth}\n`);
    const { api } = await bench((_heard, wire) => {
      wire.head(200);
      for (const line of lines) wire.chunk(line);
      wire.end();
    });
    const { body } = await api.log('p', query, signal);
    const chunks = await Array.fromAsync(body);
    expect(Buffer.concat(chunks).toString()).toBe(lines.join(''));
    expect(chunks.length).toBeLessThan(lines.length / 10);
  });

  test('is given to its last byte while the connection stays open', async () => {
    const { api } = await bench((_heard, wire) => {
      wire.head(200);
      for (let nth = 0; nth < 600; nth += 1) wire.chunk('x'.repeat(2000));
    });
    const stop = new AbortController();
    for (const follow of [true, false, true, false]) {
      const { body } = await api.log('p', { ...query, follow }, stop.signal);
      let bytes = 0;
      for await (const { length } of body) {
        bytes += length;
        if (bytes === 600 * 2000) break;
      }
    }
  });

  test('is not read far ahead of a reader that takes its time', async () => {
    const mebibyte = 'x'.repeat(1024 * 1024);
    const { api } = await bench((_heard, wire) => {
      wire.head(200);
      for (let nth = 0; nth < 16; nth += 1) wire.chunk(mebibyte);
      wire.end();
    });
    const { body } = await api.log('p', query, signal);
    const sizes: number[] = [];
    for await (const { length } of body) {
      sizes.push(length);
      for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(sizes.reduce((sum, size) => sum + size)).toBe(16 * mebibyte.length);
    expect(Math.max(...sizes)).toBeLessThan(mebibyte.length);
  });

  test('row 56: a proper end in the middle is an end without a fault', async () => {
    const { api } = await bench((_heard, wire) => {
      wire.head(200);
      wire.chunk('half a li');
      wire.end();
    });
    expect(await textOf(await api.log('p', query, signal))).toBe('half a li');
  });

  test('row 13: that is silent ends when the reader gives up', async () => {
    const { api } = await bench((_heard, wire) => {
      wire.head(200);
      wire.chunk('x');
    });
    const stop = new AbortController();
    const { body } = await api.log('p', query, stop.signal);
    const read = async (): Promise<void> => {
      for await (const _chunk of body) stop.abort(new Error('enough'));
    };
    await expect(read()).rejects.toThrow('enough');
  });

  test('that nobody reads on is closed', async () => {
    let closed: Promise<void> | undefined;
    const { api } = await bench((_heard, wire) => {
      closed = wire.closed;
      wire.head(200);
      wire.chunk('x');
    });
    for await (const _chunk of (await api.log('p', query, signal)).body) break;
    await closed;
  });
});

describe('the proxy of a pod', () => {
  test('hands a range on, and the answer of the pod whatever it is', async () => {
    const { api, server } = await bench((heard, wire) => {
      if (heard.url.pathname.endsWith('/part')) wire.answer(206, 'bcd', { 'content-range': 'bytes 1-3/9' });
      else wire.answer(404, 'no such file', { 'content-type': 'text/plain' });
    });
    const headers = { range: 'bytes=1-3', 'x-ilab-token': 't' };
    const part = await api.proxy('p', { method: 'GET', port: 8080, path: '/a/part?x=1', headers }, signal);
    expect(part).toMatchObject({ status: 206, headers: { 'content-range': 'bytes 1-3/9' } });
    expect(await textOf(part)).toBe('bcd');
    expect(server.heard[0]?.url.href).toBe('https://fake/api/v1/namespaces/ns/pods/p:8080/proxy/a/part?x=1');
    expect(server.heard[0]?.headers).toMatchObject(headers);
    const none = await api.proxy('p', { method: 'GET', port: 8080, path: '/none', headers: {} }, signal);
    expect([none.status, await textOf(none)]).toEqual([404, 'no such file']);
  });

  test('sends a body as it comes', async () => {
    async function* pieces(): AsyncGenerator<Uint8Array> {
      for (const piece of ['a', 'bc', 'def']) yield Buffer.from(piece);
    }
    const { api, server } = await bench((_heard, wire) => wire.answer(201, ''));
    const put = { method: 'PUT', port: 1, path: '/f', headers: {} } as const;
    expect((await api.proxy('p', { ...put, body: pieces() }, signal)).status).toBe(201);
    expect((await api.proxy('p', { ...put, body: Buffer.from('whole') }, signal)).status).toBe(201);
    expect(server.heard.map(({ body }) => body.toString())).toEqual(['abcdef', 'whole']);
    expect(server.heard[1]?.headers['content-length']).toBe('5');
  });

  test('tells the refusals of the API server from the JSON of the pod', async () => {
    const { api, server } = await bench((_heard, wire) => wire.json(403, { error: 'of the pod' }));
    const get = { method: 'GET', port: 1, path: '/', headers: {} } as const;
    const own = await api.proxy('p', get, signal);
    expect([own.status, await textOf(own)]).toEqual([403, '{"error":"of the pod"}']);
    server.play((_heard, wire) =>
      wire.json(403, status(403, 'Forbidden', 'pods "p" is forbidden: User "u" cannot get resource "pods/proxy"')),
    );
    expect(await faultOf(api.proxy('p', get, signal))).toMatchObject({ kind: 'forbidden', status: 403 });
    server.play((_heard, wire) =>
      wire.json(503, status(503, 'ServiceUnavailable', 'error trying to reach service: dial tcp')),
    );
    expect(await faultOf(api.proxy('p', get, signal))).toMatchObject({ kind: 'server', status: 503 });
  });

  test('that falls silent in the middle is a fault', async () => {
    const { api } = await bench(
      (_heard, wire) => {
        wire.head(200);
        wire.chunk('x');
      },
      { limits: { proxyQuiet: 200 } },
    );
    const stream = await api.proxy('p', { method: 'GET', port: 1, path: '/', headers: {} }, signal);
    await expect(textOf(stream)).rejects.toMatchObject({ kind: 'unreachable', message: 'no byte came for 0.2 s' });
  });

  test.each(['a', '/../secrets/s', '/a/..', '/a/%2e%2e/b', '/a b', '/a#b'])('refuses the path %s', async (path) => {
    const { api, server } = await bench((_heard, wire) => wire.answer(200, ''));
    await expect(api.proxy('p', { method: 'GET', port: 1, path, headers: {} }, signal)).rejects.toThrow('no path');
    await expect(
      api.proxy('p', { method: 'GET', port: 1, path: '/', headers: { AUTHORIZATION: 'x' } }, signal),
    ).rejects.toThrow('Authorization');
    expect(server.heard).toEqual([]);
  });
});
