import { createHash } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Refused } from './refused.ts';

export interface TokenOwner {
  readonly user: string;
  readonly role: 'read' | 'write' | 'fineGrained';
  /** The organisations of the user, and what they are there. */
  readonly orgs?: Readonly<Record<string, 'read' | 'contributor' | 'write' | 'admin'>>;
  /** What a fine-grained token is for. */
  readonly scoped?: readonly Scope[];
  readonly isExpired?: boolean;
}

export interface Scope {
  readonly type: 'user' | 'org' | 'model';
  readonly name: string;
  readonly permissions: readonly string[];
}

export type StoredFile =
  | { readonly kind: 'regular'; readonly bytes: Buffer }
  | { readonly kind: 'lfs'; readonly oid: string; readonly size: number };

export interface Commit {
  readonly oid: string;
  readonly parent?: string;
  readonly title: string;
  readonly message: string;
  readonly author: string;
  readonly date: string;
  readonly files: ReadonlyMap<string, StoredFile>;
}

export interface Repository {
  readonly name: string;
  readonly isPrivate: boolean;
  /** Only members of its namespace may download. */
  isGated: boolean;
  readonly commits: Map<string, Commit>;
  readonly branches: Map<string, string>;
  readonly tags: Map<string, string>;
  /** Names of tags with a message. */
  readonly annotated: Set<string>;
}

/** Sizes in bytes. The hub's own are in the comments. */
export interface Limits {
  /** 10 MiB: larger ones go to the large file storage. */
  readonly regular: number;
  /** From here on in parts. */
  readonly multipart: number;
  readonly part: number;
  /** 50 GB. */
  readonly file: number;
  /** Entries of a page: 1000 of a tree, 100 of commits. */
  readonly page: number;
}

const LIMITS: Limits = {
  regular: 10 * 1024 * 1024,
  multipart: 64 * 1024 * 1024,
  part: 16 * 1024 * 1024,
  file: 50e9,
  page: 1000,
};

/** What is on the hub: repositories in memory, large files in a folder. */
export class HubState {
  readonly repositories = new Map<string, Repository>();
  readonly tokens = new Map<string, TokenOwner>();
  readonly folder: string;
  limits: Limits;
  /** Where links to the next page lead; absent = here. A mirror passes on those of the hub it mirrors. */
  linksTo: string | undefined;
  /** A tag with a message is told by the id of its own object. */
  tellsTagObjects = false;
  /** The address of the storage of large files, which is another host to a client. */
  storage = '';

  constructor(folder: string, limits: Partial<Limits>) {
    this.folder = folder;
    this.limits = { ...LIMITS, ...limits };
    for (const name of ['objects', 'parts']) mkdirSync(join(folder, name), { recursive: true });
  }

  objectFile(oid: string): string {
    return join(this.folder, 'objects', oid);
  }

  partFile(oid: string, part: number): string {
    return join(this.folder, 'parts', `${oid}.${part}`);
  }

  hasObject(oid: string): boolean {
    return existsSync(this.objectFile(oid));
  }

  /** As the hub does, one that may not be seen is not there. */
  repository(name: string, owner: TokenOwner | undefined): Repository {
    const found = this.repositories.get(name);
    if (found === undefined || (found.isPrivate && !mayRead(owner, name))) {
      if (owner === undefined) throw new Refused(401, 'Invalid username or password.');
      throw new Refused(404, 'Repository not found', 'RepoNotFound');
    }
    return found;
  }

  create(name: string, isPrivate: boolean, author: string): Repository {
    const made = {
      name,
      isPrivate,
      isGated: false,
      commits: new Map(),
      branches: new Map(),
      tags: new Map(),
      annotated: new Set<string>(),
    };
    this.repositories.set(name, made);
    const attributes = Buffer.from('*.safetensors filter=lfs diff=lfs merge=lfs -text\n');
    const files = new Map([['.gitattributes', { kind: 'regular', bytes: attributes } as const]]);
    addCommit(made, 'main', { title: 'initial commit', message: '', author, files });
    return made;
  }
}

export function addCommit(
  repository: Repository,
  branch: string,
  commit: Omit<Commit, 'oid' | 'parent' | 'date'>,
): Commit {
  const parent = repository.branches.get(branch);
  const hash = createHash('sha1').update(`${repository.name} ${repository.commits.size} ${commit.title}`);
  for (const [path, file] of commit.files) hash.update(`${path} ${blobId(file)}`);
  const date = new Date().toISOString();
  const made = { ...commit, oid: hash.digest('hex'), date, ...(parent === undefined ? {} : { parent }) };
  repository.commits.set(made.oid, made);
  repository.branches.set(branch, made.oid);
  return made;
}

export function commitAt(repository: Repository, revision: string): Commit {
  const name = revision === 'HEAD' ? 'main' : revision.replace(/^refs\/(heads|tags)\//, '');
  const found = repository.commits.get(repository.branches.get(name) ?? repository.tags.get(name) ?? name);
  if (found === undefined) throw new Refused(404, `Invalid rev id: ${revision}`, 'RevisionNotFound');
  return found;
}

export function sizeOf(file: StoredFile): number {
  return file.kind === 'lfs' ? file.size : file.bytes.length;
}

/** What stands in the repository for a large file. */
export function pointerOf(oid: string, size: number): Buffer {
  return Buffer.from(`version https://git-lfs.github.com/spec/v1\noid sha256:${oid}\nsize ${size}\n`);
}

export function blobId(file: StoredFile): string {
  const bytes = file.kind === 'lfs' ? pointerOf(file.oid, file.size) : file.bytes;
  return createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
}

export function mayRead(owner: TokenOwner | undefined, repo: string): boolean {
  if (owner === undefined) return false;
  const namespace = repo.split('/')[0] ?? '';
  if (namespace !== owner.user && owner.orgs?.[namespace] === undefined) return false;
  return owner.role !== 'fineGrained' || isScoped(owner, repo, ['repo.content.read', 'repo.write']);
}

export function mayWrite(owner: TokenOwner, repo: string): boolean {
  const namespace = repo.split('/')[0] ?? '';
  const isMember = namespace === owner.user || !['read', undefined].includes(owner.orgs?.[namespace]);
  if (!isMember || owner.role === 'read') return false;
  return owner.role === 'write' || isScoped(owner, repo, ['repo.write']);
}

function isScoped(owner: TokenOwner, repo: string, permissions: readonly string[]): boolean {
  const namespace = repo.split('/')[0];
  return (owner.scoped ?? []).some(
    (scope) =>
      scope.name === (scope.type === 'model' ? repo : namespace) &&
      scope.permissions.some((permission) => permissions.includes(permission)),
  );
}
