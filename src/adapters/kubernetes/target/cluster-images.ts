import { imageKnowledge, NODE_IMAGES_MAX, type NodeImages } from '../../../domain/image/image-knowledge.ts';
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
