import { BlockList, isIP, isIPv6 } from 'node:net';
import type { HostEnv } from '../host-env.ts';

/**
 * The proxy for a server, by the rules of kubectl: the kubeconfig's `proxy-url` wins over everything; else `HTTPS_PROXY`
 * (`HTTP_PROXY` for a plain server), unless the server is this machine or `NO_PROXY` names it. Undefined = none.
 * Throws a `TypeError` for what is no address.
 */
export function chooseProxy(server: URL, proxyUrl: string | undefined, env: HostEnv): URL | undefined {
  if (proxyUrl !== undefined) return new URL(proxyUrl);
  const name = server.protocol === 'http:' ? 'HTTP_PROXY' : 'HTTPS_PROXY';
  const address = either(env, name);
  if (address === undefined || isBypassed(server, either(env, 'NO_PROXY') ?? '')) return undefined;
  return new URL(/^(https?|socks5h?):\/\//i.test(address) ? address : `http://${address}`);
}

/** Programs of both worlds read them: in capitals first, as Go does. */
function either(env: HostEnv, name: string): string | undefined {
  return [env[name], env[name.toLowerCase()]].find((value) => value !== undefined && value !== '');
}

/** One host and port as the entries of `NO_PROXY` see it. */
interface Subject {
  readonly host: string;
  readonly port: string;
  readonly family: 'ipv4' | 'ipv6' | undefined;
}

/** Whether a server is reached without a proxy, by the entries of `NO_PROXY` as Go's `httpproxy` reads them. */
export function isBypassed(server: URL, noProxy: string): boolean {
  const host = server.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  const port = server.port === '' ? (server.protocol === 'http:' ? '80' : '443') : server.port;
  const version = isIP(host);
  const subject: Subject = { host, port, family: version === 0 ? undefined : version === 4 ? 'ipv4' : 'ipv6' };
  if (isThisMachine(subject)) return true;
  return noProxy.split(',').some((entry) => matches(entry.trim().toLowerCase(), subject));
}

function isThisMachine({ host, family }: Subject): boolean {
  return host === 'localhost' || host === '::1' || (family === 'ipv4' && host.startsWith('127.'));
}

function matches(entry: string, subject: Subject): boolean {
  if (entry === '') return false;
  if (entry === '*') return true;
  const [network = '', bits] = entry.split('/');
  if (bits !== undefined && isIP(network) !== 0) return isInNetwork(network, bits, subject);
  const { host, port } = splitPort(entry);
  if (host === '' || (port !== undefined && port !== subject.port)) return false;
  if (isIP(host) !== 0) return isSameAddress(host, subject);
  return isSameDomain(host, subject.host);
}

function isInNetwork(network: string, bits: string, { host, family }: Subject): boolean {
  const ownFamily = isIPv6(network) ? 'ipv6' : 'ipv4';
  const prefix = Number(bits);
  if (family !== ownFamily || !/^\d+$/.test(bits) || prefix > (ownFamily === 'ipv6' ? 128 : 32)) return false;
  const list = new BlockList();
  list.addSubnet(network, prefix, ownFamily);
  return list.check(host, family);
}

/** Addresses have several spellings; a list of one knows them all. */
function isSameAddress(address: string, { host, family }: Subject): boolean {
  if (family === undefined) return false;
  const list = new BlockList();
  list.addAddress(address, isIPv6(address) ? 'ipv6' : 'ipv4');
  return list.check(host, family);
}

/** `a.b` is the name and all below it, `.a.b` and `*.a.b` only what is below. */
function isSameDomain(entry: string, host: string): boolean {
  const suffix = entry.startsWith('*.') ? entry.slice(1) : entry;
  return suffix.startsWith('.') ? host.endsWith(suffix) : host === suffix || host.endsWith(`.${suffix}`);
}

function splitPort(entry: string): { readonly host: string; readonly port?: string } {
  const bracketed = /^\[(?<host>[^\]]*)\](?::(?<port>\d*))?$/.exec(entry)?.groups;
  const found = bracketed ?? (isIPv6(entry) ? undefined : /^(?<host>[^:]*):(?<port>[^:]*)$/.exec(entry)?.groups);
  if (found === undefined) return { host: entry };
  return found['port'] === undefined
    ? { host: found['host'] ?? '' }
    : { host: found['host'] ?? '', port: found['port'] };
}
