import * as z from 'zod';
import type { HubRights } from '../../ports/model-hub.ts';
import { rightsHint } from './hub-fault.ts';

const scope = z.object({
  entity: z.object({ type: z.string(), name: z.string().optional() }),
  permissions: z.array(z.string()),
});

/** What the hub says of a token; whatever is not there is not told. */
const identity = z.object({
  name: z.string(),
  orgs: z.array(z.object({ name: z.string(), roleInOrg: z.string().optional() })).optional(),
  auth: z
    .object({
      accessToken: z
        .object({ role: z.string(), fineGrained: z.object({ scoped: z.array(scope).default([]) }).optional() })
        .optional(),
    })
    .optional(),
});

/** Whether the owner of a token may write to `repo`, by the answer of `whoami-v2`. `page`: where tokens are made. */
export function rightsOf(answer: unknown, repo: string, page: string): HubRights {
  const { name: user, orgs, auth } = identity.parse(answer);
  const token = auth?.accessToken;
  const lacking = (what: string): HubRights => ({
    user,
    mayWrite: false,
    lacking: `${what}: ${rightsHint(repo, page)}`,
  });
  if (token?.role === 'read') return lacking(`the token of ${user} only reads, and ${repo} is written to`);
  const [namespace = ''] = repo.split('/');
  const membership = namespace === user ? 'owner' : membershipOf(orgs, namespace);
  if (membership === 'reader') return lacking(`${user} may only read in ${namespace}`);
  if (token?.role === 'fineGrained' && token.fineGrained !== undefined) {
    switch (grantOf(token.fineGrained.scoped, repo, namespace)) {
      case 'granted':
        // Only a member is granted anything in an organisation, told or not.
        return { user, mayWrite: membership === 'unknown' ? undefined : true };
      case 'untold':
        return { user, mayWrite: undefined };
      case 'none':
        return lacking(`the fine-grained token of ${user} has no write access to ${repo}`);
    }
  }
  if (membership === 'none') return lacking(`${user} is not ${namespace} and no member of it`);
  const isTold = token?.role === 'write' && membership !== 'unknown';
  return { user, mayWrite: isTold ? true : undefined };
}

/** What the scopes of a fine-grained token say of one repository; some name a model by a number only. */
function grantOf(
  scopes: readonly z.infer<typeof scope>[],
  repo: string,
  namespace: string,
): 'granted' | 'untold' | 'none' {
  const writing = scopes.filter(({ permissions }) => permissions.includes('repo.write')).map(({ entity }) => entity);
  if (writing.some(({ type, name }) => name === (type === 'model' ? repo : namespace))) return 'granted';
  return writing.some(({ type, name }) => type === 'model' && name?.includes('/') !== true) ? 'untold' : 'none';
}

type Membership = 'owner' | 'writer' | 'reader' | 'none' | 'unknown';

function membershipOf(orgs: z.infer<typeof identity>['orgs'], namespace: string): Membership {
  // Where the token may not see organisations at all, nothing is known of them.
  if (orgs === undefined) return 'unknown';
  const found = orgs.find(({ name }) => name === namespace);
  switch (found?.roleInOrg) {
    case 'admin':
    case 'write':
      return 'writer';
    case 'read':
      return 'reader';
    default:
      // A contributor writes to what they have made themselves; other roles may come.
      return found === undefined ? 'none' : 'unknown';
  }
}
