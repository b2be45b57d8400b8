import { exampleOf } from './description.ts';
import {
  blobOf,
  type StoredComment,
  type StoredPull,
  type StoredRelease,
  type StoredRepository,
} from './host-state.ts';
import type { Operation } from './operations.ts';

/* What the server answers: GitHub's own examples with the state laid over them. */

type Json = Readonly<Record<string, unknown>>;

/** Above it a file's content is asked for as a blob. */
const LARGEST_CONTENT = 1024 * 1024;

function over(example: unknown, more: Json): Json {
  return { ...(example as Json), ...more };
}

function firstOf(operation: Operation): Json {
  return (exampleOf(operation, 200) as readonly Json[])[0] ?? {};
}

function account(login: string, isBot = false): Json {
  const { user } = exampleOf('GET /repos/{owner}/{repo}/pulls/{pull_number}', 200) as { readonly user: Json };
  return { ...user, login, type: isBot ? 'Bot' : 'User' };
}

export function userBody(login: string): Json {
  return over(exampleOf('GET /user', 200), { login, user_view_type: 'private' });
}

export function repositoryBody(repository: StoredRepository, mayPush: boolean): Json {
  const { name, owner, id, isPrivate, isArchived, defaultBranch } = repository;
  return over(exampleOf('GET /repos/{owner}/{repo}', 200), {
    id,
    name: name.split('/')[1],
    full_name: name,
    owner: account(owner),
    private: isPrivate,
    archived: isArchived,
    default_branch: defaultBranch,
    // The example lacks what the description asks for.
    language: null,
    source: undefined,
    permissions: { admin: false, maintain: false, push: mayPush, triage: mayPush, pull: true },
  });
}

export function pullBody(repository: StoredRepository, pull: StoredPull, host: string, isWhole: boolean): Json {
  const example = isWhole
    ? (exampleOf('GET /repos/{owner}/{repo}/pulls/{pull_number}', 200) as Json)
    : firstOf('GET /repos/{owner}/{repo}/pulls');
  const { number, title, body, author, state, from, base, head, labels, isLocked } = pull;
  const [of, onto] = [example['head'] as Json, example['base'] as Json];
  const [fork = '', branch = ''] = [from?.repo, from?.branch];
  return over(example, {
    number,
    title,
    body,
    user: author === undefined ? null : account(author),
    state: state === 'open' ? 'open' : 'closed',
    merged_at: state === 'merged' ? '2026-01-26T19:01:12Z' : null,
    ...(isWhole ? { merged: state === 'merged' } : {}),
    locked: isLocked,
    requested_teams: [],
    html_url: `${host}/${repository.name}/pull/${number}`,
    labels: (example['labels'] as readonly Json[])
      .slice(0, 1)
      .flatMap((one) => labels.map((name) => ({ ...one, name }))),
    head: {
      ...of,
      ref: from === undefined ? 'unknown repository' : branch,
      label: `${fork.split('/')[0]}:${branch}`,
      sha: head,
      repo: from === undefined ? null : { ...(of['repo'] as Json), full_name: fork, name: fork.split('/')[1] },
    },
    base: { ...onto, ref: base, repo: { ...(onto['repo'] as Json), full_name: repository.name } },
  });
}

export function commentBody(repository: StoredRepository, comment: StoredComment, host: string): Json {
  const { id, pull, author, isBot, body } = comment;
  return over(firstOf('GET /repos/{owner}/{repo}/issues/{issue_number}/comments'), {
    id,
    body,
    user: account(author, isBot),
    html_url: `${host}/${repository.name}/pull/${pull}#issuecomment-${id}`,
  });
}

export function labelBodies(labels: readonly string[]): readonly Json[] {
  const example = firstOf('POST /repos/{owner}/{repo}/issues/{issue_number}/labels');
  return labels.map((name) => ({ ...example, name }));
}

export function contentBody(path: string, text: string): Json {
  const bytes = Buffer.from(text);
  const isLarge = bytes.length > LARGEST_CONTENT;
  return over(exampleOf('GET /repos/{owner}/{repo}/contents/{path}', 200), {
    path,
    name: path.split('/').at(-1),
    sha: blobOf(text),
    size: bytes.length,
    encoding: isLarge ? 'none' : 'base64',
    // In lines of 60 characters, as GitHub sends it.
    content: isLarge ? '' : bytes.toString('base64').replaceAll(/.{1,60}/g, '$&\n'),
  });
}

export function blobBody(text: string): Json {
  const bytes = Buffer.from(text);
  return over(exampleOf('GET /repos/{owner}/{repo}/git/blobs/{file_sha}', 200), {
    sha: blobOf(text),
    size: bytes.length,
    encoding: 'base64',
    content: bytes.toString('base64').replaceAll(/.{1,60}/g, '$&\n'),
  });
}

export function fileCommitBody(path: string, text: string, commit: string, status: 200 | 201): Json {
  const example = exampleOf('PUT /repos/{owner}/{repo}/contents/{path}', status) as {
    readonly content: Json;
    readonly commit: Json;
  };
  return {
    content: { ...example.content, path, name: path.split('/').at(-1), sha: blobOf(text) },
    commit: { ...example.commit, sha: commit },
  };
}

export function refBody(branch: string, sha: string): Json {
  const example = exampleOf('GET /repos/{owner}/{repo}/git/ref/{ref}', 200) as { readonly object: Json };
  return { ...example, ref: `refs/heads/${branch}`, object: { ...example.object, type: 'commit', sha } };
}

export function statusBody(context: string, state: string, description: string, url: string): Json {
  const example = exampleOf('POST /repos/{owner}/{repo}/statuses/{sha}', 201);
  return over(example, { context, state, description, target_url: url });
}

export function releaseBody(repository: StoredRepository, release: StoredRelease, host: string): Json {
  const { tag, onto, name, body } = release;
  return over(exampleOf('GET /repos/{owner}/{repo}/releases/tags/{tag}', 200), {
    tag_name: tag,
    target_commitish: onto,
    name,
    body,
    html_url: `${host}/${repository.name}/releases/tag/${encodeURIComponent(tag)}`,
  });
}
