import { request as askPlain } from 'node:http';
import { request as askSecure } from 'node:https';
import type { Socket } from 'node:net';
import { NetworkError, networkError } from '../http/network-error.ts';

/** Where a tunnel goes. */
export interface TunnelEnd {
  readonly host: string;
  readonly port: number;
}

/** A connection to a server through an HTTP proxy (CONNECT). Throws `NetworkError`: nothing has been sent to the server. */
export async function openTunnel(proxy: URL, end: TunnelEnd, within: number): Promise<Socket> {
  const authority = `${end.host.includes(':') ? `[${end.host}]` : end.host}:${end.port}`;
  const ask = proxy.protocol === 'https:' ? askSecure : askPlain;
  const asking = ask({
    method: 'CONNECT',
    hostname: proxy.hostname.replace(/^\[|\]$/g, ''),
    port: proxy.port === '' ? undefined : Number(proxy.port),
    path: authority,
    headers: { host: authority, ...authorization(proxy) },
    agent: false,
  });
  const timer = setTimeout(() => asking.destroy(new Error(`no tunnel within ${within / 1000} s`)), within);
  try {
    return await new Promise<Socket>((resolve, reject) => {
      asking.once('connect', ({ statusCode }, socket) => {
        if (statusCode === 200) resolve(socket as Socket);
        else reject(refused(statusCode, socket as Socket));
      });
      asking.on('error', reject);
      asking.end();
    });
  } catch (error) {
    const { code, message } = networkError(error, 'connecting');
    throw new NetworkError(code, `the proxy ${proxy.host}: ${message}`, 'connecting', error);
  } finally {
    clearTimeout(timer);
  }
}

function refused(status: number | undefined, socket: Socket): Error {
  socket.destroy();
  const why = status === 407 ? 'asks for a user and password (407)' : `makes no tunnel (${status})`;
  return Object.assign(new Error(why), { code: 'PROXY_REFUSED' });
}

function authorization({ username, password }: URL): Readonly<Record<string, string>> {
  if (username === '' && password === '') return {};
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(pair).toString('base64')}` };
}
