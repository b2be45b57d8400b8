/** A right that somebody does not have, in a cluster's words. */
export interface MissingRight {
  readonly user: string;
  readonly verb: string;
  /** `configmaps`, `pods/log`. */
  readonly resource: string;
  /** No Role of a namespace gives it. */
  readonly isOfCluster: boolean;
}

/** `jobs.batch is forbidden: User "dev" cannot create resource "jobs" in API group "batch" in the namespace "ilab"`. */
const WORDS = /User "(?<user>[^"]+)" cannot (?<verb>\w+) resource "(?<resource>[^"]+)"(?<rest>.*)/s;

/** Reads why a server forbade something; undefined for words that are not those of RBAC. */
export function missingRight(message: string): MissingRight | undefined {
  const { user, verb, resource, rest } = WORDS.exec(message)?.groups ?? {};
  if (user === undefined || verb === undefined || resource === undefined) return undefined;
  return { user, verb, resource, isOfCluster: rest?.includes('at the cluster scope') === true };
}

/** The line that gives somebody the rights of this program; `right` undefined: nobody knows who lacks which. */
export function howToGive(namespace: string, right: MissingRight | undefined): string {
  const subject = right === undefined || !/^[\w.@:+-]+$/.test(right.user) ? 'NAME' : right.user;
  const where = right?.isOfCluster === true ? '--cluster' : `-n ${namespace}`;
  return `an administrator can give it: \`ilab-backend rbac ${where} --for user:${subject} | kubectl apply -f -\``;
}
