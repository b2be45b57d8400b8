import { isAbsolute } from 'node:path';
import { UserError } from '../../domain/errors.ts';
import type { ModelHub } from '../../ports/model-hub.ts';
import type { PinnedSource, SourceRequest } from '../../ports/source-store.ts';
import { isGitUrl, pinGitUrl } from './git-url.ts';
import { withFolder } from './with-folder.ts';

/** What pinning needs of this machine, wherever the data will be placed. */
export interface PinOptions {
  readonly cwd: string;
  /** Asked for only when a model of the hub is named. */
  readonly hub: () => Promise<ModelHub>;
}

const HUB = /^hf:([A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*)(?:@([A-Za-z0-9][\w./-]*))?$/;
const COMMIT = /^[0-9a-f]{40}$/;

/** Identity and digest of the data that a person named. Leaves nothing behind. Throws `bad-input` with the input's name. */
export async function pinSource(
  options: PinOptions,
  request: SourceRequest,
  signal: AbortSignal,
): Promise<PinnedSource> {
  const { input, location, builtin, pulls = [] } = request;
  const isGit = isGitUrl(location);
  if (pulls.length > 0 && !isGit && !isAbsolute(location)) {
    throw new UserError('bad-input', `${input}: pull requests are merged into a git repository; ${location} is none`);
  }
  if (builtin.includes(location)) return { kind: 'builtin', name: location };
  if (location.startsWith('hf:')) return pinModel(options, input, location, signal);
  if (isGit && pulls.length === 0) {
    return { kind: 'git', ...(await pinGitUrl(input, location, options.cwd, signal)) };
  }
  if (!isGit && !isAbsolute(location)) throw new UserError('bad-input', `${input}: ${location} is no absolute path`);
  return withFolder(request, { cwd: options.cwd, signal }, async ({ digest, facts, merged }) => ({
    kind: 'folder',
    path: location,
    digest,
    subPath: `inputs/${digest.replace('sha256:', '')}/content`,
    companions: facts === undefined ? ['.listing'] : ['.listing', '.source.json'],
    ...(merged === undefined ? {} : { merged }),
  }));
}

async function pinModel(
  options: PinOptions,
  input: string,
  location: string,
  signal: AbortSignal,
): Promise<PinnedSource> {
  const [, repo, revision = 'main'] = HUB.exec(location) ?? [];
  if (repo === undefined) {
    throw new UserError('bad-input', `${input}: ${location} names no model`, {
      hint: 'write hf:org/name, or hf:org/name@revision',
    });
  }
  if (COMMIT.test(revision)) return { kind: 'hub', repo, revision };
  return { kind: 'hub', repo, revision: await (await options.hub()).resolveRevision(repo, revision, signal) };
}
