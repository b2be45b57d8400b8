import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { UserError } from '../../src/domain/errors.ts';
import type {
  HubCommit,
  HubCommitRequest,
  HubCommitted,
  HubFile,
  HubRights,
  HubUpload,
  ModelPublisher,
} from '../../src/ports/model-hub.ts';
import { AskedPlace } from './asked-place.ts';

interface MemoryCommit extends HubCommit {
  readonly parent?: string;
  readonly files: ReadonlyMap<string, Uint8Array>;
}

interface MemoryRepository {
  readonly isPrivate: boolean;
  readonly commits: Map<string, MemoryCommit>;
  readonly branches: Map<string, string>;
  readonly tags: Map<string, string>;
}

/** Files from this size on are kept by digest, as the hub does. */
const LARGE = 1024;
const LONGEST_TEXT = 4 * 1024 * 1024;

/** A model hub in memory. A request is e.g. `commit`. */
export class MemoryModelPublisher extends AskedPlace implements ModelPublisher {
  readonly repositories = new Map<string, MemoryRepository>();
  /** Digests of all large files that were ever sent. */
  readonly stored = new Set<string>();
  user = 'ada';
  /** Where the token may write: users and organisations. */
  namespaces: readonly string[] = ['ada'];
  /** Reads a file that is published. */
  read: (file: string) => Promise<Uint8Array> = readFile;

  async rights(repo: string, signal: AbortSignal): Promise<HubRights> {
    const { user } = this;
    return this.ask('rights', signal, () =>
      this.#mayWrite(repo)
        ? { user, mayWrite: true }
        : { user, mayWrite: false, lacking: `${user} may not write to ${repo}: ask its owner` },
    );
  }

  async findRepository(repo: string, signal: AbortSignal) {
    return this.ask('findRepository', signal, () => {
      const found = this.repositories.get(repo);
      return found && { isPrivate: found.isPrivate, head: found.branches.get('main') ?? '' };
    });
  }

  async createRepository(
    repo: string,
    { isPrivate }: { readonly isPrivate: boolean },
    signal: AbortSignal,
  ): Promise<void> {
    this.ask('createRepository', signal, () => {
      this.#refuseForeign(repo);
      if (this.repositories.has(repo)) return;
      const made: MemoryRepository = { isPrivate, commits: new Map(), branches: new Map(), tags: new Map() };
      this.repositories.set(repo, made);
      const files = new Map([['.gitattributes', Buffer.from('*.safetensors filter=lfs\n')]]);
      add(made, 'main', { title: 'initial commit', message: '', files });
    });
  }

  async *commits(repo: string, revision: string, signal: AbortSignal): AsyncIterable<HubCommit> {
    const { found, at } = this.ask('commits', signal, () => this.#at(repo, revision));
    for (let next: MemoryCommit | undefined = at; next !== undefined; ) {
      yield { oid: next.oid, title: next.title, message: next.message };
      next = next.parent === undefined ? undefined : found.commits.get(next.parent);
    }
  }

  async *files(repo: string, revision: string, signal: AbortSignal): AsyncIterable<HubFile> {
    const { at } = this.ask('files', signal, () => this.#at(repo, revision));
    for (const [path, bytes] of at.files)
      yield { path, size: bytes.length, ...(bytes.length < LARGE ? {} : { sha256: sha256(bytes) }) };
  }

  async readText(repo: string, revision: string, path: string, signal: AbortSignal): Promise<string | undefined> {
    return this.ask(`readText ${path}`, signal, () => {
      const bytes = this.#at(repo, revision).at.files.get(path);
      if (bytes !== undefined && bytes.length > LONGEST_TEXT)
        throw new UserError('bad-input', `${path} of ${repo} is larger than ${LONGEST_TEXT} bytes`);
      return bytes === undefined ? undefined : Buffer.from(bytes).toString('utf8');
    });
  }

  async commit(
    request: HubCommitRequest,
    onProgress: (sent: number) => void,
    signal: AbortSignal,
  ): Promise<HubCommitted> {
    signal.throwIfAborted();
    const contents = new Map<string, Uint8Array>();
    for (const upload of request.uploads) contents.set(upload.path, await this.#bytesOf(upload));
    return this.ask('commit', signal, () => {
      this.#refuseForeign(request.repo);
      const { found, at } = this.#at(request.repo, request.branch);
      if (at.oid !== request.parent) return { kind: 'conflict' };
      let sent = 0;
      for (const bytes of contents.values()) {
        const digest = sha256(bytes);
        if (bytes.length < LARGE || this.stored.has(digest)) continue;
        this.stored.add(digest);
        sent += bytes.length;
        onProgress(sent);
      }
      const files = new Map([...at.files, ...contents]);
      for (const path of request.deletions)
        if (!files.delete(path)) throw new UserError('bad-input', `${request.repo} has no such file: ${path}`);
      const { title, message } = request;
      return { kind: 'committed', oid: add(found, request.branch, { title, message, files, parent: at.oid }) };
    });
  }

  async findTag(repo: string, tag: string, signal: AbortSignal): Promise<string | undefined> {
    return this.ask('findTag', signal, () => this.#repository(repo).tags.get(tag));
  }

  async createTag(
    repo: string,
    tag: { readonly name: string; readonly oid: string; readonly message: string },
    signal: AbortSignal,
  ): Promise<void> {
    this.ask('createTag', signal, () => {
      this.#refuseForeign(repo);
      const { found, at } = this.#at(repo, tag.oid);
      const there = found.tags.get(tag.name);
      if (there !== undefined && there !== at.oid)
        throw new UserError('bad-input', `the tag ${tag.name} of ${repo} is there already, at ${there}`);
      found.tags.set(tag.name, at.oid);
    });
  }

  address(repo: string, revision?: string): string {
    return `https://hub.test/${repo}${revision === undefined ? '' : `/tree/${encodeURIComponent(revision)}`}`;
  }

  #mayWrite(repo: string): boolean {
    return this.namespaces.some((namespace) => repo.startsWith(`${namespace}/`));
  }

  #refuseForeign(repo: string): void {
    if (!this.#mayWrite(repo)) throw new UserError('bad-input', `${this.user} may not write to ${repo}`);
  }

  #repository(repo: string): MemoryRepository {
    const found = this.repositories.get(repo);
    if (found === undefined) throw new UserError('bad-input', `no model ${repo}`);
    return found;
  }

  #at(repo: string, revision: string): { readonly found: MemoryRepository; readonly at: MemoryCommit } {
    const found = this.#repository(repo);
    const at = found.commits.get(found.branches.get(revision) ?? found.tags.get(revision) ?? revision);
    if (at === undefined) throw new UserError('bad-input', `${repo} has no revision ${revision}`);
    return { found, at };
  }

  async #bytesOf(upload: HubUpload): Promise<Uint8Array> {
    if (upload.kind === 'text') return Buffer.from(upload.text);
    const bytes = await this.read(upload.file);
    if (bytes.length !== upload.size || sha256(bytes) !== upload.sha256)
      throw new UserError('bad-input', `${upload.file} is no longer the file that was to be published`);
    return bytes;
  }
}

function add(repository: MemoryRepository, branch: string, commit: Omit<MemoryCommit, 'oid'>): string {
  const { parent = '', title, message, files } = commit;
  const hash = createHash('sha1').update(`${repository.commits.size}\n${parent}\n${title}\n${message}\n`);
  for (const [path, bytes] of files) hash.update(`${path} ${sha256(bytes)}\n`);
  const oid = hash.digest('hex');
  repository.commits.set(oid, { ...commit, oid });
  repository.branches.set(branch, oid);
  return oid;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
