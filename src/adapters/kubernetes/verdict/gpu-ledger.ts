import { RUN_LABEL, STAGE_LABEL } from '../api/attempt-labels.ts';
import type { KubeObject } from '../api/kube-api.ts';
import { textAt } from '../api/kube-api.ts';
import { amountsAt, requestsOf } from './requests.ts';
import { clean, count } from './words.ts';

/** Who has GPUs of a node. */
export interface GpuHolder {
  /** The run and the stage, where the pod carries our labels. */
  readonly run?: string;
  readonly stage?: string;
  readonly pod: string;
  readonly namespace: string;
  readonly count: number;
}

/** The GPUs of one node. */
export interface NodeGpus {
  readonly node: string;
  /** `nvidia.com/gpu`, or what else ends in `/gpu`. */
  readonly resource: string;
  readonly total: number;
  /** By the pods that are seen: pods of namespaces that may not be read are not counted. */
  readonly free: number;
  readonly holders: readonly GpuHolder[];
}

/** Whether a resource is a kind of GPU. */
export function isGpu(resource: string): boolean {
  return resource.endsWith('/gpu');
}

/** Totals, free ones and who holds the others, by node, in the order of the nodes' names. */
export function gpuLedger(nodes: readonly KubeObject[], pods: readonly KubeObject[]): readonly NodeGpus[] {
  const rows = nodes.flatMap((node) => rowsOf(node, pods));
  return rows.sort((a, b) => compare(a.node, b.node) || compare(a.resource, b.resource));
}

/**
 * `2 GPUs free of 4 on n1; run weekly-46 (train) holds 2`; at most three nodes and three holders are named. `hides`: there
 * may be pods that were not seen.
 */
export function ledgerSentence(rows: readonly NodeGpus[], hides = false): string {
  if (rows.length === 0) return 'no node has a GPU';
  const most = hides ? 'at most ' : '';
  const shown = rows
    .slice(0, 3)
    .map((row) => `${most}${count(row.free, 'GPU')} free of ${row.total} on ${clean(row.node)}`);
  const more = rows.length > 3 ? [`${count(rows.length - 3, 'more node')}`] : [];
  return [[...shown, ...more].join(', '), ...holdersOf(rows), ...(hides ? [HIDDEN] : [])].join('; ');
}

const HIDDEN = 'pods of other namespaces may not be seen';

function rowsOf(node: KubeObject, pods: readonly KubeObject[]): NodeGpus[] {
  const name = textAt(node, 'metadata', 'name') ?? '';
  const here = pods.filter((pod) => textAt(pod, 'spec', 'nodeName') === name && !hasEnded(pod));
  const rows: NodeGpus[] = [];
  for (const [resource, total] of amountsAt(node, 'status', 'allocatable')) {
    if (!isGpu(resource)) continue;
    const holders = here.flatMap((pod) => holderOf(pod, resource));
    const held = holders.reduce((sum, holder) => sum + holder.count, 0);
    rows.push({ node: name, resource, total, free: Math.max(0, total - held), holders });
  }
  return rows;
}

function holderOf(pod: KubeObject, resource: string): GpuHolder[] {
  const amount = requestsOf(pod).get(resource) ?? 0;
  if (amount <= 0) return [];
  const run = textAt(pod, 'metadata', 'labels', RUN_LABEL);
  const stage = textAt(pod, 'metadata', 'labels', STAGE_LABEL);
  return [
    {
      ...(run === undefined ? {} : { run }),
      ...(stage === undefined ? {} : { stage }),
      pod: textAt(pod, 'metadata', 'name') ?? '',
      namespace: textAt(pod, 'metadata', 'namespace') ?? '',
      count: amount,
    },
  ];
}

function holdersOf(rows: readonly NodeGpus[]): string[] {
  const held = new Map<string, number>();
  for (const holder of rows.flatMap((row) => row.holders)) {
    const name = nameOf(holder);
    held.set(name, (held.get(name) ?? 0) + holder.count);
  }
  const names = [...held].sort(([, a], [, b]) => b - a);
  const more = names.slice(3).reduce((sum, [, amount]) => sum + amount, 0);
  return [
    ...names.slice(0, 3).map(([name, amount]) => `${name} holds ${amount}`),
    ...(more === 0 ? [] : [`others hold ${more}`]),
  ];
}

function nameOf({ run, stage, pod, namespace }: GpuHolder): string {
  if (run === undefined) return `pod ${clean(namespace)}/${clean(pod)}`;
  return `run ${clean(run)}${stage === undefined ? '' : ` (${clean(stage)})`}`;
}

/** What has ended holds nothing, even while its object is still there. */
function hasEnded(pod: KubeObject): boolean {
  const phase = textAt(pod, 'status', 'phase');
  return phase === 'Succeeded' || phase === 'Failed';
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
