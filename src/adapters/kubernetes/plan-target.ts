import { UserError } from '../../domain/errors.ts';
import { digestOf, isContentTag, notBuiltReference, PROGRAM_IMAGE } from '../../domain/image/image-name.ts';
import { currentReference } from '../../domain/image/image-record.ts';
import { NOT_BUILT } from '../../domain/plan/plan.ts';
import type { ImageRecords, ImageSources } from '../../ports/image-builder.ts';
import type { PlanTarget } from '../../ports/target.ts';

/*
 * A cluster as planning sees it, without one: what images would be named. Objects are judged by the API server when a
 * run is submitted.
 */

/** What this machine knows of images; no cluster is asked. */
export interface ClusterImages {
  readonly sources: ImageSources;
  readonly records: ImageRecords;
  /** A reference that stands for the image of this program; absent = as this machine built it. */
  readonly program?: string;
}

/**
 * An engine of ours is named by digest when this machine pushed it, else by the hash of what its image is built from; a
 * foreign image by itself. Without a cluster an image is there when this machine built, loaded or pushed it.
 */
export function createKubernetesPlanTarget({ sources, records, program }: ClusterImages): PlanTarget {
  return {
    kind: 'kubernetes',
    check: async () => ({ notEnforced: [] }),
    identify: async (image) => {
      if (image === PROGRAM_IMAGE && program !== undefined) return { reference: program, identity: program };
      if (!image.startsWith('stages/') && image !== PROGRAM_IMAGE) return { reference: image, identity: image };
      try {
        const { identity, reference: tag } = sources.read(image);
        const reference = currentReference(records.read(tag) ?? { reference: tag, deliveries: [] });
        return { reference, folder: image, identity: digestOf(reference) ?? identity };
      } catch (error) {
        if (!(error instanceof UserError) || error.code !== 'bad-pipeline') throw error;
        return { reference: notBuiltReference(image), folder: image, identity: NOT_BUILT };
      }
    },
    imageState: async ({ reference, identity }) => {
      if (identity === NOT_BUILT) return 'missing';
      return isContentTag(reference) && records.read(reference) === undefined ? 'missing' : 'known';
    },
  };
}
