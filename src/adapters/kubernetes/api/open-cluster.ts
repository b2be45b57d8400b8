import { UserError } from '../../../domain/errors.ts';
import { CredentialSource } from './credentials/credential-source.ts';
import type { Credentials } from './credentials/read-credentials.ts';
import type { HostEnv } from './host-env.ts';
import { Contact } from './http/contact.ts';
import { HttpClient } from './http/http-client.ts';
import { PersistentClient } from './http/persistent-client.ts';
import { LIMITS, type Limits, systemTiming, type Timing } from './http/timing.ts';
import type { KubeApi } from './kube-api.ts';
import { createKubeClient } from './kube-client.ts';
import type { Place, PlaceRequest } from './kubeconfig/place.ts';
import { chooseProxy } from './proxy/choose-proxy.ts';
import { createRequests } from './requests.ts';

/** Which cluster, and who is told what happens on the way to it. */
export interface OpenClusterOptions {
  /** The environment of the program: KUBECONFIG, the proxy variables, what plugins need. */
  readonly env: HostEnv;
  /** The person's home, for `~/.kube/config`. */
  readonly home: string;
  /** `--kubeconfig`: this file and no other. */
  readonly kubeconfig?: string;
  /** `--context`; absent = the current one. */
  readonly context?: string;
  /** `-n`; absent = the context's, else `default`. */
  readonly namespace?: string;
  /** `ilab-backend/0.1.0`: what the audit log of the cluster shows. */
  readonly userAgent: string;
  /** Seconds to wait for a server that was there and is away; absent = half an hour. One that never answered is given up after 15. */
  readonly maxOffline?: number;
  /** The server does not answer, or cannot: one sentence with the last contact; told at once and then ever more seldom. */
  readonly onTrouble?: (message: string) => void;
  /** After `onTrouble`: it does again. */
  readonly onRecovered?: () => void;
  /** Anything else a person should read: warnings of the server, the words of a credential plugin, a server that is not verified. */
  readonly onNotice?: (message: string) => void;
  /** For tests. */
  readonly serviceAccountDir?: string;
  readonly limits?: Partial<Limits>;
  readonly timing?: Timing;
}

/**
 * Opens the API of a cluster. Reads the kubeconfig and nothing else: the server is asked with the first request. Throws a
 * `UserError`: `bad-config` for a kubeconfig that is not there or cannot be used, `bad-usage` for a context that is not in it.
 */
export async function openCluster(options: OpenClusterOptions): Promise<KubeApi> {
  const timing = options.timing ?? systemTiming;
  const offline = options.maxOffline === undefined ? {} : { offline: options.maxOffline * 1000 };
  const limits: Limits = { ...LIMITS, ...offline, ...options.limits };
  const onNotice = options.onNotice ?? (() => undefined);
  const [{ choosePlace }, { readCredentials }] = await Promise.all([
    import('./kubeconfig/choose-place.ts'),
    import('./credentials/read-credentials.ts'),
  ]);

  const place = choosePlace(options);
  if (place.cluster['insecure-skip-tls-verify']) {
    onNotice(`the kubeconfig says insecure-skip-tls-verify: anybody on the way can pose as ${place.server}`);
  }
  const proxy = proxyOf(place, options.env);
  const socks = proxy?.protocol.startsWith('socks') === true ? proxy : undefined;
  const read = (now: Place): Promise<Credentials> =>
    readCredentials(now, {
      env: options.env,
      limit: limits.plugin,
      onNotice,
      ...(socks === undefined ? {} : { socks }),
    });
  const source = new CredentialSource(rereading(place, options, choosePlace, read), timing);
  const contact = new Contact(timing, {
    onTrouble: options.onTrouble ?? (() => undefined),
    onRecovered: options.onRecovered ?? (() => undefined),
  });
  const http = new HttpClient({
    server: place.url,
    proxy: socks === undefined ? proxy : undefined,
    userAgent: options.userAgent,
    source,
    contact,
    limits,
    timing,
    onNotice,
  });
  const calls = new PersistentClient({ http, contact, limits, timing });
  const requests = createRequests(place.namespace, limits);
  const { server, context, namespace } = place;
  return createKubeClient({ place: { server, context, namespace }, requests, http, calls, contact, limits, timing });
}

/**
 * Credentials are made from the kubeconfig as it is now: `oc login` and its like write new tokens there. Only for the
 * cluster that was opened, and not where client-node keeps a refreshed token in the old one.
 */
function rereading(
  first: Place,
  options: OpenClusterOptions,
  choosePlace: (request: PlaceRequest) => Place,
  read: (place: Place) => Promise<Credentials>,
): () => Promise<Credentials> {
  let place: Place | undefined;
  return () => {
    if (place === undefined) place = first;
    else if (place.user['auth-provider'] == null) place = again(place);
    return read(place);
  };

  function again(known: Place): Place {
    try {
      const pinned = known.context === 'in-cluster' ? options : { ...options, context: known.context };
      const found = choosePlace(pinned);
      return found.server === first.server ? found : known;
    } catch (error) {
      if (error instanceof UserError) return known; // half written, perhaps: what was known may still do
      throw error;
    }
  }
}

function proxyOf({ url, cluster }: Place, env: HostEnv): URL | undefined {
  try {
    return chooseProxy(url, cluster['proxy-url'], env);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new UserError('bad-config', `the proxy for ${url.host} is no address`, {
      cause: error,
      hint: 'look at `proxy-url` in the kubeconfig and at HTTPS_PROXY',
    });
  }
}
