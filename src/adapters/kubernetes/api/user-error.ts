import { UserError, type UserErrorOptions } from '../../../domain/errors.ts';
import { type ClusterPlace, KubeFault } from './kube-api.ts';
import { howToGive, missingRight } from './missing-right.ts';

/**
 * The fault of a cluster as the person can mend it; what none can mend, and faults of other kinds, come back as they are.
 * `what` begins the sentence where the request alone does not say what it was for: "data cannot be moved".
 */
export function toUserError(error: unknown, place: ClusterPlace, what?: string): unknown {
  if (!(error instanceof KubeFault)) return error;
  const where = `namespace ${place.namespace} of ${place.context}`;
  // A policy's sentence stands in both.
  const causes = error.causes.filter((cause) => !error.message.includes(cause));
  const why = [error.message, ...causes].join('; ');
  const fault = (code: UserError['code'], message: string, options: UserErrorOptions = {}): UserError =>
    new UserError(code, what === undefined ? message : `${what}: ${message}`, { cause: error, ...options });
  switch (error.kind) {
    case 'unreachable':
      return fault('unreachable', `${place.server} (context ${place.context}) does not answer: ${why}`, {
        hint: 'is it up, is a VPN needed, is it the cluster that was meant (`--context`)?',
      });
    case 'ambiguous':
    case 'server':
    case 'expired':
      return fault('unreachable', `${place.server} does not answer: ${why}`);
    case 'unauthorized':
      return fault('unreachable', `${place.server} refuses the credentials of ${place.context}: ${why}`, {
        hint: `try \`kubectl --context ${place.context} auth whoami\``,
      });
    case 'forbidden': {
      const right = missingRight(error.message);
      const scope = right?.isOfCluster === true ? place.context : `namespace ${place.namespace}`;
      const lacks =
        right === undefined ? undefined : `${right.user} may not ${right.verb} ${right.resource} in ${scope}`;
      return fault('cannot-start', lacks ?? `you may not ${error.request}: ${why}`, {
        hint: howToGive(place.namespace, right),
      });
    }
    case 'quota':
      return fault('cannot-start', `${where} refuses to ${error.request}: ${why}`, {
        hint: 'ask for more, or free some: `ilab-backend prune --older-than 30d`',
      });
    case 'denied':
      return fault('cannot-start', `${where} refuses to ${error.request}: ${why}`, {
        hint: 'a rule of the cluster says so: whoever runs it can say what it asks for',
      });
    case 'not-found':
      return fault('cannot-start', `${where} does not take it: ${why}`, {
        hint: `is the namespace there? \`kubectl --context ${place.context} get namespace ${place.namespace}\``,
      });
    case 'too-large':
      return fault('storage-failed', `${where} takes no object as large as that: ${why}`);
    case 'exists':
    case 'conflict':
    case 'invalid':
      return error;
  }
}

/** Does the work; what the cluster refuses becomes a `UserError` that begins with `what`, if that is given. */
export async function translated<T>(place: ClusterPlace, work: () => Promise<T>, what?: string): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toUserError(error, place, what);
  }
}
