import { X509Certificate } from 'node:crypto';
import { type Agent, validateHeaderValue } from 'node:http';
import type { RequestOptions } from 'node:https';
import * as tls from 'node:tls';
import { KubeConfig } from '@kubernetes/client-node/dist/config.js';
import type { TlsSettings } from '../http/agents.ts';
import type { Place } from '../kubeconfig/place.ts';
import { CredentialFault } from './credential-fault.ts';
import { askPlugin, type PluginCredential, type PluginOptions } from './exec-plugin.ts';

/** What proves who asks, and to whom: good for many requests. */
export interface Credentials {
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: TlsSettings;
  /** Milliseconds since 1970; absent = until the server refuses them. */
  readonly expires?: number;
  /** They may change at any time without a refusal: a file that is written anew, a token with a short life. */
  readonly volatile: boolean;
  /** Speaks through a SOCKS proxy. */
  readonly socks?: Agent;
}

export interface ReadOptions extends PluginOptions {
  /** A SOCKS proxy; those of HTTP are ours. */
  readonly socks?: URL;
}

/**
 * The credentials of a place, of every kind that client-node knows; plugins are run by us, because it sets them no time
 * limit. Throws `CredentialFault`.
 */
export async function readCredentials(place: Place, options: ReadOptions): Promise<Credentials> {
  const { exec } = place.user;
  const given = exec == null ? undefined : await askPlugin(exec, place, options);
  const taken: RequestOptions = {};
  try {
    await kubeConfigOf(place, given, options.socks).applyToHTTPSOptions(taken);
  } catch (error) {
    throw new CredentialFault(
      `the credentials of the context ${place.context} cannot be read: ${(error as Error).message}`,
      {
        cause: error,
      },
    );
  }
  const headers = headersOf(taken);
  const proofs = {
    ...tlsOf(place, taken),
    ...(given?.cert === undefined ? {} : { cert: given.cert, key: given.key ?? '' }),
  };
  judge(place, headers, proofs, taken.ca);
  return {
    headers,
    tls: proofs,
    volatile: place.user.tokenFile !== undefined || place.user['auth-provider'] != null,
    ...(given?.expires === undefined ? {} : { expires: given.expires }),
    ...(options.socks === undefined ? {} : { socks: taken.agent as Agent }),
  };
}

/** What Node would only refuse in the middle of a request, as a fault of a program. */
function judge(
  place: Place,
  headers: Credentials['headers'],
  { cert, key }: TlsSettings,
  ca: RequestOptions['ca'],
): void {
  const attempt = (what: string, work: () => unknown): void => {
    try {
      work();
    } catch (error) {
      const { message } = error as Error;
      throw new CredentialFault(`the ${what} of the context ${place.context} cannot be used: ${message}`, {
        cause: error,
      });
    }
  };
  attempt('token', () => {
    for (const [name, value] of Object.entries(headers)) validateHeaderValue(name, value);
  });
  attempt('certificate authority', () => ca !== undefined && new X509Certificate(ca as Buffer));
  attempt('client certificate', () => tls.createSecureContext({ ...(cert && { cert }), ...(key && { key }) }));
}

function kubeConfigOf(
  { cluster, user }: Place,
  given: PluginCredential | undefined,
  socks: URL | undefined,
): KubeConfig {
  const config = new KubeConfig();
  const fromFile = given === undefined && user.tokenFile !== undefined;
  config.loadFromOptions({
    clusters: [
      {
        name: 'cluster',
        server: 'https://cluster', // client-node refuses a plain one; the address is used by us only
        caFile: cluster['certificate-authority'],
        caData: cluster['certificate-authority-data'],
        skipTLSVerify: cluster['insecure-skip-tls-verify'],
        tlsServerName: cluster['tls-server-name'],
        proxyUrl: socks?.href,
      },
    ],
    users: [
      {
        name: 'user',
        certFile: user['client-certificate'],
        certData: user['client-certificate-data'],
        keyFile: user['client-key'],
        keyData: user['client-key-data'],
        token: given?.token ?? (fromFile ? undefined : user.token),
        username: user.username,
        password: user.password,
        impersonateUser: user.as,
        authProvider: fromFile
          ? { name: 'tokenFile', config: { tokenFile: user.tokenFile } }
          : (user['auth-provider'] ?? undefined),
      },
    ],
    contexts: [{ name: 'context', cluster: 'cluster', user: 'user' }],
    currentContext: 'context',
  });
  return config;
}

function headersOf({ headers, auth }: RequestOptions): Readonly<Record<string, string>> {
  const taken = Object.entries(headers ?? {}).map(([name, value]) => [name, String(value).trim()] as const);
  const basic = typeof auth === 'string' ? { Authorization: `Basic ${Buffer.from(auth).toString('base64')}` } : {};
  return { ...basic, ...Object.fromEntries(taken) };
}

function tlsOf({ cluster }: Place, { ca, cert, key, servername, rejectUnauthorized }: RequestOptions): TlsSettings {
  const insecure = cluster['insecure-skip-tls-verify'];
  return {
    ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
    ...(ca === undefined ? (insecure ? {} : { ca: systemAuthorities() }) : { ca: ca as Buffer }),
    ...(cert === undefined ? {} : { cert: cert as Buffer }),
    ...(key === undefined ? {} : { key: key as Buffer }),
    ...(servername === undefined ? {} : { servername }),
  };
}

/** As kubectl: without an authority of its own a cluster is trusted by those of this machine; Node's own are added. */
function systemAuthorities(): readonly string[] {
  return [...tls.rootCertificates, ...tls.getCACertificates('system')];
}
