import * as z from 'zod';
import {
  type Answer,
  bodyOf,
  type Exchange,
  json,
  jsonOf,
  ownerOf,
  page,
  type Route,
  repoOf,
  revisionOf,
} from './exchange.ts';
import {
  addCommit,
  blobId,
  commitAt,
  mayWrite,
  pointerOf,
  type Repository,
  type StoredFile,
  sizeOf,
  type TokenOwner,
} from './hub-state.ts';
import { Refused } from './refused.ts';

const REPO = '/api/models/(?<repo>[^/]+/[^/]+)';
const REVISION = '(?<revision>[^/]+)';

/** What is asked below `/api`. */
export const API_ROUTES: readonly Route[] = [
  { method: 'GET', path: /^\/api\/whoami-v2$/, answer: whoAmI },
  { method: 'POST', path: /^\/api\/repos\/create$/, answer: createRepository },
  { method: 'GET', path: new RegExp(`^${REPO}(/revision/${REVISION})?$`), answer: modelInfo },
  { method: 'GET', path: new RegExp(`^${REPO}/tree/${REVISION}(/(?<path>.*))?$`), answer: tree },
  { method: 'POST', path: new RegExp(`^${REPO}/paths-info/${REVISION}$`), answer: pathsInfo },
  { method: 'POST', path: new RegExp(`^${REPO}/preupload/${REVISION}$`), answer: preupload },
  { method: 'POST', path: new RegExp(`^${REPO}/commit/${REVISION}$`), answer: commit },
  { method: 'GET', path: new RegExp(`^${REPO}/commits/${REVISION}$`), answer: commits },
  { method: 'GET', path: new RegExp(`^${REPO}/refs$`), answer: refs },
  { method: 'POST', path: new RegExp(`^${REPO}/tag/${REVISION}$`), answer: tag },
];

function whoAmI(exchange: Exchange): Answer {
  const owner = ownerOf(exchange);
  const fineGrained = {
    canReadGatedRepos: false,
    global: ['discussion.write'],
    scoped: (owner.scoped ?? []).map(({ type, name, permissions }) => ({
      entity: { _id: 'e', type, name },
      permissions,
    })),
  };
  return json({
    type: 'user',
    id: 'u1',
    name: owner.user,
    fullname: owner.user,
    isPro: false,
    orgs: Object.entries(owner.orgs ?? {}).map(([name, roleInOrg]) => ({ type: 'org', id: name, name, roleInOrg })),
    auth: {
      type: 'access_token',
      accessToken: {
        displayName: 'of the test',
        role: owner.role,
        createdAt: '2026-01-01T00:00:00.000Z',
        ...(owner.role === 'fineGrained' ? { fineGrained } : {}),
      },
    },
  });
}

const creation = z.object({
  name: z.string(),
  organization: z.string().nullish(),
  type: z.string().optional(),
  private: z.boolean().nullish(),
  visibility: z.enum(['public', 'private', 'protected']).nullish(),
});

async function createRepository(exchange: Exchange): Promise<Answer> {
  const owner = ownerOf(exchange);
  const { name, organization, private: isPrivate, visibility } = creation.parse(await jsonOf(exchange));
  const namespace = organization ?? owner.user;
  const repo = `${namespace}/${name}`;
  if (!mayWrite(owner, repo))
    throw new Refused(403, `You don't have the rights to create a model under the namespace "${namespace}"`);
  const found = { url: new URL(`/${repo}`, exchange.url).href, name: repo, id: repo };
  if (exchange.state.repositories.has(repo))
    return { ...json({ error: 'You already created this model repo', ...found }), status: 409 };
  exchange.state.create(repo, isPrivate ?? visibility === 'private', owner.user);
  return json(found);
}

