import { UserError } from '../../../domain/errors.ts';
import { imageKnowledge, NODE_IMAGES_MAX, type NodeImages } from '../../../domain/image/image-knowledge.ts';
import { PROGRAM_IMAGE } from '../../../domain/image/image-name.ts';
import type { ImageRecord } from '../../../domain/image/image-record.ts';
import { NOT_BUILT } from '../../../domain/plan/plan.ts';
import type { ImageRecords } from '../../../ports/image-builder.ts';
import type { ImageIdentity, PlanTarget, Target } from '../../../ports/target.ts';
import { at, type KubeApi, KubeFault, type KubeObject, listAt, RESOURCES } from '../api/kube-api.ts';

/** Images as a cluster has them: named as for a plan, and there when its nodes or this machine say so. */
export function clusterImages(
  api: KubeApi,
  plan: PlanTarget,
  records: ImageRecords,
  now: () => number = Date.now,
): Required<Pick<Target, 'identify' | 'imageState'>> {
  let nodes: Promise<readonly NodeImages[] | undefined> | undefined;
  return {
    identify: (image) => plan.identify(image),
    imageState: async ({ reference, identity }: ImageIdentity) => {
      if (identity === NOT_BUILT) return 'missing';
      const record = records.read(reference);
      nodes ??= readNodes(api);
      const known = imageKnowledge(reference, record !== undefined, await nodes);
      return known === 'missing' && record !== undefined && isFresh(record, now()) ? 'known' : known;
    },
  };
}

/**
 * The image of this program as pods name it: the one that is named, else the one of these sources. Throws `cannot-start`
 * where neither this machine nor a node has that.
 */
export async function ownImage(
  images: Required<Pick<Target, 'identify' | 'imageState'>>,
  named: string | undefined,
): Promise<string> {
  if (named !== undefined) return named;
  const image = await images.identify(PROGRAM_IMAGE);
  if ((await images.imageState(image)) !== 'missing') return image.reference;
  throw new UserError('cannot-start', `the image of this program is not built: ${image.reference}`, {
    hint: '`ilab-backend images build program`, with --load kind or --push REGISTRY; or name one in ILAB_BACKEND_IMAGE',
  });
}

/** A kubelet tells of an image only some time after it was loaded: half a minute with its defaults, up to five. */
const TOLD_AFTER_MS = 5 * 60_000;

function isFresh({ deliveries }: ImageRecord, now: number): boolean {
  const last = deliveries.at(-1);
  return last !== undefined && now - Date.parse(last.at) < TOLD_AFTER_MS;
}

/** Undefined where nodes may not be looked at. */
async function readNodes(api: KubeApi): Promise<readonly NodeImages[] | undefined> {
  try {
    return (await api.list(RESOURCES.nodes, {})).items.map(imagesOf);
  } catch (error) {
    if (error instanceof KubeFault && error.kind === 'forbidden') return undefined;
    throw error;
  }
}

function imagesOf(node: KubeObject): NodeImages {
  const images = listAt(node, 'status', 'images');
  const names = images.flatMap((image) => {
    const found = at(image, 'names');
    return Array.isArray(found) ? found.filter((name): name is string => typeof name === 'string') : [];
  });
  return { node: node.metadata.name, names, isCut: images.length >= NODE_IMAGES_MAX };
}
