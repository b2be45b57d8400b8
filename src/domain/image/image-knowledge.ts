import { isContentTag } from './image-name.ts';

/** `missing`: nobody has it. `unknown`: whoever could tell cannot be asked. */
export type ImageKnowledge = 'known' | 'missing' | 'unknown';

/** What a node says it holds (`status.images[].names`). */
export interface NodeImages {
  readonly node: string;
  readonly names: readonly string[];
  /** The kubelet lists the largest only (`nodeStatusMaxImages`, 50 by default): true when others may be there. */
  readonly isCut: boolean;
}

/** The kubelet's default of `nodeStatusMaxImages`. */
export const NODE_IMAGES_MAX = 50;

/**
 * Whether a pod can have the image. The nodes decide where they may be asked (`nodes` defined), else what this machine
 * remembers (`isRecorded`); where neither knows, the kubelet has the last word. A name that a registry holds is known.
 */
export function imageKnowledge(
  reference: string,
  isRecorded: boolean,
  nodes: readonly NodeImages[] | undefined,
): ImageKnowledge {
  if (!isContentTag(reference)) return 'known';
  if (nodes === undefined || nodes.length === 0) return isRecorded ? 'known' : 'unknown';
  if (nodes.some((node) => node.names.some((name) => isNamed(name, reference)))) return 'known';
  if (nodes.some((node) => node.isCut)) return isRecorded ? 'known' : 'unknown';
  return 'missing';
}

/** Engines put a host before a name that has none: `docker.io/`, `localhost/`. */
function isNamed(name: string, reference: string): boolean {
  return name === reference || name.endsWith(`/${reference}`);
}
