import { queueOf } from '../../../domain/plan/queue-label.ts';
import {
  type KubeApi,
  KubeFault,
  type KubeObject,
  listAt,
  RESOURCES,
  type Resource,
  type Selector,
  textAt,
} from '../api/kube-api.ts';
import { hasPodEnded } from '../api/pod-phase.ts';
import type { AttemptView } from '../verdict/view.ts';
import { queueWorkloads } from './queue-workloads.ts';
import { claimsOf } from './workload.ts';

/** What says why an attempt does not get on. */
export type Surroundings = Pick<
  AttemptView,
  'events' | 'nodes' | 'otherPods' | 'hidesPods' | 'quotas' | 'claims' | 'storageClasses' | 'queued'
>;

/** As long as none of it was read. */
export const NOTHING_AROUND: Surroundings = { events: [] };

const EVERY_POD: Resource = { ...RESOURCES.pods, namespaced: false };

/**
 * Reads what surrounds an attempt that waits. What the person may not read is left out, and not asked for again. Each
 * reading is a handful of requests, so the caller spaces them out.
 */
export class SurroundingsReader {
  readonly #api: KubeApi;
  readonly #forbidden = new Set<string>();

  constructor(api: KubeApi) {
    this.#api = api;
  }

  async read(job: KubeObject, pods: readonly KubeObject[], signal: AbortSignal): Promise<Surroundings> {
    const list = (resource: Resource, selector: Selector = {}) => this.#list(resource, selector, signal);
    const isPlaced = pods.length > 0 && pods.every(isAtHome);
    const claims = claimsOf(job);
    const events = Promise.all([
      ...[job, ...pods].map(({ metadata }) => list(RESOURCES.events, { fields: `involvedObject.uid=${metadata.uid}` })),
      ...(isPlaced
        ? []
        : claims.map((name) =>
            list(RESOURCES.events, { fields: `involvedObject.kind=PersistentVolumeClaim,involvedObject.name=${name}` }),
          )),
    ]).then((lists) => lists.flatMap((found) => found ?? []));
    if (isPlaced) return { events: await events };
    const mine = new Set(pods.map(({ metadata }) => metadata.uid));
    // All together: one that fails alone while another is awaited would be nobody's.
    const [told, queued, nodes, podsAround, quotas, allClaims, storageClasses] = await Promise.all([
      events,
      this.queued(job, signal),
      list(RESOURCES.nodes),
      list(EVERY_POD).then(async (found) => ({ all: found, some: found ?? (await list(RESOURCES.pods)) })),
      list(RESOURCES.quotas),
      claims.length === 0 ? undefined : list(RESOURCES.claims),
      claims.length === 0 ? undefined : list(RESOURCES.storageClasses),
    ]);
    return {
      events: told,
      ...(queued === undefined ? {} : { queued }),
      ...(nodes === undefined ? {} : { nodes }),
      ...(podsAround.some === undefined
        ? {}
        : { otherPods: podsAround.some.filter((pod) => !mine.has(pod.metadata.uid) && holdsSomething(pod)) }),
      ...(podsAround.all === undefined ? { hidesPods: true } : {}),
      ...(quotas === undefined ? {} : { quotas }),
      ...(allClaims === undefined ? {} : { claims: allClaims }),
      ...(storageClasses === undefined ? {} : { storageClasses }),
    };
  }

  /** What Kueue made for it; undefined where it waits in no queue of Kueue's, or that may not be read. */
  async queued(job: KubeObject, signal?: AbortSignal): Promise<KubeObject | undefined> {
    if (queueOf(job) === undefined) return undefined;
    const resource = await queueWorkloads(this.#api, signal);
    if (resource === undefined) return undefined;
    const found = await this.#list(resource, { labels: `kueue.x-k8s.io/job-uid=${job.metadata.uid}` }, signal);
    return found?.[0];
  }

  /** Undefined where the person has no right to it, or the server has an excuse. */
  async #list(
    resource: Resource,
    selector: Selector,
    signal?: AbortSignal,
  ): Promise<readonly KubeObject[] | undefined> {
    const what = `${resource.namespaced} ${resource.plural}`;
    if (this.#forbidden.has(what)) return undefined;
    try {
      return (await this.#api.list(resource, selector, signal)).items;
    } catch (error) {
      if (!(error instanceof KubeFault)) throw error;
      if (error.kind === 'forbidden') this.#forbidden.add(what);
      return undefined;
    }
  }
}

/** It has its node, and is not being taken from it: nothing but its own events says more. */
function isAtHome(pod: KubeObject): boolean {
  return textAt(pod, 'spec', 'nodeName') !== undefined && textAt(pod, 'metadata', 'deletionTimestamp') === undefined;
}

/** Ended pods hold no room any more. */
function holdsSomething(pod: KubeObject): boolean {
  return !hasPodEnded(pod) && listAt(pod, 'spec', 'containers').length > 0;
}
