import * as body from './answers.ts';
import type { Understood } from './description.ts';
import { blobOf, type HostState, type StoredPull, type StoredRepository } from './host-state.ts';
import type { Operation } from './operations.ts';
import { refusalOf, type ServedToken } from './rights.ts';

/* What each operation does to the state, and what it answers. Messages are those that GitHub sends. */

export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Asked extends Understood {
  readonly state: HostState;
  readonly repository: StoredRepository;
  readonly token: ServedToken;
  /** The server's own address. */
  readonly host: string;
  readonly url: URL;
}

const LONGEST_COMMENT = 65_536;
const LONGEST_DESCRIPTION = 140;

export function refused(status: number, message: string, more: object = {}): Answer {
  return {
    status,
    body: { message, documentation_url: 'https://docs.github.com/rest', status: String(status), ...more },
  };
}

function invalid(resource: string, ...errors: readonly object[]): Answer {
  return refused(422, 'Validation Failed', { errors: errors.map((error) => ({ resource, ...error })) });
}

const NOT_FOUND = refused(404, 'Not Found');

type Route = (asked: Asked) => Answer;

const ROUTES: Readonly<Record<Operation, Route>> = {
  'GET /user': ({ state }) => ({ status: 200, body: body.userBody(state.viewer) }),

  // An owner's rights, whatever those of the token are.
  'GET /repos/{owner}/{repo}': ({ repository }) => ({ status: 200, body: body.repositoryBody(repository, true) }),

  'GET /repos/{owner}/{repo}/commits/{commit_sha}/pulls': (asked) => {
    const { repository, path } = asked;
    const { commit_sha: sha = '' } = path;
    const pulls = [...repository.pulls.values()];
    if (!repository.commits.has(sha)) return refused(422, `No commit found for SHA: ${sha}`);
    const isMerged = repository.isOn(repository.defaultBranch, sha);
    const found = pulls.filter(
      ({ commits, state }) => commits.includes(sha) && (state === 'merged' || (state === 'open' && !isMerged)),
    );
    return page(asked, found, (pull) => body.pullBody(repository, pull, asked.host, false));
  },

  'GET /repos/{owner}/{repo}/pulls': (asked) => {
    const { repository, query } = asked;
    const { state: wanted = 'open', head } = query;
    const found = [...repository.pulls.values()].filter(({ state, from }) => {
      const isWanted = wanted === 'all' || (wanted === 'open') === (state === 'open');
      // Without an owner it filters nothing.
      const isFrom = head?.includes(':') !== true || head === `${from?.repo.split('/')[0]}:${from?.branch}`;
      return isWanted && isFrom;
    });
    return page(asked, found, (pull) => body.pullBody(repository, pull, asked.host, false));
  },

  'POST /repos/{owner}/{repo}/pulls': ({ repository, state, body: given, host }) => {
    const { title, head: branch, base, body: text } = given as Readonly<Record<string, string>>;
    const head = repository.branches.get(branch ?? '');
    if (head === undefined || branch === undefined) return invalid('PullRequest', { field: 'head', code: 'invalid' });
    if (base === undefined || !repository.branches.has(base))
      return invalid('PullRequest', { field: 'base', code: 'invalid' });
    const from = { repo: repository.name, branch };
    if (pullFrom(repository, branch) !== undefined)
      return invalid('PullRequest', {
        code: 'custom',
        message: `A pull request already exists for ${repository.owner}:${branch}.`,
      });
    if (repository.isOn(base, head))
      return invalid('PullRequest', { code: 'custom', message: `No commits between ${base} and ${branch}` });
    const more = { title: title ?? '', body: text ?? '', author: state.viewer, from, base, head };
    const pull = repository.addPull({ ...more, state: 'open' });
    return { status: 201, body: body.pullBody(repository, pull, host, true) };
  },

  'GET /repos/{owner}/{repo}/pulls/{pull_number}': ({ repository, path, host }) => {
    const pull = repository.pulls.get(Number(path['pull_number']));
    return pull === undefined ? NOT_FOUND : { status: 200, body: body.pullBody(repository, pull, host, true) };
  },

  'GET /repos/{owner}/{repo}/issues/{issue_number}/comments': (asked) => {
    const { repository, path, host } = asked;
    const pull = repository.pulls.get(Number(path['issue_number']));
    if (pull === undefined) return NOT_FOUND;
    return page(asked, repository.commentsOf(pull.number), (comment) => body.commentBody(repository, comment, host));
  },

  'POST /repos/{owner}/{repo}/issues/{issue_number}/comments': ({
    repository,
    state,
    path,
    body: given,
    host,
    token,
  }) => {
    const pull = repository.pulls.get(Number(path['issue_number']));
    if (pull === undefined) return NOT_FOUND;
    if (pull.isLocked) return refused(403, 'Unable to create comment because issue is locked.');
    const text = String(given['body']);
    if (text.length > LONGEST_COMMENT) return tooLong;
    const isBot = token.kind === 'app';
    const comment = repository.addComment(pull.number, isBot ? `${state.viewer}[bot]` : state.viewer, text, isBot);
    return { status: 201, body: body.commentBody(repository, comment, host) };
  },

  'PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}': ({ repository, path, body: given, host }) => {
    const comment = repository.comments.find(({ id }) => id === Number(path['comment_id']));
    if (comment === undefined) return NOT_FOUND;
    const text = String(given['body']);
    if (text.length > LONGEST_COMMENT) return tooLong;
    comment.body = text;
    return { status: 200, body: body.commentBody(repository, comment, host) };
  },

  'POST /repos/{owner}/{repo}/issues/{issue_number}/labels': ({ repository, path, body: given }) => {
    const pull = repository.pulls.get(Number(path['issue_number']));
    if (pull === undefined) return NOT_FOUND;
    const labels = given['labels'] as readonly string[];
    pull.labels.push(...labels.filter((label) => !pull.labels.includes(label)));
    return { status: 200, body: body.labelBodies(pull.labels) };
  },

  'POST /repos/{owner}/{repo}/statuses/{sha}': ({ repository, path, body: given }) => {
    const { sha = '' } = path;
    const isHead = [...repository.pulls.values()].some(({ head }) => head === sha);
    if (!repository.commits.has(sha) && !isHead) return refused(422, `No commit found for SHA: ${sha}`);
    const { context = 'default', state = '', description = '', target_url: url = '' } = given as Record<string, string>;
    if (description.length > LONGEST_DESCRIPTION)
      return invalid('Status', { code: 'custom', message: 'description is too long (maximum is 140 characters)' });
    repository.statuses.push({ sha, context, state, description, url });
    return { status: 201, body: body.statusBody(context, state, description, url) };
  },

  'GET /repos/{owner}/{repo}/contents/{path}': ({ repository, path, query }) => {
    const branch = query['ref'] ?? repository.defaultBranch;
    if (!repository.branches.has(branch)) return refused(404, `No commit found for the ref ${branch}`);
    const { path: file = '' } = path;
    const text = repository.file(branch, file);
    if (text !== undefined) return { status: 200, body: body.contentBody(file, text) };
    const files = repository.commits.get(repository.branches.get(branch) ?? '')?.files ?? new Map<string, string>();
    const inside = [...files].filter(([name]) => name.startsWith(`${file}/`));
    if (inside.length === 0) return NOT_FOUND;
    return { status: 200, body: inside.map(([name, one]) => ({ ...body.contentBody(name, one), content: undefined })) };
  },

  'PUT /repos/{owner}/{repo}/contents/{path}': ({ repository, path, body: given }) => {
    const { path: file = '' } = path;
    const { branch = repository.defaultBranch, content = '', message = '', sha } = given as Record<string, string>;
    if (!repository.branches.has(branch)) return refused(404, `Branch ${branch} not found`);
    if (repository.protectedBranches.has(branch))
      return refused(409, 'Repository rule violations found\n\nChanges must be made through a pull request.\n\n');
    const there = repository.file(branch, file);
    if (there !== undefined && sha === undefined) return refused(422, `Invalid request.\n\n"sha" wasn't supplied.`);
    if (sha !== undefined && (there === undefined || blobOf(there) !== sha))
      return refused(409, `${file} does not match ${sha}`);
    const text = Buffer.from(content, 'base64').toString();
    const commit = repository.commit(branch, { [file]: text }, message);
    const status = there === undefined ? 201 : 200;
    return { status, body: body.fileCommitBody(file, text, commit, status) };
  },

  'GET /repos/{owner}/{repo}/git/blobs/{file_sha}': ({ repository, path }) => {
    for (const { files } of repository.commits.values()) {
      for (const text of files.values()) {
        if (blobOf(text) === path['file_sha']) return { status: 200, body: body.blobBody(text) };
      }
    }
    return NOT_FOUND;
  },

  'GET /repos/{owner}/{repo}/git/ref/{ref}': ({ repository, path }) => {
    const branch = (path['ref'] ?? '').replace(/^heads\//, '');
    const sha = repository.branches.get(branch);
    return sha === undefined ? NOT_FOUND : { status: 200, body: body.refBody(branch, sha) };
  },

  'POST /repos/{owner}/{repo}/git/refs': ({ repository, body: given }) => {
    const { ref = '', sha = '' } = given as Record<string, string>;
    const branch = ref.replace(/^refs\/heads\//, '');
    if (branch === ref) return refused(422, `Reference name ${ref} is not valid`);
    if (!repository.commits.has(sha)) return refused(422, 'Object does not exist');
    if (repository.branches.has(branch)) return refused(422, 'Reference already exists');
    repository.branches.set(branch, sha);
    return { status: 201, body: body.refBody(branch, sha) };
  },

  'GET /repos/{owner}/{repo}/releases/tags/{tag}': ({ repository, path, host }) => {
    const release = repository.releases.find(({ tag }) => tag === path['tag']);
    return release === undefined ? NOT_FOUND : { status: 200, body: body.releaseBody(repository, release, host) };
  },

  'POST /repos/{owner}/{repo}/releases': ({ repository, body: given, host }) => {
    const asked = given as Record<string, string>;
    const { tag_name: tag = '', target_commitish: onto, name = '', body: text = '', make_latest: latest } = asked;
    if (repository.releases.some((release) => release.tag === tag))
      return invalid('Release', { field: 'tag_name', code: 'already_exists' });
    const release = { tag, onto: onto ?? repository.defaultBranch, name, body: text, isLatest: latest !== 'false' };
    repository.releases.push(release);
    return { status: 201, body: body.releaseBody(repository, release, host) };
  },
};

const tooLong = invalid('IssueComment', {
  field: 'data',
  code: 'unprocessable',
  message: 'Body is too long (maximum is 65536 characters)',
});

/** The rights first, then the request. */
export function route(asked: Asked): Answer {
  const { operation, token, repository } = asked;
  const refusal = refusalOf(token, operation, repository.isPrivate);
  if (refusal !== undefined) return { ...refused(refusal.status, refusal.message), headers: refusal.headers };
  if (repository.isArchived && !operation.startsWith('GET '))
    return refused(403, 'Repository was archived so is read-only.');
  return ROUTES[operation](asked);
}

function pullFrom({ name, pulls }: StoredRepository, branch: string): StoredPull | undefined {
  return [...pulls.values()].find((pull) => {
    const { state, from } = pull;
    return state === 'open' && from?.repo === name && from.branch === branch;
  });
}

/** One page of a list, with the header that names the next. */
function page<T>({ query, url }: Asked, all: readonly T[], render: (item: T) => unknown): Answer {
  const size = Math.min(Number(query['per_page'] ?? 30), 100);
  const at = Number(query['page'] ?? 1);
  const last = Math.max(1, Math.ceil(all.length / size));
  const link = (to: number, rel: string) => {
    const there = new URL(url);
    there.searchParams.set('page', String(to));
    return `<${there.href}>; rel="${rel}"`;
  };
  const links = [
    ...(at > 1 ? [link(at - 1, 'prev')] : []),
    ...(at < last ? [link(at + 1, 'next'), link(last, 'last')] : []),
  ];
  return {
    status: 200,
    body: all.slice((at - 1) * size, at * size).map(render),
    ...(links.length === 0 ? {} : { headers: { link: links.join(', ') } }),
  };
}
