/** Container engines, in the order in which they are looked for. */
export const IMAGE_ENGINES = ['buildah', 'podman', 'docker'] as const;
export type ImageEngine = (typeof IMAGE_ENGINES)[number];

/** What became of an image after it was built. */
export type ImageDelivery =
  /** `reference` is by digest. */
  | { readonly kind: 'push'; readonly reference: string; readonly at: string }
  /** `to` as the person typed it: `kind:NAME`, `archive:DIR`. */
  | { readonly kind: 'load'; readonly to: string; readonly at: string };

/** What a machine remembers of one image. */
export interface ImageRecord {
  /** `stages/<stage>/<engine>` or `program`. */
  readonly image: string;
  /** By content tag. */
  readonly reference: string;
  /** `sha256:...` of the build inputs. */
  readonly identity: string;
  /** Absent when it came as an archive that somebody else built. */
  readonly built?: {
    readonly engine: ImageEngine;
    readonly id: string;
    readonly bytes: number;
    readonly at: string;
    /** Absent = the Containerfile's own. */
    readonly base?: string;
    /** What else the Containerfile was given; absent = nothing. */
    readonly args?: Readonly<Record<string, string>>;
  };
  /** Oldest first, one a place. */
  readonly deliveries: readonly ImageDelivery[];
}

/** How a plan names the image: what was done with it last decides, a push (by digest) or a load (by content tag). */
export function currentReference({ reference, deliveries }: Pick<ImageRecord, 'reference' | 'deliveries'>): string {
  const last = deliveries.at(-1);
  return last?.kind === 'push' ? last.reference : reference;
}

/** The record after a delivery; an older one to the same place is forgotten. */
export function withDelivery(record: ImageRecord, delivery: ImageDelivery): ImageRecord {
  const others = record.deliveries.filter((one) => placeOf(one) !== placeOf(delivery));
  return { ...record, deliveries: [...others, delivery] };
}

function placeOf(delivery: ImageDelivery): string {
  return delivery.kind === 'load' ? delivery.to : delivery.reference.replace(/@.*$/, '');
}
