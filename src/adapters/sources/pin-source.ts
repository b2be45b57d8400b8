import { isAbsolute } from 'node:path';
import { formatObjectUri, isObjectUri, type ObjectUri, parseObjectUri } from '../../domain/data/object-uri.ts';
import { UserError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { ModelHub } from '../../ports/model-hub.ts';
import type { PinnedSource, SourceRequest } from '../../ports/source-store.ts';
import { isGitUrl, pinGitUrl } from './git-url.ts';
import { withFolder } from './with-folder.ts';

/** What pinning needs of this machine, wherever the data will be placed. */
export interface PinOptions {
  readonly cwd: string;
  /** Asked for only when a model of the hub is named. */
  readonly hub: () => Promise<ModelHub>;
  /** Object storage as it is reached from here. Asked for only when something there is named. */
  readonly objects: () => Promise<ObjectSources>;
}

/** What data in object storage needs. */
export interface ObjectSources {
  /** The digest of what lies at an `s3://` URI now. Throws `bad-input`, `bad-config`, `unreachable`. */
  digest(uri: ObjectUri, pod: JsonObject, signal: AbortSignal): Promise<string>;
  /** Takes an artifact over into a workspace of this machine, under its digest. */
  fetch(
    uri: string,
    workspace: string,
    context: { readonly pod: JsonObject; readonly signal: AbortSignal },
  ): Promise<void>;
}

const HUB = /^hf:([A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*)(?:@([A-Za-z0-9][\w./-]*))?$/;
const COMMIT = /^[0-9a-f]{40}$/;

/** Identity and digest of the data that a person named. Leaves nothing behind. Throws `bad-input` with the input's name. */
export async function pinSource(
  options: PinOptions,
  request: SourceRequest,
  signal: AbortSignal,
  pod: JsonObject = {},
): Promise<PinnedSource> {
  const { input, location, builtin, pulls = [] } = request;
  const isGit = isGitUrl(location);
  if (pulls.length > 0 && !isGit && !isAbsolute(location)) {
    throw new UserError('bad-input', `${input}: pull requests are merged into a git repository; ${location} is none`);
  }
  if (builtin.includes(location)) return { kind: 'builtin', name: location };
  if (location.startsWith('hf:')) return pinModel(options, input, location, signal);
  if (isObjectUri(location)) return pinObject(options, request, { pod, signal });
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

/** With its digest in the URI nobody has to be asked; else what lies there now is meant. */
async function pinObject(
  options: PinOptions,
  { input, location }: SourceRequest,
  { pod, signal }: { readonly pod: JsonObject; readonly signal: AbortSignal },
): Promise<PinnedSource> {
  const uri = parseObjectUri(location);
  if (uri === undefined || uri.key === '')
    throw new UserError('bad-input', `${input}: ${location} names nothing in object storage`, {
      hint: 'write s3://BUCKET/KEY, or s3://BUCKET/KEY@sha256:...',
    });
  const digest = uri.digest ?? (await (await options.objects()).digest(uri, pod, signal));
  return {
    kind: 'object',
    uri: formatObjectUri({ ...uri, digest }),
    digest,
    subPath: `inputs/${digest.replace('sha256:', '')}/content`,
    companions: ['.listing'],
  };
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
