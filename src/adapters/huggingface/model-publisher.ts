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
  const models = (repo: string) => `${endpoint}/api/models/${repo}`;
  const fetching = (signal: AbortSignal) => ({
    ...sdkOptions(connection),
    fetch: patientFetch(connection, { signal }),
  });

  const findRepository: ModelPublisher['findRepository'] = (repo, signal) =>
    asking(connection, { repo }, signal, async () => {
      try {
        const info = await modelInfo({ ...fetching(signal), name: repo, revision: 'main', additionalFields: ['sha'] });
        return { isPrivate: info.private, head: info.sha };
      } catch (error) {
        if (error instanceof HubFault && error.status === 404 && error.code !== 'RevisionNotFound') return undefined;
        throw error;
      }
    });

  const findTag: ModelPublisher['findTag'] = (repo, tag, signal) =>
    asking(connection, { repo }, signal, async () => {
      const read = async (response: Response) => references.parse(await response.json());
      const { branches, tags } = await ask(connection, `${models(repo)}/refs`, headersOf(connection), { signal, read });
      const found = tags.find(({ name }) => name === tag);
      // A tag with a message is an object of its own in git: what it leads to is told for sure where it is resolved.
      if (found === undefined || branches.some(({ name }) => name === tag)) return found?.targetCommit;
      return (await modelInfo({ ...fetching(signal), name: repo, revision: tag, additionalFields: ['sha'] })).sha;
    });

  return {
    rights: (repo, signal) =>
      asking(connection, { repo }, signal, async () =>
        rightsOf(await whoAmI({ ...fetching(signal), accessToken: tokenOf(connection) }), repo, tokensPage(connection)),
      ),
    findRepository,
    createRepository: (repo, { isPrivate }, signal) =>
      asking(connection, { repo }, signal, async () => {
        const accessToken = tokenOf(connection);
        try {
          const visibility = isPrivate ? 'private' : 'public';
          await createRepo({ ...fetching(signal), accessToken, repo: { type: 'model', name: repo }, visibility });
        } catch (error) {
          if (!(error instanceof HubFault)) throw error;
          if (error.status === 409) return;
          // A token for one repository may not make any, and need not.
          const isThere = error.status === 403 && (await findRepository(repo, signal)) !== undefined;
          if (!isThere) throw error;
        }
      }),
    commits: (repo, revision, signal) =>
      listing(connection, { repo, revision }, signal, () => commitsOf(fetching(signal), repo, revision)),
    files: (repo, revision, signal) =>
      listing(connection, { repo, revision }, signal, () => filesOf(fetching(signal), repo, revision)),
    readText: (repo, revision, path, signal) =>
      asking(connection, { repo, revision }, signal, async () => {
        const encoded = path.split('/').map(encodeURIComponent).join('/');
        const url = `${endpoint}/${repo}/resolve/${encodeURIComponent(revision)}/${encoded}`;
        const read = (response: Response) => textOf(response, `${path} of ${repo}`);
        try {
          return await ask(connection, url, headersOf(connection), { signal, read });
        } catch (error) {
          if (error instanceof HubFault && error.code === 'EntryNotFound') return undefined;
          throw error;
        }
      }),
    commit: (request, onProgress, signal) =>
      asking(connection, { repo: request.repo, revision: request.branch }, signal, async () => {
        tokenOf(connection);
        return commitFiles(connection, request, onProgress, signal);
      }),
    findTag,
    createTag: (repo, { name, oid, message }, signal) =>
      asking(connection, { repo, revision: oid }, signal, async () => {
        const body = JSON.stringify({ tag: name, ...(message === '' ? {} : { message }) });
        const { headers } = headersOf(connection);
        const init = { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body };
        tokenOf(connection);
        try {
          await ask(connection, `${models(repo)}/tag/${encodeURIComponent(oid)}`, init, { signal, read: emptied });
        } catch (error) {
          if (!(error instanceof HubFault) || error.status !== 409) throw error;
          const there = await findTag(repo, name, signal);
          if (there === oid) return;
          throw new UserError('bad-input', `${repo} has the tag ${name} already, at ${there ?? 'another commit'}`, {
            hint: `look at ${endpoint}/${repo}/tree/${encodeURIComponent(name)}; a tag is never moved`,
          });
        }
      }),
    address: (repo, revision) =>
      `${endpoint}/${repo}${revision === undefined ? '' : `/tree/${encodeURIComponent(revision)}`}`,
  };
}

type Fetching = ReturnType<typeof sdkOptions> & { readonly fetch: ReturnType<typeof patientFetch> };

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
