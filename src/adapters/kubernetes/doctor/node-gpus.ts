import type { NodeGpus } from '../../../ports/doctor.ts';
import { type KubeApi, RESOURCES, textAt } from '../api/kube-api.ts';
import { gpuLedger } from '../verdict/gpu-ledger.ts';
import { look } from './look.ts';

/** As NVIDIA's feature discovery names what a node has. */
const PRODUCT = 'nvidia.com/gpu.product';

/** The GPUs of each node that has some; undefined where nodes may not be listed. */
export async function nodeGpus(api: KubeApi, signal: AbortSignal): Promise<readonly NodeGpus[] | undefined> {
  const nodes = await look(() => api.list(RESOURCES.nodes, {}, signal));
  if (nodes.kind === 'hidden') return undefined;
  const rows = gpuLedger(nodes.value.items, []).filter(({ total }) => total > 0);
  return rows.map(({ node, total }) => {
    const found = nodes.value.items.find((one) => one.metadata.name === node);
    const product = found === undefined ? undefined : textAt(found, 'metadata', 'labels', PRODUCT);
    return { node, total, ...(product === undefined ? {} : { product }) };
  });
}