function modelInfo(exchange: Exchange): Answer {
  const repository = exchange.state.repository(repoOf(exchange), exchange.owner);
  const at = commitAt(repository, revisionOf(exchange));
  return json({
    _id: 'm1',
    id: repository.name,
    modelId: repository.name,
    private: repository.isPrivate,
    gated: repository.isGated ? 'manual' : false,
    disabled: false,
    downloads: 0,
    likes: 0,
    tags: [],
    sha: at.oid,
    lastModified: at.date,
    createdAt: at.date,
    siblings: [...at.files.keys()].map((rfilename) => ({ rfilename })),
  });
}

function treeEntry([path, file]: readonly [string, StoredFile]) {
  const lfs =
    file.kind === 'lfs'
      ? { lfs: { oid: file.oid, size: file.size, pointerSize: pointerOf(file.oid, file.size).length } }
      : {};
  return { type: 'file', oid: blobId(file), size: sizeOf(file), path, ...lfs };
}

function tree(exchange: Exchange): Answer {
  const repository = exchange.state.repository(repoOf(exchange), exchange.owner);
  const { files } = commitAt(repository, revisionOf(exchange));
  const under = exchange.groups['path'] ?? '';
  const below = [...files].filter(([path]) => under === '' || path.startsWith(`${under}/`)).sort();
  if (under !== '' && below.length === 0) throw new Refused(404, `${under} does not exist`, 'EntryNotFound');
  const folders = new Set(
    below.flatMap(([path]) =>
      path
        .split('/')
        .slice(0, -1)
        .map((_, depth, parts) => parts.slice(0, depth + 1).join('/')),
    ),
  );
  const entries = [
    ...[...folders].map((path) => ({ type: 'directory', oid: '0'.repeat(40), size: 0, path })),
    ...below.map(treeEntry),
  ];
  const depth = under === '' ? 1 : under.split('/').length + 1;
  const isRecursive = /^(true|1)$/i.test(exchange.url.searchParams.get('recursive') ?? '');
  const shown = entries.filter(({ path }) => path !== under && (isRecursive || path.split('/').length === depth));
  return page(exchange, shown, exchange.state.limits.page);
}

async function pathsInfo(exchange: Exchange): Promise<Answer> {
  const repository = exchange.state.repository(repoOf(exchange), exchange.owner);
  const { files } = commitAt(repository, revisionOf(exchange));
  const { paths } = z.object({ paths: z.array(z.string()) }).parse(await jsonOf(exchange));
  return json([...files].filter(([path]) => paths.includes(path)).map(treeEntry));
}

function writable(exchange: Exchange): { readonly repository: Repository; readonly owner: TokenOwner } {
  const owner = ownerOf(exchange);
  const repository = exchange.state.repository(repoOf(exchange), owner);
  if (owner.role === 'read') throw new Refused(403, 'Forbidden: you must use a write token to upload to a repository.');
  if (!mayWrite(owner, repository.name))
    throw new Refused(403, 'Forbidden: pass `create_pr=1` as a query parameter to create a Pull Request');
  return { repository, owner };
}

const uploads = z.object({
  files: z.array(z.object({ path: z.string(), size: z.int(), sample: z.base64() })),
});

async function preupload(exchange: Exchange): Promise<Answer> {
  const { repository } = writable(exchange);
  const at = commitAt(repository, revisionOf(exchange));
  const { files } = uploads.parse(await jsonOf(exchange));
  const { limits } = exchange.state;
  const modeOf = ({ path, size, sample }: (typeof files)[number]) =>
    size > limits.regular || /\.(safetensors|bin|gguf)$/.test(path) || Buffer.from(sample, 'base64').includes(0)
      ? 'lfs'
      : 'regular';
  return json({
    commitOid: at.oid,
    files: files.map((file) => ({ path: file.path, uploadMode: modeOf(file), shouldIgnore: false })),
  });
}

