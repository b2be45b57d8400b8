import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { describe, expect, onTestFinished, test } from 'vitest';
import { RESOURCES } from '../../../../src/adapters/kubernetes/api/kube-api.ts';
import { type CertificateOptions, makeCertificate } from '../../../fakes/api-server/certificate.ts';
import { startApiServer, TEST_AUTHORITY } from '../../../fakes/api-server/fake-api-server.ts';
import { bench, faultOf, found } from './harness.ts';

const { configMaps } = RESOURCES;

/** A client of a server that shows a certificate of the test's. */
async function showing(options: Omit<CertificateOptions, 'name'>, cluster: object = {}) {
  const identity = makeCertificate({ name: 'odd', ...options });
  const server = await startApiServer((_heard, wire) => found(wire), { identity });
  onTestFinished(() => server.stop());
  const made = await bench(() => undefined, { cluster: { server: server.url, ...cluster } });
  return { ...made, server };
}

describe('row 18: a server that cannot show who it is', () => {
  const day = (offset: number): Date => new Date(Date.now() + offset * 24 * 3600 * 1000);

  // its certificate, what is said
  test.each([
    [
      'of an authority that is not trusted',
      { hosts: ['127.0.0.1'], issuer: { name: 'x', ...makeCertificate({ name: 'x' }) } },
      /signed by an authority this kubeconfig does not trust/,
    ],
    ['signed by itself', {}, /signed by nobody this kubeconfig trusts|signed by an authority/],
    [
      'that has expired',
      { hosts: ['127.0.0.1'], issuer: TEST_AUTHORITY, notBefore: day(-3), notAfter: day(-2) },
      /valid from .* to .*\) has expired/,
    ],
    [
      'that begins tomorrow',
      { hosts: ['127.0.0.1'], issuer: TEST_AUTHORITY, notBefore: day(1), notAfter: day(2) },
      /is not valid yet/,
    ],
    [
      'for another name',
      { hosts: ['other.example.com'], issuer: TEST_AUTHORITY },
      /for other\.example\.com, issued by a test authority.*is for another name/,
    ],
  ])('with a certificate %s gets no request', async (_what, options, words) => {
    const { api, server } = await showing(options);
    const fault = await faultOf(api.get(configMaps, 'a'));
    expect(fault).toMatchObject({ kind: 'unreachable' });
    expect(fault.message).toMatch(words);
    expect(server.heard).toEqual([]);
  });

  test('is taken under the name that the kubeconfig gives it', async () => {
    const { api } = await showing(
      { hosts: ['other.example.com'], issuer: TEST_AUTHORITY },
      { 'tls-server-name': 'other.example.com' },
    );
    expect(await api.get(configMaps, 'a')).toBeDefined();
  });

  test('is taken for an address only when the certificate holds that', async () => {
    const options = { hosts: ['10.9.8.7'], issuer: TEST_AUTHORITY };
    const right = await showing(options, { 'tls-server-name': '10.9.8.7' });
    expect(await right.api.get(configMaps, 'a')).toBeDefined();
    const wrong = await showing(options, { 'tls-server-name': '10.9.8.6' });
    expect((await faultOf(wrong.api.get(configMaps, 'a'))).message).toMatch(/is for another name/);
  });

  test('is taken where the kubeconfig says so, and that is told', async () => {
    const trustAll = { 'insecure-skip-tls-verify': true, 'certificate-authority-data': null };
    const { api, notices } = await showing({}, trustAll);
    expect(await api.get(configMaps, 'a')).toBeDefined();
    expect(notices).toEqual([expect.stringMatching(/^the kubeconfig says insecure-skip-tls-verify: anybody/)]);
  });
});

describe('credentials that are no such thing', () => {
  // what the kubeconfig holds, what is said
  test.each([
    [{}, { 'certificate-authority-data': 'bm9uc2Vuc2U=' }, /authority/],
    [{ 'client-certificate-data': 'bm9uc2Vuc2U=', 'client-key-data': 'bm9uc2Vuc2U=' }, {}, /certificate|key/],
    [{ token: 'a\nb' }, {}, /header/],
  ])('%o %o are told in words, and no bug', async (user, cluster, words) => {
    const { api } = await bench(() => undefined, { user, cluster });
    const fault = await faultOf(api.get(configMaps, 'a'));
    expect(fault).toMatchObject({ name: 'KubeFault', kind: 'unauthorized' });
    expect(fault.message).toMatch(words);
  });
});

interface Proxy {
  readonly port: number;
  readonly asked: string[];
}

