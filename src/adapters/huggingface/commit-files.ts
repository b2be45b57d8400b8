import { commit } from '@huggingface/hub';
import * as z from 'zod';
import { sha256 } from '../../domain/data/digest.ts';
import type { HubCommitRequest, HubCommitted, HubUpload } from '../../ports/model-hub.ts';
import { type Connection, sdkOptions } from './connection.ts';
import { HubFault, saying } from './hub-fault.ts';
import { PublishedFile } from './published-file.ts';
import { patientFetch } from './requests.ts';

/** How often what comes before the commit is begun anew, where the storage refuses (the addresses it is sent to expire). */
const TRIES = 3;

/**
 * One commit. Throws a `HubFault`, a `UserError` for a file that has changed, or the reason of the signal. Nothing reads the
 * files any more when it has ended, however it did: the SDK ends as the first of many uploads fails, and `fetch` before it
 * has left its body.
 */
export async function commitFiles(
  connection: Connection,
  request: HubCommitRequest,
  onProgress: (sent: number) => void,
  signal: AbortSignal,
): Promise<HubCommitted> {
  const contents = request.uploads.map((upload) => ({
    path: upload.path,
    content: upload.kind === 'text' ? new Blob([upload.text]) : PublishedFile.of(upload),
  }));
  const files = contents.map(({ content }) => content).filter((content) => content instanceof PublishedFile);
  try {
    for (const file of files) await file.check();
    const paths = new Map(request.uploads.map((upload) => [digestOf(upload), upload.path]));
    return await commitContents(connection, request, contents, { onBytes: counter(onProgress), paths, signal });
  } finally {
    await Promise.all(files.map((file) => file.end()));
  }
}

async function commitContents(
  connection: Connection,
  request: HubCommitRequest,
  contents: readonly { readonly path: string; readonly content: Blob }[],
  manner: Omit<CommitManner, 'onCommit'>,
): Promise<HubCommitted> {
  const { signal } = manner;
  for (let tries = 1; ; tries += 1) {
    let isAsked = false;
    const onCommit = () => {
      isAsked = true;
    };
    try {
      const output = await commit({
        ...sdkOptions(connection),
        repo: { type: 'model', name: request.repo },
        branch: request.branch,
        parentCommit: request.parent,
        title: request.title,
        description: request.message,
        operations: [
          ...contents.map(({ path, content }) => ({ operation: 'addOrUpdate' as const, path, content })),
          ...request.deletions.map((path) => ({ operation: 'delete' as const, path })),
        ],
        // The plain transfer of large files: the same for every hub and mirror, and the one that is tested.
        useXet: false,
        abortSignal: signal,
        fetch: commitFetch(connection, { ...manner, onCommit }),
      });
      if (output === undefined) throw new HubFault('away', `${connection.host} did not say which commit was made`);
      return { kind: 'committed', oid: output.commit.oid };
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof HubFault) || error.kind === 'away') throw error;
      if (isAsked && (error.status === 412 || error.status === 409)) return { kind: 'conflict' };
      if (!error.isStorage || isAsked || tries === TRIES) throw error;
    }
  }
}

interface CommitManner {
  /** The path of a file by its digest. */
  readonly paths: ReadonlyMap<string, string>;
  readonly signal: AbortSignal;
  readonly onBytes: (bytes: number) => void;
  /** The commit itself is asked for now. */
  readonly onCommit: () => void;
}

const uploadModes = z.looseObject({ files: z.array(z.looseObject({ path: z.string(), uploadMode: z.string() })) });
const uploadActions = z.looseObject({
  objects: z.array(
    z.looseObject({
      oid: z.string(),
      actions: z.unknown().optional(),
      error: z.looseObject({ code: z.number(), message: z.string() }).optional(),
    }),
  ),
});
const uploadSizes = z.looseObject({ files: z.array(z.looseObject({ path: z.string(), size: z.number() })) });

function commitFetch(connection: Connection, { onCommit, paths, ...manner }: CommitManner) {
  const often = patientFetch(connection, manner);
  const once = patientFetch(connection, { signal: manner.signal, isOnce: true });
  return async (input: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    const { pathname } = new URL(input instanceof Request ? input.url : input);
    if (init.method === 'POST' && /^.*\/api\/models\/[^/]+\/[^/]+\/commit\//.test(pathname)) {
      onCommit();
      return once(input, init);
    }
    const response = await often(input, init);
    if (/\/preupload\//.test(pathname)) return withoutEmptyFiles(response, init);
    return pathname.endsWith('/info/lfs/objects/batch') ? uploadsOf(response, connection, paths) : response;
  };
}

/** The storage of large files takes no empty ones (501); they go with the commit. */
async function withoutEmptyFiles(response: Response, { body }: RequestInit): Promise<Response> {
  const sizes = uploadSizes.parse(JSON.parse(String(body)));
  const empty = new Set(sizes.files.filter(({ size }) => size === 0).map(({ path }) => path));
  const modes = uploadModes.parse(await response.json());
  const files = modes.files.map((file) => (empty.has(file.path) ? { ...file, uploadMode: 'regular' } : file));
  return Response.json({ ...modes, files });
}

/**
 * Of the same bytes at several paths the SDK would send each; one is enough, as all are there before the commit. A file that
 * the hub refuses is seen here: while the SDK begins to send the others, it loses that error and waits for ever.
 */
async function uploadsOf(
  response: Response,
  { host, token }: Connection,
  paths: ReadonlyMap<string, string>,
): Promise<Response> {
  const batch = uploadActions.parse(await response.json());
  const seen = new Set<string>();
  const objects = batch.objects.map(({ actions, error, ...object }) => {
    if (error !== undefined) {
      const said = `${paths.get(object.oid) ?? object.oid}: ${saying(error.message, token)}`;
      throw new HubFault('refused', `${host} refuses ${said}`, { said, status: error.code });
    }
    const isDouble = seen.has(object.oid);
    seen.add(object.oid);
    return isDouble ? object : { ...object, actions };
  });
  return Response.json({ ...batch, objects }, { headers: response.headers });
}

function digestOf(upload: HubUpload): string {
  return upload.kind === 'text' ? sha256(upload.text) : upload.sha256;
}

/** Sums up what many requests send; a request that is made anew does not let it go back. */
function counter(onProgress: (sent: number) => void): (bytes: number) => void {
  let sent = 0;
  let told = 0;
  return (bytes) => {
    sent += bytes;
    if (sent <= told) return;
    told = sent;
    onProgress(told);
  };
}
