import { UserError } from '../../domain/errors.ts';
import type { ListedImage } from '../../domain/image/image-event.ts';
import { notBuiltReference, PROGRAM_IMAGE } from '../../domain/image/image-name.ts';
import { currentReference } from '../../domain/image/image-record.ts';
import type { ImageRecords, ImageSources } from '../../ports/image-builder.ts';
import type { ChosenImage } from './choose-images.ts';

/** What this machine knows of each image; asks no engine and no cluster. */
export function listImages(
  { sources, records }: { readonly sources: ImageSources; readonly records: ImageRecords },
  images: readonly ChosenImage[],
): readonly ListedImage[] {
  return images.map(({ image, stages, pinned }) => {
    const nothing = { image, stages, pushed: [], loaded: [] };
    if (pinned !== undefined) {
      return { ...nothing, reference: pinned.reference, state: 'foreign', origin: pinned.origin };
    }
    if (image !== PROGRAM_IMAGE && !image.startsWith('stages/')) {
      return { ...nothing, reference: image, state: 'foreign' };
    }
    const reference = contentTag(sources, image);
    if (reference === undefined) return { ...nothing, reference: notBuiltReference(image), state: 'absent' };
    const record = records.read(reference);
    if (record === undefined) return { ...nothing, reference, state: 'not-built' };
    const { built, deliveries } = record;
    const last = deliveries.at(-1);
    const state = last === undefined ? 'built' : last.kind === 'push' ? 'pushed' : 'loaded';
    return {
      image,
      stages,
      reference: currentReference(record),
      state,
      ...(built === undefined ? {} : { bytes: built.bytes, builtAt: built.at }),
      pushed: deliveries.flatMap((one) => (one.kind === 'push' ? [one.reference] : [])),
      loaded: deliveries.flatMap((one) => (one.kind === 'load' ? [one.to] : [])),
    };
  });
}

function contentTag(sources: ImageSources, image: string): string | undefined {
  try {
    return sources.read(image).reference;
  } catch (error) {
    if (!(error instanceof UserError) || error.code !== 'bad-pipeline') throw error;
    return undefined;
  }
}