/** An HTTP proxy: `judge` answers with a number to refuse. */
async function startProxy(judge: (request: IncomingMessage) => number = () => 200): Promise<Proxy> {
  const asked: string[] = [];
  const sockets = new Set<Duplex>();
  const proxy = createServer();
  proxy.on('connect', (request, client: Duplex, head) => {
    asked.push(`${request.url} ${request.headers['proxy-authorization'] ?? ''}`.trim());
    sockets.add(client);
    client.on('error', () => undefined);
    const status = judge(request);
    if (status !== 200) {
      client.end(`HTTP/1.1 ${status} No\r\n\r\n`);
      return;
    }
    const [host = '', port] = (request.url ?? '').split(':');
    const far = connect(Number(port), host, () => {
      client.write('HTTP/1.1 200 Yes\r\n\r\n');
      far.write(head);
      far.pipe(client);
      client.pipe(far);
    });
    far.on('error', () => client.destroy());
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    proxy.close();
  });
  return { port: (proxy.address() as AddressInfo).port, asked };
}

describe('row 20: a proxy', () => {
  test('of the kubeconfig is asked for a tunnel, with its password, and one tunnel serves many requests', async () => {
    const proxy = await startProxy();
    const { api, server } = await bench((_heard, wire) => found(wire), {
      cluster: { 'proxy-url': `http://me:p%40w@127.0.0.1:${proxy.port}` },
    });
    await api.get(configMaps, 'a');
    await api.get(configMaps, 'a');
    const password = Buffer.from('me:p@w').toString('base64');
    expect(proxy.asked).toEqual([`127.0.0.1:${server.port} Basic ${password}`]);
    expect(api.counters).toEqual({ requests: 2, connections: 1 });
  });

  test('of the environment is not asked for this machine', async () => {
    const proxy = await startProxy();
    const { api } = await bench((_heard, wire) => found(wire), {
      more: { env: { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` } },
    });
    await api.get(configMaps, 'a');
    expect(proxy.asked).toEqual([]);
  });

  test('of the environment is asked for any other', async () => {
    const proxy = await startProxy(() => 403);
    const { api } = await bench(() => undefined, {
      cluster: { server: 'https://api.example.com' },
      more: { env: { HTTPS_PROXY: `127.0.0.1:${proxy.port}` } },
    });
    const fault = await faultOf(api.get(configMaps, 'a'));
    expect(fault).toMatchObject({
      kind: 'unreachable',
      message: `the proxy 127.0.0.1:${proxy.port}: makes no tunnel (403)`,
    });
    expect(proxy.asked[0]).toBe('api.example.com:443');
  });

  test('that is not there, or is silent, is told as the proxy', async () => {
    const silent = createTcpServer();
    const held = new Set<Socket>();
    silent.on('connection', (socket) => held.add(socket));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      for (const socket of held) socket.destroy();
      silent.close();
    });
    const { port } = silent.address() as AddressInfo;
    const { api } = await bench(() => undefined, {
      cluster: { 'proxy-url': `http://127.0.0.1:${port}` },
      limits: { connect: 200 },
    });
    expect((await faultOf(api.get(configMaps, 'a'))).message).toBe(
      `the proxy 127.0.0.1:${port}: no tunnel within 0.2 s`,
    );
    expect(await faultOf(api.create(configMaps, {}))).toMatchObject({ kind: 'unreachable' });
  });

  test('of SOCKS is gone through as well', async () => {
    const asked: string[] = [];
    const socks = createTcpServer((client) => serveSocks(client, asked));
    await new Promise<void>((resolve) => socks.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void socks.close());
    const { port } = socks.address() as AddressInfo;
    const { api, server } = await bench((_heard, wire) => found(wire), {
      cluster: { 'proxy-url': `socks5://127.0.0.1:${port}` },
    });
    expect(await api.get(configMaps, 'a')).toBeDefined();
    expect(asked).toEqual([`127.0.0.1:${server.port}`]);
  });
});

/** SOCKS 5 without a password, to an IPv4 address: one piece of the talk after the other. */
function serveSocks(client: Socket, asked: string[]): void {
  client.on('error', () => undefined);
  client.once('data', () => {
    client.write(Buffer.from([5, 0]));
    client.once('data', (request) => {
      const [host, port] = [[...request.subarray(4, 8)].join('.'), request.readUInt16BE(8)];
      asked.push(`${host}:${port}`);
      const far = connect(port, host, () => {
        client.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]));
        far.pipe(client);
        client.pipe(far);
      });
      far.on('error', () => client.destroy());
      client.on('close', () => far.destroy());
    });
  });
}
