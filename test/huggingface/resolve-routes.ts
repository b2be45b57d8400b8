import { type Answer, type Exchange, type Route, repoOf, revisionOf } from './exchange.ts';
import { blobId, commitAt, mayRead } from './hub-state.ts';
import { Refused } from './refused.ts';

const PATH = /^\/(?<repo>[^/]+\/[^/]+)\/resolve\/(?<revision>[^/]+)\/(?<path>.+)$/;

/** The bytes of a file: small ones from here, large ones by the way of the storage. */
export const RESOLVE_ROUTES: readonly Route[] = [
  { method: 'GET', path: PATH, answer: resolve },
  { method: 'HEAD', path: PATH, answer: resolve },
];

function resolve(exchange: Exchange): Answer {
  const repository = exchange.state.repository(repoOf(exchange), exchange.owner);
  if (repository.isGated && !mayRead(exchange.owner, repository.name))
    throw new Refused(403, `Access to model ${repository.name} is restricted and you are not in the list`, 'GatedRepo');
  const at = commitAt(repository, revisionOf(exchange));
  const file = at.files.get(exchange.groups['path'] ?? '');
  if (file === undefined) throw new Refused(404, 'Entry not found', 'EntryNotFound');
  const headers = { 'x-repo-commit': at.oid, 'accept-ranges': 'bytes' };
  if (file.kind === 'regular') return { headers: { ...headers, etag: `"${blobId(file)}"` }, body: file.bytes };
  const location = `${exchange.state.storage}/_cdn/${file.oid}?Signature=s`;
  const linked = { 'x-linked-size': String(file.size), 'x-linked-etag': `"${file.oid}"` };
  return { status: 302, headers: { ...headers, ...linked, location } };
}
