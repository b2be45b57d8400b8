import { UserError } from '../domain/errors.ts';
import type { ImageEvent } from '../domain/image-event.ts';
import { PROGRAM_IMAGE } from '../domain/image-name.ts';
import type { ImageSource } from '../ports/image-builder.ts';
import type { ChosenImage } from './choose-images.ts';
import { type BuildDeps, ImageJob } from './image-job.ts';

/** What a person asks for beside the images; `push` absent = nothing is pushed. */
export interface BuildWishes {
  /** What to build on instead of what the Containerfiles say. */
  readonly bases: readonly BaseWish[];
  /** A host, or a host and a path. */
  readonly push?: string;
}

/** `from` absent: for every image. Else for those whose Containerfile builds on it: `python`, or the whole reference. */
export interface BaseWish {
  readonly from?: string;
  readonly to: string;
}

/**
 * Builds what is not built, then pushes and loads as asked; an image at a time, and what is done is remembered at once,
 * so that a build that fails is gone on with. Throws `bad-pipeline`, `bad-usage` before anything is built, `cannot-start`.
 */
export async function* buildImages(
  deps: BuildDeps,
  images: readonly ChosenImage[],
  wishes: BuildWishes,
  signal: AbortSignal,
): AsyncGenerator<ImageEvent, void> {
  const wanted: { readonly chosen: ChosenImage; readonly source: ImageSource; readonly base?: string }[] = [];
  for (const chosen of images) {
    const reason = reasonToSkip(deps, chosen);
    if (reason !== undefined) yield { kind: 'skipped', image: chosen.image, reason };
    else wanted.push({ chosen, ...withBase(deps.sources.read(chosen.image), wishes.bases) });
  }
  refuseUnused(wishes.bases, wanted);
  for (const { chosen, source, base } of wanted) {
    signal.throwIfAborted();
    yield* new ImageJob(deps, chosen, { source, ...(base === undefined ? {} : { base }) }, signal).run(wishes.push);
  }
}

function reasonToSkip({ sources }: BuildDeps, { image, pinned }: ChosenImage): string | undefined {
  if (image !== PROGRAM_IMAGE && !image.startsWith('stages/')) return 'it is an image of a registry';
  if (pinned === undefined) return undefined;
  try {
    sources.read(image);
    return undefined; // the person may want to build it although something else is named
  } catch (error) {
    if (!(error instanceof UserError) || error.code !== 'bad-pipeline') throw error;
    return `it is not ours: ${pinned.origin} names ${pinned.reference}`;
  }
}

function withBase(source: ImageSource, wishes: readonly BaseWish[]) {
  const wish = wishes.findLast(({ from }) => from === undefined || isBase(source, from));
  return { source, ...(wish === undefined ? {} : { base: wish.to }) };
}

function isBase({ base }: ImageSource, from: string): boolean {
  const name = base?.slice(base.lastIndexOf('/') + 1).replace(/[:@].*$/, '');
  return base === from || name === from;
}

/** A word that means nothing is a mistake, found before an hour of building. */
function refuseUnused(bases: readonly BaseWish[], wanted: readonly { readonly source: ImageSource }[]): void {
  for (const { from } of bases) {
    if (from === undefined || wanted.some(({ source }) => isBase(source, from))) continue;
    const known = [...new Set(wanted.flatMap(({ source }) => source.base ?? []))];
    throw new UserError('bad-usage', `--base ${from}=...: no image builds on ${from}`, {
      hint: `they build on ${known.join(', ')}`,
    });
  }
}
