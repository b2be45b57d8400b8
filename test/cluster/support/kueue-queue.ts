import type { JsonObject } from '../../../src/domain/json.ts';
import type { HereAndThere } from './here-and-there.ts';

/** What a queue of Kueue does beside handing out its GPUs in turn. */
export interface QueueOptions {
  /** GPUs of the ClusterQueue. */
  readonly gpus: number;
  /** Takes from work of less priority what other work wants. */
  readonly preempts?: true;
}

const VERSION = 'kueue.x-k8s.io/v1beta1';

/** A LocalQueue `gpus` in the namespace of a test, with a ClusterQueue of its own, and classes of priority. */
export class KueueQueue {
  readonly #place: HereAndThere;
  /** Of what belongs to the whole cluster: as its namespace is called. */
  readonly name: string;
  /** The classes of pods (`pod.priorityClassName`) and of work alone (a label), above all others. */
  readonly urgent: string;

  private constructor(place: HereAndThere) {
    this.#place = place;
    this.name = place.namespace;
    this.urgent = `${this.name}-urgent`;
  }

  static async open(place: HereAndThere, { gpus, preempts }: QueueOptions): Promise<KueueQueue> {
    const queue = new KueueQueue(place);
    const { name, urgent } = queue;
    const quota: JsonObject = { name: 'nvidia.com/gpu', nominalQuota: gpus };
    const group = { coveredResources: ['nvidia.com/gpu'], flavors: [{ name, resources: [quota] }] };
    const clusterQueue = {
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } },
      resourceGroups: [group],
      ...(preempts === undefined ? {} : { preemption: { withinClusterQueue: 'LowerPriority' } }),
    };
    await place.cluster.create(
      place.namespace,
      { apiVersion: VERSION, kind: 'ResourceFlavor', metadata: { name } },
      { apiVersion: VERSION, kind: 'ClusterQueue', metadata: { name }, spec: clusterQueue },
      { apiVersion: VERSION, kind: 'LocalQueue', metadata: { name: 'gpus' }, spec: { clusterQueue: name } },
      { apiVersion: VERSION, kind: 'WorkloadPriorityClass', metadata: { name: urgent }, value: 1000 },
      { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name: urgent }, value: 1000 },
    );
    await place.kubectl('wait', '--for=condition=Active', 'localqueue/gpus', '--timeout=180s');
    return queue;
  }

  /** Holds it and takes back what it has let go (`HoldAndDrain`), holds it only (`Hold`), or opens it again (`None`). */
  async stop(stopPolicy: 'HoldAndDrain' | 'Hold' | 'None'): Promise<void> {
    const patch = JSON.stringify({ spec: { stopPolicy } });
    await this.#place.kubectl('patch', 'clusterqueue', this.name, '--type=merge', '-p', patch);
  }

  /** Of the whole cluster; what still uses it goes with its namespace. */
  async close(): Promise<void> {
    const { name, urgent } = this;
    const all = [
      ...[`clusterqueue/${name}`, `resourceflavor/${name}`],
      ...[`workloadpriorityclass/${urgent}`, `priorityclass/${urgent}`],
    ];
    await this.#place.kubectl('delete', ...all, '--wait=false', '--ignore-not-found');
  }
}
