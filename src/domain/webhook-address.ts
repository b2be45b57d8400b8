/** Names that a cluster's own DNS gives: `hook`, `hook.team`, `hook.team.svc`, `hook.team.svc.cluster.local`. */
const IN_CLUSTER = /^[a-z0-9-]+(\.[a-z0-9-]+)?(\.svc(\.cluster\.local)?)?$/;
const THIS_MACHINE = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/**
 * Why no message may be sent there; undefined where nothing is wrong. Plain http is for this machine and names of a cluster. The
 * sentence holds nothing of the address: it may be a secret.
 */
export function addressFault(text: string): string | undefined {
  if (!URL.canParse(text)) return 'is no URL';
  const { protocol, hostname } = new URL(text);
  if (protocol === 'https:') return undefined;
  if (protocol !== 'http:') return 'must begin with https://';
  if (THIS_MACHINE.test(hostname)) return undefined;
  const isClusterName = IN_CLUSTER.test(hostname) && (!hostname.includes('.') || /\.svc(\.|$)/.test(hostname));
  return isClusterName ? undefined : 'must begin with https://; http is for this machine and the services of a cluster';
}

/** The same of an address that is stored and shown: one that holds what may be secret is named by reference. */
export function shownAddressFault(text: string): string | undefined {
  const fault = addressFault(text);
  if (fault !== undefined) return fault;
  const { username, password, search, hash } = new URL(text);
  return username + password + search + hash === ''
    ? undefined
    : 'may hold no user, password, query or fragment: it is stored with the run and shown';
}
