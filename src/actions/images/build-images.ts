import { UserError } from '../../domain/errors.ts';
import type { ImageEvent } from '../../domain/image/image-event.ts';
import { PROGRAM_IMAGE } from '../../domain/image/image-name.ts';
import type { ImageSource } from '../../ports/image-builder.ts';
import type { ChosenImage } from './choose-images.ts';
import { type BuildDeps, type Given, ImageJob } from './image-job.ts';

/** What a person asks for beside the images; `push` absent = nothing is pushed. */
export interface BuildWishes {
  /** What to build on instead of what the Containerfiles say. */
  readonly bases: readonly BaseWish[];
  /** For every image whose Containerfile asks for one of that name; of two the last counts. */
  readonly args: readonly ArgWish[];
  /** A host, or a host and a path. */
  readonly push?: string;
}

/** `from` absent: for every image. Else for those whose Containerfile builds on it: `python`, or the whole reference. */
export interface BaseWish {
  readonly from?: string;
  readonly to: string;
}

/** `LOCK=requirements-cpu.lock`. */
export interface ArgWish {
  readonly name: string;
  readonly value: string;
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
  const wanted: { readonly chosen: ChosenImage; readonly source: ImageSource; readonly given: Given }[] = [];
  for (const chosen of images) {
    const reason = reasonToSkip(deps, chosen);
    if (reason !== undefined) yield { kind: 'skipped', image: chosen.image, reason };
    else wanted.push({ chosen, ...withGiven(deps.sources.read(chosen.image), wishes) });
  }
  refuseUnused(wishes, wanted);
  for (const { chosen, ...one } of wanted) {
    signal.throwIfAborted();
    yield* new ImageJob(deps, chosen, one, signal).run(wishes.push);
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

function withGiven(source: ImageSource, { bases, args }: BuildWishes): { source: ImageSource; given: Given } {
  const wish = bases.findLast(({ from }) => from === undefined || isBase(source, from));
  const own = args.filter(({ name }) => source.args.includes(name)).map(({ name, value }) => [name, value] as const);
  return { source, given: { args: Object.fromEntries(own), ...(wish === undefined ? {} : { base: wish.to }) } };
}

function isBase({ base }: ImageSource, from: string): boolean {
  const name = base?.slice(base.lastIndexOf('/') + 1).replace(/[:@].*$/, '');
  return base === from || name === from;
}

/** A word that means nothing is a mistake, found before an hour of building. */
function refuseUnused({ bases, args }: BuildWishes, wanted: readonly { readonly source: ImageSource }[]): void {
  for (const { from } of bases) {
    if (from === undefined || wanted.some(({ source }) => isBase(source, from))) continue;
    const known = [...new Set(wanted.flatMap(({ source }) => source.base ?? []))];
    throw new UserError('bad-usage', `--base ${from}=...: no image builds on ${from}`, {
      hint: `they build on ${known.join(', ')}`,
    });
  }
  for (const { name } of args) {
    if (wanted.some(({ source }) => source.args.includes(name))) continue;
    const known = [...new Set(wanted.flatMap(({ source }) => source.args))];
    throw new UserError('bad-usage', `--build-arg ${name}=...: no image asks for ${name}`, {
      hint: name === 'BASE' ? 'what to build on: --base' : `they ask for ${known.join(', ') || 'nothing'}`,
    });
  }
}
