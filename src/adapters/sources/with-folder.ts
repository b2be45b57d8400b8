import { UserError } from '../../domain/errors.ts';
import type { PinnedMerge, PinnedSource, SourceRequest } from '../../ports/source-store.ts';
import { withMerged } from './pulls/merged-folder.ts';
import { type FolderContents, readFolder } from './read-folder.ts';

/** What reading needs of this machine. */
export interface Reading {
  readonly cwd: string;
  readonly signal: AbortSignal;
}

type Pinnable = FolderContents & { readonly merged?: PinnedMerge };

/** A folder as it is now, or what pull requests make of it; merged files are there for as long as `use` takes. */
export async function withFolder<T>(
  request: SourceRequest,
  reading: Reading,
  use: (contents: Pinnable) => Promise<T>,
  pinned?: PinnedMerge,
): Promise<T> {
  const { pulls = [] } = request;
  if (pulls.length === 0) return use(await readFolder(request, reading.signal));
  return withMerged({ request, pulls, ...(pinned === undefined ? {} : { pinned }) }, reading, use);
}

/** The same of a folder that was pinned. Throws `bad-input` when it is another by now. */
export async function withPinned<T>(
  source: Extract<PinnedSource, { kind: 'folder' }>,
  request: SourceRequest,
  reading: Reading,
  use: (contents: FolderContents) => Promise<T>,
): Promise<T> {
  const checked = (contents: FolderContents): Promise<T> => {
    if (contents.digest === source.digest) return use(contents);
    throw new UserError('bad-input', `${request.input}: ${source.path} changed since the run was planned`, {
      hint: 'start a new run for the new data; this run goes on when the folder is as it was',
    });
  };
  return withFolder(request, reading, checked, source.merged);
}
