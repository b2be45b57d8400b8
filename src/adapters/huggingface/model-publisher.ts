import { createRepo, listCommits, listFiles, modelInfo, whoAmI } from '@huggingface/hub';
import * as z from 'zod';
import { UserError } from '../../domain/errors.ts';
import type { HubCommit, HubFile, ModelPublisher } from '../../ports/model-hub.ts';
import { commitFiles } from './commit-files.ts';
import {
  asking,
  type Connection,
  connect,
  type HubOptions,
  type HubPatience,
  listing,
  sdkOptions,
} from './connection.ts';
import { HubFault } from './hub-fault.ts';
import { ask, patientFetch } from './requests.ts';
import { rightsOf } from './rights.ts';

const LONGEST_TEXT = 4 * 1024 * 1024;

const reference = z.object({ name: z.string(), targetCommit: z.string() });
const references = z.object({ branches: z.array(reference), tags: z.array(reference) });

/** Hugging Face, written to. Throws at once where the endpoint or the token cannot be one. */
export function createHuggingFacePublisher(options: HubOptions, patience: HubPatience): ModelPublisher {
  const connection = connect(options, patience);
  const { endpoint } = connection;
  return {
    rights: (repo, signal) =>
      asking(connection, { repo }, signal, async () => {
        const accessToken = tokenOf(connection);
        return rightsOf(await whoAmI({ ...fetching(connection, signal), accessToken }), repo, tokensPage(connection));
      }),
    findRepository: (repo, signal) =>
      asking(connection, { repo }, signal, () => repositoryOf(connection, repo, signal)),
    createRepository: (repo, { isPrivate }, signal) =>
      asking(connection, { repo }, signal, () =>
        makeRepository(connection, repo, isPrivate ? 'private' : 'public', signal),
      ),
    commits: (repo, revision, signal) =>
      listing(connection, { repo, revision }, signal, () => commitsOf(fetching(connection, signal), repo, revision)),
    files: (repo, revision, signal) =>
      listing(connection, { repo, revision }, signal, () => filesOf(fetching(connection, signal), repo, revision)),
    readText: (repo, revision, path, signal) =>
      asking(connection, { repo, revision }, signal, () => textAt(connection, { repo, revision, path }, signal)),
    commit: (request, onProgress, signal) =>
      asking(connection, { repo: request.repo, revision: request.branch }, signal, async () => {
        tokenOf(connection);
        return commitFiles(connection, request, onProgress, signal);
      }),
    findTag: (repo, tag, signal) =>
      asking(connection, { repo }, signal, () => commitOfTag(connection, repo, tag, signal)),
    createTag: (repo, tag, signal) =>
      asking(connection, { repo, revision: tag.oid }, signal, () => makeTag(connection, repo, tag, signal)),
    address: (repo, revision) =>
      `${endpoint}/${repo}${revision === undefined ? '' : `/tree/${encodeURIComponent(revision)}`}`,
  };
}

/** Undefined where there is none, or none that the token may see. */
async function repositoryOf(connection: Connection, repo: string, signal: AbortSignal) {
  const named = { ...fetching(connection, signal), name: repo };
  try {
    const info = await modelInfo({ ...named, revision: 'main', additionalFields: ['sha'] });
    return { isPrivate: info.private, head: info.sha };
  } catch (error) {
    if (error instanceof HubFault && error.status === 404 && error.code !== 'RevisionNotFound') return undefined;
    throw error;
  }
}

/** One that is there already is left as it is. */
async function makeRepository(
  connection: Connection,
  repo: string,
  visibility: 'private' | 'public',
  signal: AbortSignal,
): Promise<void> {
  const accessToken = tokenOf(connection);
  try {
    const named = { type: 'model', name: repo } as const;
    await createRepo({ ...fetching(connection, signal), accessToken, repo: named, visibility });
  } catch (error) {
    if (!(error instanceof HubFault)) throw error;
    if (error.status === 409) return;
    // A token for one repository may not make any, and need not.
    const isThere = error.status === 403 && (await repositoryOf(connection, repo, signal)) !== undefined;
    if (!isThere) throw error;
  }
}

