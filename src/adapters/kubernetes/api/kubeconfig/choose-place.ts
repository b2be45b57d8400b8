import { existsSync, statSync } from 'node:fs';
import { UserError } from '../../../../domain/errors.ts';
import { inClusterPlace } from './in-cluster.ts';
import type { Place, PlaceRequest } from './place.ts';
import { type Kubeconfig, readKubeconfig, searchedFiles } from './read-kubeconfig.ts';
import { type ClusterEntry, type UserEntry, userEntry } from './schema.ts';

/** Throws `bad-usage` for a context that is not there and `bad-config` for one that cannot be used. */
export function choosePlace(request: PlaceRequest): Place {
  const config = readKubeconfig(request);
  if (config === undefined || isEmpty(config)) {
    const inside = request.context === undefined ? inClusterPlace(request) : undefined;
    if (inside === undefined) throw noKubeconfig(request);
    return inside;
  }
  const name = request.context ?? config.currentContext;
  if (name === undefined) {
    throw new UserError('bad-usage', `${told(config)} names no current context`, { hint: contextsHint(config) });
  }
  return placeOf(config, name, request);
}

function placeOf(config: Kubeconfig, name: string, request: PlaceRequest): Place {
  const context = config.contexts.get(name);
  if (context === undefined) {
    throw new UserError('bad-usage', `there is no context ${name} in ${told(config)}`, { hint: contextsHint(config) });
  }
  const cluster = config.clusters.get(context.cluster);
  if (cluster?.server === undefined)
    throw bad(config, `the context ${name} names the cluster ${context.cluster}, which is not there or has no server`);
  const user = context.user === undefined ? userEntry.parse({}) : config.users.get(context.user);
  if (user === undefined) throw bad(config, `the context ${name} names the user ${context.user}, who is not there`);
  refuseUnkept(config, context.user ?? '', user);
  refuseMissing(config, cluster, user);
  refuseOpen(config, user);
  if (
    cluster['insecure-skip-tls-verify'] &&
    (cluster['certificate-authority'] ?? cluster['certificate-authority-data']) !== undefined
  ) {
    throw bad(config, `the cluster ${context.cluster} has both a certificate authority and insecure-skip-tls-verify`);
  }
  return {
    server: cluster.server,
    context: name,
    namespace: request.namespace ?? context.namespace ?? 'default',
    url: urlOf(config, cluster.server),
    cluster,
    user,
  };
}

/** What we cannot pass on would give the program more rights than were meant. */
function refuseUnkept(config: Kubeconfig, name: string, user: UserEntry): void {
  const unkept = (['as-groups', 'as-uid', 'as-user-extra'] as const).filter((key) => {
    const value = user[key];
    return value != null && (typeof value !== 'object' || Object.keys(value).length > 0);
  });
  if (unkept.length === 0) return;
  throw bad(
    config,
    `the user ${name} impersonates with ${unkept.join(' and ')}, which this program cannot pass on, and without them it would have more rights than meant`,
  );
}

function refuseMissing(config: Kubeconfig, cluster: ClusterEntry, user: UserEntry): void {
  const paths = [cluster['certificate-authority'], user['client-certificate'], user['client-key'], user.tokenFile];
  const missing = paths.find((path) => path !== undefined && !existsSync(path));
  if (missing !== undefined) throw bad(config, `it names the file ${missing}, which is not there`);
}

/** Whoever may write the file chooses the program that is started in this person's name. */
function refuseOpen(config: Kubeconfig, { exec }: UserEntry): void {
  const open = exec == null ? undefined : config.files.find((path) => (statSync(path).mode & WRITABLE_BY_ALL) !== 0);
  if (open === undefined) return;
  throw new UserError('bad-config', `everybody may write ${open}, and it starts the program ${exec?.command}`, {
    hint: `\`chmod o-w ${open}\``,
  });
}

const WRITABLE_BY_ALL = 0o002;

function urlOf(config: Kubeconfig, server: string): URL {
  const text = /^[a-z]+:\/\//.test(server) ? server : `https://${server}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol))
    throw bad(config, `${server} is no address of a server`);
  return url;
}

function isEmpty(config: Kubeconfig): boolean {
  return config.contexts.size === 0 && config.clusters.size === 0;
}

function told({ files }: Kubeconfig): string {
  return `the kubeconfig ${files.join(', ')}`;
}

function bad(config: Kubeconfig, what: string): UserError {
  return new UserError('bad-config', `${told(config)} cannot be used: ${what}`, {
    hint: 'mend it, or choose another context with `--context NAME`',
  });
}

function contextsHint({ contexts }: Kubeconfig): string {
  if (contexts.size === 0) return 'there are no contexts in it; name another file with `--kubeconfig FILE`';
  return `choose one with \`--context NAME\`: ${[...contexts.keys()].sort().join(', ')}`;
}

function noKubeconfig(request: PlaceRequest): UserError {
  const places = request.kubeconfig ?? searchedFiles(request).join(', ');
  return new UserError('bad-config', `no kubeconfig found: looked for ${places}`, {
    hint: 'name one with `--kubeconfig FILE` or KUBECONFIG; inside a pod its service account is used',
  });
}