const operation = z.discriminatedUnion('key', [
  z.object({
    key: z.literal('header'),
    value: z.object({
      summary: z.string().min(1),
      description: z.string().optional(),
      parentCommit: z.string().optional(),
    }),
  }),
  z.object({
    key: z.literal('file'),
    value: z.object({ path: z.string(), content: z.base64(), encoding: z.literal('base64') }),
  }),
  z.object({
    key: z.literal('lfsFile'),
    value: z.object({ path: z.string(), algo: z.literal('sha256'), oid: z.string(), size: z.int().optional() }),
  }),
  z.object({ key: z.literal('deletedFile'), value: z.object({ path: z.string() }) }),
]);

async function commit(exchange: Exchange): Promise<Answer> {
  const { repository, owner } = writable(exchange);
  const branch = revisionOf(exchange);
  const lines = (await bodyOf(exchange))
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '');
  const [first, ...rest] = lines.map((line) => operation.parse(JSON.parse(line)));
  if (first?.key !== 'header') throw new Refused(400, 'The first line must be the header');
  const head = commitAt(repository, branch);
  const { summary, description, parentCommit } = first.value;
  if (parentCommit !== undefined && parentCommit !== head.oid)
    throw new Refused(412, 'A commit has happened since. Please refresh and try again.');
  const files = new Map(head.files);
  for (const { key, value } of rest) {
    switch (key) {
      case 'header':
        throw new Refused(400, 'There is one header');
      case 'file':
        files.set(value.path, regular(value.path, Buffer.from(value.content, 'base64'), exchange.state.limits.regular));
        break;
      case 'lfsFile':
        if (!exchange.state.hasObject(value.oid))
          throw new Refused(400, `LFS pointer of "${value.path}" pointed to a file that does not exist`);
        files.set(value.path, { kind: 'lfs', oid: value.oid, size: value.size ?? 0 });
        break;
      case 'deletedFile':
        if (!files.delete(value.path)) throw new Refused(404, `"${value.path}" does not exist`, 'EntryNotFound');
        break;
    }
  }
  const made = addCommit(repository, branch, { title: summary, message: description ?? '', author: owner.user, files });
  const commitUrl = new URL(`/${repository.name}/commit/${made.oid}`, exchange.url).href;
  return json({ success: true, commitOid: made.oid, commitUrl, hookOutput: '' });
}

function regular(path: string, bytes: Buffer, most: number): StoredFile {
  if (bytes.length <= most) return { kind: 'regular', bytes };
  throw new Refused(400, `Your push was rejected because it contains files larger than ${most} bytes: ${path}`);
}

function commits(exchange: Exchange): Answer {
  const repository = exchange.state.repository(repoOf(exchange), exchange.owner);
  const all = [];
  for (let at = commitAt(repository, revisionOf(exchange)); ; ) {
    const { oid, title, message, author, date, parent } = at;
    all.push({ id: oid, title, message, authors: [{ user: author, avatar: '' }], date });
    if (parent === undefined) break;
    at = commitAt(repository, parent);
  }
  return page(exchange, all, exchange.state.limits.page);
}

function refs(exchange: Exchange): Answer {
  const repository = exchange.state.repository(repoOf(exchange), exchange.owner);
  const isObject = (name: string) => exchange.state.tellsTagObjects && repository.annotated.has(name);
  const listed = (kind: string, names: ReadonlyMap<string, string>) =>
    [...names].map(([name, oid]) => ({
      name,
      ref: `refs/${kind}/${name}`,
      targetCommit: kind === 'tags' && isObject(name) ? 'a'.repeat(40) : oid,
    }));
  return json({ branches: listed('heads', repository.branches), converts: [], tags: listed('tags', repository.tags) });
}

async function tag(exchange: Exchange): Promise<Answer> {
  const { repository } = writable(exchange);
  const { tag: name, message } = z
    .object({ tag: z.string().regex(/^[\w.-]+$/), message: z.string().optional() })
    .parse(await jsonOf(exchange));
  const at = commitAt(repository, revisionOf(exchange));
  if (repository.tags.has(name)) throw new Refused(409, `Tag reference exists: refs/tags/${name}`);
  repository.tags.set(name, at.oid);
  if (message !== undefined) repository.annotated.add(name);
  return json({});
}