/** The text of a file of at most 4 MiB; undefined where the revision has no such file. */
async function textAt(
  connection: Connection,
  { repo, revision, path }: { readonly repo: string; readonly revision: string; readonly path: string },
  signal: AbortSignal,
): Promise<string | undefined> {
  const encoded = path.split('/').map(encodeURIComponent).join('/');
  const url = `${connection.endpoint}/${repo}/resolve/${encodeURIComponent(revision)}/${encoded}`;
  const read = (response: Response) => textOf(response, `${path} of ${repo}`);
  try {
    return await ask(connection, url, headersOf(connection), { signal, read });
  } catch (error) {
    if (error instanceof HubFault && error.code === 'EntryNotFound') return undefined;
    throw error;
  }
}

/** The commit that a tag leads to; undefined where there is no such tag. */
async function commitOfTag(
  connection: Connection,
  repo: string,
  tag: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const read = async (response: Response) => references.parse(await response.json());
  const url = `${modelAt(connection, repo)}/refs`;
  const { branches, tags } = await ask(connection, url, headersOf(connection), { signal, read });
  const found = tags.find(({ name }) => name === tag);
  // A tag with a message is an object of its own in git: what it leads to is told for sure where it is resolved.
  if (found === undefined || branches.some(({ name }) => name === tag)) return found?.targetCommit;
  const named = { ...fetching(connection, signal), name: repo };
  return (await modelInfo({ ...named, revision: tag, additionalFields: ['sha'] })).sha;
}

/** The same tag at the same commit is no fault; at another it is, for a tag is never moved. */
async function makeTag(
  connection: Connection,
  repo: string,
  { name, oid, message }: Parameters<ModelPublisher['createTag']>[1],
  signal: AbortSignal,
): Promise<void> {
  const body = JSON.stringify({ tag: name, ...(message === '' ? {} : { message }) });
  const { headers } = headersOf(connection);
  const init = { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body };
  tokenOf(connection);
  try {
    const url = `${modelAt(connection, repo)}/tag/${encodeURIComponent(oid)}`;
    await ask(connection, url, init, { signal, read: emptied });
  } catch (error) {
    if (!(error instanceof HubFault) || error.status !== 409) throw error;
    const there = await commitOfTag(connection, repo, name, signal);
    if (there === oid) return;
    throw new UserError('bad-input', `${repo} has the tag ${name} already, at ${there ?? 'another commit'}`, {
      hint: `look at ${connection.endpoint}/${repo}/tree/${encodeURIComponent(name)}; a tag is never moved`,
    });
  }
}

function modelAt({ endpoint }: Connection, repo: string): string {
  return `${endpoint}/api/models/${repo}`;
}

function fetching(connection: Connection, signal: AbortSignal) {
  return { ...sdkOptions(connection), fetch: patientFetch(connection, { signal }) };
}

type Fetching = ReturnType<typeof fetching>;

async function* commitsOf(fetching: Fetching, repo: string, revision: string): AsyncIterable<HubCommit> {
  const at = encodeURIComponent(revision);
  for await (const { oid, title, message } of listCommits({ ...fetching, repo, revision: at }))
    yield { oid, title, message };
}

async function* filesOf(fetching: Fetching, repo: string, revision: string): AsyncIterable<HubFile> {
  const at = encodeURIComponent(revision);
  for await (const { type, path, size, lfs } of listFiles({ ...fetching, repo, revision: at, recursive: true }))
    if (type === 'file') yield { path, size, ...(lfs === undefined ? {} : { sha256: lfs.oid }) };
}

async function textOf(response: Response, what: string): Promise<string> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of response.body ?? []) {
    length += piece.length;
    // Leaving the loop ends the connection.
    if (length > LONGEST_TEXT) throw new UserError('bad-input', `${what} is longer than ${LONGEST_TEXT} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

async function emptied(response: Response): Promise<void> {
  await response.arrayBuffer();
}

function headersOf({ token }: Connection): { readonly headers: Readonly<Record<string, string>> } {
  return { headers: token === undefined ? {} : { authorization: `Bearer ${token}` } };
}

function tokensPage({ endpoint }: Connection): string {
  return `${endpoint}/settings/tokens`;
}

function tokenOf(connection: Connection): string {
  if (connection.token !== undefined) return connection.token;
  throw new UserError('bad-input', `publishing to ${connection.host} needs a token`, {
    hint: `make one with write access at ${tokensPage(connection)} and set HF_TOKEN to it`,
  });
}
