import { readFileSync } from 'node:fs';
import * as z from 'zod';
import type { HostEnv } from '../host-env.ts';
import type { Place } from '../kubeconfig/place.ts';
import type { ExecEntry } from '../kubeconfig/schema.ts';
import { CredentialFault } from './credential-fault.ts';
import { runPlugin } from './run-plugin.ts';

/** What a plugin gave. */
export interface PluginCredential {
  readonly token?: string;
  /** PEM. */
  readonly cert?: string;
  readonly key?: string;
  /** Milliseconds since 1970, by the clock of this machine; absent = until the server refuses it. */
  readonly expires?: number;
}

export interface PluginOptions {
  readonly env: HostEnv;
  /** Milliseconds. */
  readonly limit: number;
  /** What a plugin says while it waits, perhaps for a person. */
  readonly onNotice: (message: string) => void;
}

const GROUP = 'client.authentication.k8s.io';
const VERSIONS = new Set([`${GROUP}/v1`, `${GROUP}/v1beta1`]);

/** Runs the plugin of a kubeconfig user. Throws `CredentialFault`. */
export async function askPlugin(exec: ExecEntry, place: Place, options: PluginOptions): Promise<PluginCredential> {
  const { apiVersion, command, args, env, installHint, interactiveMode } = exec;
  if (apiVersion === undefined || !VERSIONS.has(apiVersion)) {
    throw new CredentialFault(`the credential plugin ${command} speaks ${apiVersion ?? 'no version'}, not ${GROUP}/v1`);
  }
  if (interactiveMode === 'Always') {
    throw new CredentialFault(
      `the credential plugin ${command} wants to talk to a person, and this program may run alone`,
    );
  }
  const output = await runPlugin(command, args ?? [], {
    env: {
      ...options.env,
      ...Object.fromEntries((env ?? []).map(({ name, value }) => [name, value])),
      KUBERNETES_EXEC_INFO: JSON.stringify(execInfo(apiVersion, exec, place)),
    },
    limit: options.limit,
    onNotice: options.onNotice,
    ...(installHint === undefined ? {} : { installHint }),
  });
  return parseCredential(command, apiVersion, output);
}

function execInfo(apiVersion: string, { provideClusterInfo }: ExecEntry, { cluster }: Place): unknown {
  const spec = { interactive: false, ...(provideClusterInfo ? { cluster: clusterInfo(cluster) } : {}) };
  return { kind: 'ExecCredential', apiVersion, spec };
}

function clusterInfo(cluster: Place['cluster']): unknown {
  const file = cluster['certificate-authority'];
  return {
    server: cluster.server,
    'tls-server-name': cluster['tls-server-name'],
    'insecure-skip-tls-verify': cluster['insecure-skip-tls-verify'] || undefined,
    'certificate-authority-data':
      file === undefined ? cluster['certificate-authority-data'] : readFileSync(file).toString('base64'),
    'proxy-url': cluster['proxy-url'],
    config: cluster.extensions?.find(({ name }) => name === `${GROUP}/exec`)?.extension,
  };
}

const text = z.string().min(1).nullish();
const credential = z.object({
  apiVersion: z.string(),
  kind: z.literal('ExecCredential'),
  status: z.object({ token: text, clientCertificateData: text, clientKeyData: text, expirationTimestamp: text }),
});

function parseCredential(command: string, apiVersion: string, output: string): PluginCredential {
  const { success, data } = credential.safeParse(parseJson(output));
  if (!success) throw new CredentialFault(`the credential plugin ${command} printed no ExecCredential`);
  if (data.apiVersion !== apiVersion) {
    throw new CredentialFault(`the credential plugin ${command} answered in ${data.apiVersion}, not in ${apiVersion}`);
  }
  const { token, clientCertificateData: cert, clientKeyData: key, expirationTimestamp } = data.status;
  if ((cert == null) !== (key == null)) {
    throw new CredentialFault(`the credential plugin ${command} gave a certificate without its key, or the reverse`);
  }
  if (token == null && cert == null) throw new CredentialFault(`the credential plugin ${command} gave no credential`);
  const expires = Date.parse(expirationTimestamp ?? '');
  return {
    ...(token == null ? {} : { token }),
    ...(cert == null || key == null ? {} : { cert, key }),
    ...(Number.isNaN(expires) ? {} : { expires }),
  };
}

function parseJson(output: string): unknown {
  try {
    return JSON.parse(output);
  } catch {
    return undefined;
  }
}
