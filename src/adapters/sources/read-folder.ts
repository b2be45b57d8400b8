import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOfSource, formatListing, type ListingEntry } from '../../domain/digest.ts';
import { UserError } from '../../domain/errors.ts';
import type { PinnedSource, SourceRequest } from '../../ports/source-store.ts';
import { digestFile } from '../files/file-digest.ts';
import { checkFile, walk } from './folder.ts';
import { readWorkTree, type WorkTree } from './work-tree.ts';

/** A folder as it is now. */
export interface FolderContents {
  readonly digest: string;
  readonly files: readonly ListingEntry[];
  /** What the stage may know of the folder's history; absent outside a work tree. */
  readonly facts?: string;
}

/** Reads every file that counts: in a git work tree those git knows or would add. Throws `bad-input` with the input's name. */
export async function readFolder(request: SourceRequest, signal: AbortSignal): Promise<FolderContents> {
  const { input, location, changedSince } = request;
  const kind = await stat(location).catch(() => undefined);
  const refuse = (what: string): UserError =>
    new UserError('bad-input', `${input}: ${what}`, {
      hint: `name another with --input ${input}=PATH; who named this one: \`ilab-backend config view --show-origin\``,
    });
  if (kind === undefined) throw refuse(`there is no folder ${location}`);
  if (!kind.isDirectory()) throw refuse(`${location} is no folder`);
  const tree = await readWorkTree(input, location, changedSince, signal);
  const names = tree?.files ?? (await walk(location));
  if (names.length === 0) throw refuse(`${location} is empty`);
  const files: ListingEntry[] = [];
  for (const name of names) {
    signal.throwIfAborted();
    await checkFile(input, location, name);
    files.push(digestFile(join(location, name), name));
  }
  const facts = tree === undefined ? {} : { facts: factsOf(tree) };
  return { digest: digestOfSource(formatListing(files), tree?.changed), files, ...facts };
}

/** `inputs/<name>.source.json` of docs/stage-contract.md. */
function factsOf({ commit, base, changed, dirty }: WorkTree): string {
  return `${JSON.stringify({ kind: 'folder', commit, base, changed, dirty })}\n`;
}

/** The same of a folder that was pinned. Throws `bad-input` when it is another by now. */
export async function readPinned(
  source: Extract<PinnedSource, { kind: 'folder' }>,
  request: SourceRequest,
  signal: AbortSignal,
): Promise<FolderContents> {
  const contents = await readFolder(request, signal);
  if (contents.digest === source.digest) return contents;
  throw new UserError('bad-input', `${request.input}: ${source.path} changed since the run was planned`, {
    hint: 'start a new run for the new data; this run goes on when the folder is as it was',
  });
}
