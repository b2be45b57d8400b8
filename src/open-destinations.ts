import type { Look } from './adapters/kubernetes/doctor/look.ts';
import { valueOfSecret } from './adapters/process/secret-values.ts';
import type { DestinationRights, FolderDestination, OutsideDestination } from './domain/destination.ts';
import { ERRORS, UserError, unreachable } from './domain/errors.ts';
import type { DestinationDoctor } from './ports/destination-doctor.ts';

type Variables = Readonly<Record<string, string | undefined>>;

/** Somebody waits for the answer, and a place that is away now may be back when the run gets there. */
const PATIENCE_S = 20;

/** The keys of a Secret of the cluster, never a value; undefined where there is no such Secret. */
export type SecretKeys = (name: string, signal: AbortSignal) => Promise<Look<readonly string[] | undefined>>;

/**
 * Put together here, like the places of runs in places.ts: it asks with the tokens that this machine can see. Of a Secret of
 * a cluster it is looked at most whether the key is there: what the token may do, a pod can ask.
 */
export function openDestinations(env: Variables, secretKeys?: SecretKeys): DestinationDoctor {
  return {
    async look(destination, signal) {
      if (destination.kind === 'folder') return folderRights(destination);
      const token = tokenOf(destination, env);
      try {
        if (token.kind === 'secret') return await secretRights(destination, token, { secretKeys, signal });
        if (token.kind === 'absent') return token.rights;
        return await rightsOf(destination, { token: token.value, env }, signal);
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof UserError)) throw error;
        const fix = error.hint === ERRORS[error.code].hint ? {} : { fix: error.hint };
        return { kind: error.code === 'unreachable' ? 'untold' : 'lacking', message: error.message, ...fix };
      }
    },
  };
}

async function folderRights({ path, of }: FolderDestination): Promise<DestinationRights> {
  if (of === 'pod') {
    const message = `${path} is a folder of the stage's pod, which is not looked at: a volume must be mounted there`;
    return { kind: 'untold', message, fix: 'how: docs/publish.md#a-folder' };
  }
  const { registryFault } = await import('./adapters/stage/registry-folder.ts');
  const fault = registryFault(path);
  if (fault === undefined) return { kind: 'granted', message: `${path} can be written to` };
  return { kind: 'lacking', message: fault, fix: 'make it, or let yourself write to it; or name another folder' };
}

/** Whether the key is there, where whoever asks may see that. */
async function secretRights(
  { repo }: OutsideDestination,
  { name, key }: { readonly name: string; readonly key: string },
  { secretKeys, signal }: { readonly secretKeys: SecretKeys | undefined; readonly signal: AbortSignal },
): Promise<DestinationRights> {
  const seen = await secretKeys?.(name, signal);
  if (seen?.kind === 'seen' && seen.value?.includes(key) !== true) {
    const what = seen.value === undefined ? `there is no Secret ${name}` : `the Secret ${name} has no key ${key}`;
    const fix = `make it, with the token under the key ${key}; then look: \`ilab-backend doctor --from-cluster\` with the same flags`;
    return { kind: 'lacking', message: `there is no token for ${repo}: ${what}`, fix, isMissing: true };
  }
  return {
    kind: 'untold',
    message: `what its token may do in ${repo} shows when it is used: it is in the Secret ${name}, which is not looked at`,
    fix: 'a pod can look: `ilab-backend doctor --from-cluster` with the same flags',
  };
}

type Token =
  | { readonly kind: 'found'; readonly value: string }
  | { readonly kind: 'secret'; readonly name: string; readonly key: string }
  | { readonly kind: 'absent'; readonly rights: DestinationRights };

function tokenOf({ token, repo }: OutsideDestination, env: Variables): Token {
  if (token === undefined) {
    return { kind: 'absent', rights: { kind: 'lacking', message: `no token is named for ${repo}` } };
  }
  const { name, key } = token;
  if (name !== 'env' && name !== 'file') return { kind: 'secret', name, key };
  const value = valueOfSecret(name === 'env' ? { kind: 'env', name: key } : { kind: 'file', path: key }, env);
  if (value !== undefined && value !== '') return { kind: 'found', value };
  const where = name === 'env' ? `the variable ${key} is not set` : `there is nothing to read in ${key}`;
  return { kind: 'absent', rights: { kind: 'lacking', message: `there is no token for ${repo}: ${where}` } };
}

async function rightsOf(
  { kind, repo, endpoint }: OutsideDestination,
  { token, env }: { readonly token: string; readonly env: Variables },
  signal: AbortSignal,
): Promise<DestinationRights> {
  switch (kind) {
    case 'model-hub': {
      const [{ createHuggingFacePublisher }, { systemClock }] = await Promise.all([
        import('./adapters/huggingface/model-publisher.ts'),
        import('./adapters/clock/system-clock.ts'),
      ]);
      const patience = { clock: systemClock, seconds: PATIENCE_S, answerSeconds: PATIENCE_S, onWait: () => undefined };
      const hub = createHuggingFacePublisher({ endpoint: endpoint ?? '', token }, patience);
      const { user, mayWrite, lacking } = await hub.rights(repo, signal);
      if (mayWrite === false) return { kind: 'lacking', message: lacking ?? `${user} may not write to ${repo}` };
      if (mayWrite === true) return { kind: 'granted', message: `${user} may write to ${repo}` };
      return {
        kind: 'untold',
        message: `the token is one of ${user}; the hub does not tell whether it may write to ${repo}`,
      };
    }
    case 'code-host':
    case 'pull-requests': {
      const { createGitHub } = await import('./adapters/github/code-host.ts');
      const address = endpoint === undefined ? {} : { apiUrl: endpoint };
      const host = createGitHub({ ...address, token, patienceSeconds: PATIENCE_S, onWait: () => undefined, env });
      const { user, contents, pullRequests, expires } = await host.rights(repo, signal);
      const who = user === undefined ? 'the token' : `the token of ${user}`;
      const fix =
        'it needs Contents: write and Pull requests: write (fine-grained), or `repo` (classic): docs/publish.md';
      if (contents === 'read' && kind === 'code-host')
        return { kind: 'lacking', message: `${who} only reads in ${repo}`, fix };
      if (pullRequests === 'read')
        return { kind: 'lacking', message: `${who} may not write to pull requests of ${repo}`, fix };
      if (pullRequests === 'unknown')
        return { kind: 'untold', message: `whether ${who} may write to pull requests of ${repo} is not told` };
      const place = kind === 'code-host' ? 'contents and pull requests' : 'pull requests';
      const until = expires === undefined ? '' : `; it ends on ${expires.toISOString().slice(0, 10)}`;
      return { kind: 'granted', message: `${who} may write to ${place} of ${repo}${until}` };
    }
    default:
      return unreachable(kind);
  }
}
