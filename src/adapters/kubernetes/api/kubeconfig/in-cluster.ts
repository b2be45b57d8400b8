import { existsSync, readFileSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import type { Place, PlaceRequest } from './place.ts';
import { clusterEntry, userEntry } from './schema.ts';

const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/** The cluster this very pod runs in, as its service account; undefined outside of one. */
export function inClusterPlace({ env, namespace, serviceAccountDir }: PlaceRequest): Place | undefined {
  const folder = serviceAccountDir ?? SERVICE_ACCOUNT;
  const host = env['KUBERNETES_SERVICE_HOST'];
  const port = env['KUBERNETES_SERVICE_PORT'];
  const tokenFile = join(folder, 'token');
  if (!host || !port || !existsSync(tokenFile)) return undefined;
  const url = new URL(`https://${isIPv6(host) ? `[${host}]` : host}:${port}`);
  return {
    server: url.origin,
    context: 'in-cluster',
    namespace: namespace ?? env['POD_NAMESPACE'] ?? readIfThere(join(folder, 'namespace')) ?? 'default',
    url,
    cluster: clusterEntry.parse({ server: url.origin, 'certificate-authority': join(folder, 'ca.crt') }),
    user: userEntry.parse({ tokenFile }),
  };
}

function readIfThere(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8').trim() : undefined;
}
