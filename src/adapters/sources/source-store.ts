import { copyFile, mkdir, mkdtemp, open, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { formatListing } from '../../domain/data/digest.ts';
import { UserError } from '../../domain/errors.ts';
import type { PinnedSource, SourceRequest, SourceStore } from '../../ports/source-store.ts';
import { digestFile } from '../files/file-digest.ts';
import { type PinOptions, pinSource } from './pin-source.ts';
import { freePlaced, listPlaced } from './placed-folders.ts';
import type { FolderContents } from './read-folder.ts';
import { withPinned } from './with-folder.ts';

export interface SourceStoreOptions extends PinOptions {
  /** The workspace: what plays the claim on this machine. */
  readonly workspace: string;
}

/** Data from outside on this machine: folders are copied into the workspace under their digest. */
export function createSourceStore(options: SourceStoreOptions): SourceStore {
  return {
    pin: (request, signal, pod) => pinSource(options, request, signal, pod),
    place: async (source, request, context) => {
      if (source.kind === 'folder') await place(options, source, request, context.signal);
      if (source.kind === 'object') await (await options.objects()).fetch(source.uri, options.workspace, context);
    },
    placed: () => listPlaced(options.workspace),
    free: (folders, isNamed) => freePlaced(options.workspace, folders, isNamed),
  };
}

async function place(
  { workspace, cwd }: SourceStoreOptions,
  source: Extract<PinnedSource, { kind: 'folder' }>,
  request: SourceRequest,
  signal: AbortSignal,
): Promise<void> {
  const folder = dirname(join(workspace, source.subPath));
  if ((await stat(folder).catch(() => undefined)) !== undefined) return;
  await withPinned(source, request, { cwd, signal }, (contents) => copy(contents, folder, request.input));
}

async function copy(contents: FolderContents, folder: string, input: string): Promise<void> {
  await mkdir(dirname(folder), { recursive: true });
  // Copied beside and renamed into place: a copy that was cut off is never taken for the data.
  const making = await mkdtemp(`${folder}.`);
  try {
    for (const file of contents.files) {
      const to = join(making, 'content', file.path);
      await mkdir(dirname(to), { recursive: true });
      await copyFile(join(contents.root, file.path), to);
      const copied = digestFile(to, file.path);
      if (copied.sha256 !== file.sha256)
        throw new UserError('bad-input', `${input}: ${file.path} in ${contents.root} changes while it is read`);
      await sync(to);
    }
    await writeFile(join(making, 'content.listing'), formatListing(contents.files), { flush: true });
    if (contents.facts !== undefined)
      await writeFile(join(making, 'content.source.json'), contents.facts, { flush: true });
    await rename(making, folder).catch(async (error: NodeJS.ErrnoException) => {
      // Another run has placed the same data meanwhile.
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(making, { recursive: true, force: true });
  }
}

async function sync(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
