import type { Operation } from './operations.ts';

/** The token that the server takes, and what it may do. */
export type ServedToken =
  | { readonly kind: 'classic'; readonly scopes: readonly string[] }
  /** By permission: `contents: write`. */
  | { readonly kind: 'fine' | 'app'; readonly permissions: Readonly<Record<string, 'read' | 'write'>> };

export const EVERYTHING = {
  kind: 'fine',
  permissions: { metadata: 'read', contents: 'write', pull_requests: 'write', statuses: 'write' },
} as const satisfies ServedToken;

/** Any one of them is enough; as in the header `x-accepted-github-permissions`. */
const ACCEPTED: Readonly<Record<Operation, readonly string[]>> = {
  'GET /user': [],
  'GET /repos/{owner}/{repo}': ['metadata=read'],
  'GET /repos/{owner}/{repo}/commits/{commit_sha}/pulls': ['pull_requests=read'],
  'GET /repos/{owner}/{repo}/pulls': ['pull_requests=read'],
  'POST /repos/{owner}/{repo}/pulls': ['pull_requests=write'],
  'GET /repos/{owner}/{repo}/pulls/{pull_number}': ['pull_requests=read'],
  'GET /repos/{owner}/{repo}/issues/{issue_number}/comments': ['issues=read', 'pull_requests=read'],
  'POST /repos/{owner}/{repo}/issues/{issue_number}/comments': ['issues=write', 'pull_requests=write'],
  'PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}': ['issues=write', 'pull_requests=write'],
  'POST /repos/{owner}/{repo}/issues/{issue_number}/labels': ['issues=write', 'pull_requests=write'],
  'POST /repos/{owner}/{repo}/statuses/{sha}': ['statuses=write'],
  'GET /repos/{owner}/{repo}/contents/{path}': ['contents=read'],
  'PUT /repos/{owner}/{repo}/contents/{path}': ['contents=write'],
  'GET /repos/{owner}/{repo}/git/blobs/{file_sha}': ['contents=read'],
  'GET /repos/{owner}/{repo}/git/ref/{ref}': ['contents=read'],
  'POST /repos/{owner}/{repo}/git/refs': ['contents=write'],
  'GET /repos/{owner}/{repo}/releases/tags/{tag}': ['contents=read'],
  'POST /repos/{owner}/{repo}/releases': ['contents=write'],
};

/** How the host refuses; undefined = it does not. */
export function refusalOf(
  token: ServedToken,
  operation: Operation,
  isPrivate: boolean,
):
  | { readonly status: number; readonly message: string; readonly headers: Readonly<Record<string, string>> }
  | undefined {
  const accepted = ACCEPTED[operation];
  if (token.kind === 'classic') {
    const { scopes } = token;
    const isEnough = scopes.includes('repo') || (!isPrivate && scopes.includes('public_repo'));
    // What is public is shown to everybody. What may not be done is said not to be there.
    const isOpen = operation === 'GET /user' || (operation.startsWith('GET ') && !isPrivate);
    const headers = { 'x-accepted-oauth-scopes': 'repo' };
    return isOpen || isEnough ? undefined : { status: 404, message: 'Not Found', headers };
  }
  const { kind, permissions } = token;
  const who = kind === 'app' ? 'integration' : 'personal access token';
  const message = `Resource not accessible by ${who}`;
  if (operation === 'GET /user') return kind === 'app' ? { status: 403, message, headers: {} } : undefined;
  const isEnough = accepted.some((permission) => {
    const [name = '', level] = permission.split('=');
    return permissions[name] === 'write' || permissions[name] === level;
  });
  if (isEnough) return undefined;
  if (isPrivate && permissions['metadata'] === undefined) return { status: 404, message: 'Not Found', headers: {} };
  return { status: 403, message, headers: { 'x-accepted-github-permissions': accepted.join('; ') } };
}
