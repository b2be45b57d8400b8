import { digestOfSource, formatListing } from '../../../domain/data/digest.ts';
import type { MergedPull, SourceFacts } from '../../../domain/data/source-facts.ts';
import { UserError } from '../../../domain/errors.ts';
import type { PinnedMerge, SourceRequest } from '../../../ports/source-store.ts';
import { entries } from '../git.ts';
import { isGitUrl } from '../git-url.ts';
import { type FolderContents, factsText } from '../read-folder.ts';
import { exportMerge } from './export.ts';
import { FolderOrigin } from './folder-origin.ts';
import { mergePulls } from './merge.ts';
import { type Origin, pullsText } from './origin.ts';
import { Scratch } from './scratch.ts';
import { UrlOrigin } from './url-origin.ts';

/** Which pull requests of which repository. */
export interface MergeRequest {
  readonly request: SourceRequest;
  readonly pulls: readonly number[];
  /** The commits of an earlier look; absent: those the pull requests are at now. */
  readonly pinned?: PinnedMerge;
}

/**
 * Merges pull requests and hands the files over for as long as `use` takes. Neither the repository nor its work tree is
 * touched. Throws `bad-input` that names the pull request at fault.
 */
export async function withMerged<T>(
  { request, pulls, pinned }: MergeRequest,
  { cwd, signal }: { readonly cwd: string; readonly signal: AbortSignal },
  use: (contents: FolderContents & { readonly merged: PinnedMerge }) => Promise<T>,
): Promise<T> {
  const { input, location, changedSince } = request;
  const origin: Origin = isGitUrl(location)
    ? new UrlOrigin(input, location, { cwd, signal })
    : new FolderOrigin(input, location, signal);
  const onto = pinned?.onto ?? (await origin.onto());
  const heads = pinned?.pulls ?? (await origin.heads(pulls));
  return Scratch.with(signal, async (scratch) => {
    await origin.bring(scratch, onto, 'the commit to merge onto');
    for (const head of heads) await origin.bring(scratch, head.commit, pullsText([head.number]));
    const merge = await mergePulls(scratch, input, onto, heads);
    const prefix = await origin.prefix();
    const files = await exportMerge(scratch, { input, commit: merge.commit, prefix, pulls: merge.pulls });
    const facts: SourceFacts = {
      kind: 'folder',
      commit: merge.commit,
      ...(changedSince === undefined ? {} : await changes(scratch, origin, { input, changedSince, merge, prefix })),
      dirty: false,
      merged: { onto, pulls: merge.pulls.map((pull) => ({ ...pull, changed: inside(pull.changed, prefix) })) },
    };
    const digest = digestOfSource(formatListing(files), facts);
    const merged = { onto, pulls: heads.map(({ number, commit }) => ({ number, commit })) };
    return use({ root: scratch.files, digest, files, facts: factsText(facts), merged });
  });
}

/** As for a folder: against the newest commit that the merge shares with the base. */
async function changes(
  scratch: Scratch,
  origin: Origin,
  {
    input,
    changedSince,
    merge,
    prefix,
  }: {
    readonly input: string;
    readonly changedSince: string;
    readonly merge: { readonly commit: string; readonly pulls: readonly MergedPull[] };
    readonly prefix: string;
  },
): Promise<{ readonly base: string; readonly changed: readonly string[] }> {
  const ref = await origin.bringBase(scratch, changedSince);
  const shared = await scratch.git(['merge-base', ref, merge.commit]);
  if (shared.kind !== 'ok') {
    throw new UserError('bad-input', `${input}: what is merged shares no history with ${changedSince}`);
  }
  const base = shared.text.trim();
  const args = ['diff', '--name-only', '--no-renames', '--diff-filter=d', '-z', base, merge.commit];
  return { base, changed: inside(entries(await scratch.text(args)), prefix).toSorted() };
}

function inside(paths: readonly string[], prefix: string): string[] {
  return paths.filter((path) => path.startsWith(prefix)).map((path) => path.slice(prefix.length));
}
