import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOfSource, formatListing, type ListingEntry } from '../../domain/data/digest.ts';
import { NoData } from '../../domain/data/no-data.ts';
import type { SourceFacts } from '../../domain/data/source-facts.ts';
import { UserError } from '../../domain/errors.ts';
import type { SourceRequest } from '../../ports/source-store.ts';
import { digestFileInTurns } from '../files/file-digest.ts';
import { checkFile, walk } from './folder.ts';
import { readWorkTree } from './work-tree.ts';

/** A folder as it is now. */
export interface FolderContents {
  /** Where the files lie. */
  readonly root: string;
  readonly digest: string;
  readonly files: readonly ListingEntry[];
  /** What the stage may know of the folder's history; absent outside a work tree. */
  readonly facts?: string;
}

/** Reads every file that counts: in a git work tree those git knows or would add. Throws `NoData` or `bad-input` with the input's name. */
export async function readFolder(request: SourceRequest, signal: AbortSignal): Promise<FolderContents> {
  try {
    return await readAll(request, signal);
  } catch (error) {
    throw faultOf(error, request) ?? error;
  }
}

/** What files tell that go, or that nobody may read, while others are read; undefined for what is no such fault. */
function faultOf(error: unknown, { input, location }: SourceRequest): UserError | undefined {
  const { code, path } = error as NodeJS.ErrnoException;
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new UserError('bad-input', `${input}: ${path ?? 'a file'} went away while ${location} was read`, {
        hint: 'type it again once nothing writes there',
      });
    case 'EACCES':
    case 'EPERM':
      return new UserError('bad-input', `${input}: ${path ?? location} may not be read`, {
        hint: 'let the user that types this read all of the folder, or take the file out of it',
      });
    default:
      return undefined;
  }
}

async function readAll(request: SourceRequest, signal: AbortSignal): Promise<FolderContents> {
  const { input, location, changedSince } = request;
  const kind = await stat(location).catch(() => undefined);
  const refuse = (what: string): NoData => new NoData(`${input}: ${what}`);
  if (kind === undefined) throw refuse(`there is no folder ${location}`);
  if (!kind.isDirectory()) throw refuse(`${location} is no folder`);
  const tree = await readWorkTree(input, location, changedSince, signal);
  const names = tree?.files ?? (await walk(location));
  if (names.length === 0) throw refuse(`${location} is empty`);
  const files: ListingEntry[] = [];
  for (const name of names) {
    signal.throwIfAborted();
    await checkFile(input, location, name);
    files.push(await digestFileInTurns(join(location, name), name, signal));
  }
  const digest = digestOfSource(formatListing(files), tree ?? {});
  if (tree === undefined) return { root: location, digest, files };
  const { commit, base, changed, dirty } = tree;
  const known = { ...(commit && { commit }), ...(base && { base }), ...(changed && { changed }) };
  return { root: location, digest, files, facts: factsText({ kind: 'folder', ...known, dirty }) };
}

/** `inputs/<name>.source.json` of docs/stage-contract.md. */
export function factsText(facts: SourceFacts): string {
  return `${JSON.stringify(facts)}\n`;
}
