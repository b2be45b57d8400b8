import {
  at,
  type ByteStream,
  type ClusterPlace,
  type CreateOptions,
  type DeleteOptions,
  type KubeApi,
  type KubeObject,
  type LogQuery,
  listAt,
  type ObjectList,
  type ProxyRequest,
  RESOURCES,
  type Resource,
  type Selector,
  textAt,
  type WatchEvent,
} from '../../../src/adapters/kubernetes/api/kube-api.ts';
import type { JsonObject } from '../../../src/domain/json.ts';
import { admit } from './admission.ts';
import { faultOf } from './faults.ts';
import type { ClientOptions, ClusterRequest, MemoryCluster, ScriptedFault, Verb } from './memory-cluster.ts';
import { selects } from './selectors.ts';
import { watchTable } from './watch-table.ts';

/** What every request of a client that was killed ends with: its process would not see anything any more. */
export class ClientDied extends Error {
  override readonly name = 'ClientDied';
}

interface Asked {
  readonly verb: Verb;
  readonly resource: Resource;
  readonly name?: string;
  readonly object?: JsonObject;
  readonly dryRun?: boolean;
  readonly subresource?: string;
  readonly signal?: AbortSignal | undefined;
}

/** One client of a MemoryCluster: a machine, with a user and a namespace. */
export class MemoryKubeApi implements KubeApi {
  readonly place: ClusterPlace;
  readonly user: string;
  readonly counters = { requests: 0, connections: 0 };
  readonly #cluster: MemoryCluster;
  readonly #manager: string;
  readonly #death = new AbortController();
  #answered = false;

  constructor(cluster: MemoryCluster, options: ClientOptions) {
    this.#cluster = cluster;
    this.user = options.user ?? 'ada';
    this.#manager = options.manager ?? 'ilab-backend';
    this.place = {
      server: cluster.server,
      context: options.context ?? 'memory',
      namespace: options.namespace ?? 'lab',
    };
  }

  /** `kill -9` of the process: whatever it asks from now on ends with `ClientDied`, and its watches end. */
  kill(): void {
    this.#death.abort(new ClientDied('this client was killed'));
  }

  async resourceOf(apiVersion: string, kind: string): Promise<Resource | undefined> {
    return this.#cluster.served(apiVersion, kind);
  }

  get(resource: Resource, name: string, signal?: AbortSignal): Promise<KubeObject | undefined> {
    return this.#send({ verb: 'get', resource, name, signal }, () =>
      this.#cluster.table.get(resource, this.place.namespace, name),
    );
  }

  list(resource: Resource, selector: Selector, signal?: AbortSignal): Promise<ObjectList> {
    return this.#send({ verb: 'list', resource, signal }, (request) => ({
      items: this.#cluster.table
        .list(resource, this.place.namespace)
        .filter(this.#selects(resource, selector, request)),
      resourceVersion: this.#cluster.table.version,
    }));
  }

  async listAs<T>(
    resource: Resource,
    selector: Selector,
    take: (object: KubeObject) => T,
    signal?: AbortSignal,
  ): Promise<readonly T[]> {
    return (await this.list(resource, selector, signal)).items.map(take);
  }

  create(resource: Resource, object: JsonObject, options?: CreateOptions, signal?: AbortSignal): Promise<KubeObject> {
    const name = textAt(object, 'metadata', 'name') ?? '';
    const dryRun = options?.dryRun === true;
    return this.#send({ verb: 'create', resource, name, object, dryRun, signal }, (request) => {
      this.#cluster.requireNamespace(resource, this.place.namespace, request);
      this.#checkNamespace(object, request);
      admit(resource, object, request);
      return this.#cluster.table.create(resource, this.place.namespace, object, this.#writing(request, dryRun));
    });
  }

  replace(resource: Resource, object: JsonObject, signal?: AbortSignal): Promise<KubeObject> {
    const name = textAt(object, 'metadata', 'name') ?? '';
    return this.#send({ verb: 'update', resource, name, object, signal }, (request) => {
      this.#checkNamespace(object, request);
      const before = this.#cluster.table.get(resource, this.place.namespace, name);
      admit(resource, object, request, before);
      if (at(object, 'metadata', 'resourceVersion') === undefined) {
        throw faultOf('invalid', request, 'metadata.resourceVersion: must be specified for an update');
      }
      return this.#cluster.table.replace(resource, this.place.namespace, object, this.#writing(request));
    });
  }

  delete(
    resource: Resource,
    name: string,
    options: DeleteOptions,
    signal?: AbortSignal,
  ): Promise<'deleted' | 'absent'> {
    return this.#send({ verb: 'delete', resource, name, signal }, () => {
      const done = this.#cluster.table.delete(resource, this.place.namespace, name, {
        uid: options.uid,
        foreground: options.propagation === 'Foreground',
        now: options.graceSeconds === 0,
      });
      return done ? 'deleted' : 'absent';
    });
  }

  async *watch(resource: Resource, selector: Selector, signal: AbortSignal): AsyncIterable<WatchEvent> {
    const leave = AbortSignal.any([signal, this.#death.signal]);
    const events = await this.#send({ verb: 'watch', resource, signal }, (request) =>
      watchTable(this.#cluster, resource, this.place.namespace, this.#selects(resource, selector, request), leave),
    ).catch((error: unknown) => {
      if (signal.aborted) return undefined;
      throw error;
    });
    if (events === undefined) return;
    yield* events;
    this.#death.signal.throwIfAborted();
  }

  log(pod: string, query: LogQuery, signal: AbortSignal): Promise<ByteStream> {
    return this.#send({ verb: 'log', resource: RESOURCES.pods, name: pod, subresource: 'log', signal }, (request) => {
      const object = this.#pod(pod, request);
      const status = [
        ...listAt(object, 'status', 'containerStatuses'),
        ...listAt(object, 'status', 'initContainerStatuses'),
      ];
      const container = status.find((candidate) => candidate['name'] === query.container);
      if (container === undefined || at(container, 'state', 'waiting') !== undefined) {
        throw faultOf('invalid', request, `container "${query.container}" in pod "${pod}" is waiting to start`);
      }
      if (query.previous === true) {
        throw faultOf('invalid', request, `previous terminated container "${query.container}" not found`);
      }
      return this.#cluster.logs.open(object.metadata.uid, query, AbortSignal.any([signal, this.#death.signal]));
    });
  }

  async proxy(pod: string, request: ProxyRequest, signal: AbortSignal): Promise<ByteStream> {
    const asked = { verb: 'proxy', resource: RESOURCES.pods, name: pod, subresource: 'proxy', signal } as const;
    const object = await this.#send(asked, (words) => this.#pod(pod, words));
    const answer = this.#cluster.onProxy;
    if (answer === undefined) throw faultOf('server', `proxy pods "${pod}"`, 'connection refused');
    return answer(object, request, signal);
  }

  mayI(verb: string, resource: Resource, subresource?: string, signal?: AbortSignal): Promise<boolean> {
    const plural = subresource === undefined ? resource.plural : `${resource.plural}/${subresource}`;
    return this.#send({ verb: 'review', resource, signal }, () => this.#cluster.allows(this.user, verb, plural));
  }

  version(signal?: AbortSignal): Promise<string> {
    return this.#send({ verb: 'review', resource: RESOURCES.namespaces, signal }, () => 'v1.36.3');
  }

  serverNow(): number | undefined {
    // The header `Date` has whole seconds.
    return this.#answered ? Math.floor(this.#cluster.now() / 1000) * 1000 : undefined;
  }

  heardAt(): number | undefined {
    return this.#answered ? performance.now() : undefined;
  }

  async #send<T>(asked: Asked, work: (request: string) => T): Promise<T> {
    const { resource, name, dryRun = false } = asked;
    const request: ClusterRequest = {
      verb: asked.verb,
      plural: resource.plural,
      namespace: this.place.namespace,
      ...(name === undefined ? {} : { name }),
      ...(asked.object === undefined ? {} : { object: asked.object }),
      dryRun,
      user: this.user,
    };
    const words = `${asked.verb} ${resource.plural}${name === undefined ? '' : ` "${name}"`} in namespace "${this.place.namespace}"`;
    await Promise.resolve();
    this.#stop(asked.signal);
    this.counters.requests += 1;
    this.counters.connections = 1;
    this.#cluster.requests.push(request);
    await this.#cluster.hook('before', request);
    this.#stop(asked.signal);
    const result = this.#answer(asked, words, work);
    await this.#cluster.hook('after', request);
    this.#stop();
    this.#answered = true;
    return result;
  }

  #answer<T>(asked: Asked, words: string, work: (request: string) => T): T {
    const { verb, resource, subresource } = asked;
    if (!this.#cluster.reachable) throw faultOf('unreachable', words, 'connect ECONNREFUSED');
    const planned = this.#cluster.takeFault(verb, resource.plural);
    if (planned !== undefined) return this.#fail(planned, verb, words, work);
    const path = subresource === undefined ? resource.plural : `${resource.plural}/${subresource}`;
    const right = subresource === undefined ? verb : 'get';
    if (verb !== 'review' && !this.#cluster.allows(this.user, right, path)) {
      throw faultOf('forbidden', words, `User "${this.user}" cannot ${right} resource "${path}"`);
    }
    return work(words);
  }

  #fail<T>(
    planned: { fault: ScriptedFault; message: string },
    verb: Verb,
    words: string,
    work: (request: string) => T,
  ): T {
    const { fault, message } = planned;
    // What the transport tries again by itself ends as the second try does.
    if (verb === 'delete' && fault === 'ambiguous-stored') work(words);
    if (verb === 'delete' && fault.startsWith('ambiguous')) return work(words);
    if (fault === 'ambiguous-stored') work(words);
    if (fault === 'ambiguous-stored' || fault === 'ambiguous-lost') throw faultOf('ambiguous', words, message);
    throw faultOf(fault, words, message);
  }

  #stop(signal?: AbortSignal): void {
    this.#death.signal.throwIfAborted();
    signal?.throwIfAborted();
  }

  #pod(name: string, request: string): KubeObject {
    const object = this.#cluster.table.get(RESOURCES.pods, this.place.namespace, name);
    if (object === undefined) throw faultOf('not-found', request, `pods "${name}" not found`);
    return object;
  }

  #selects(resource: Resource, selector: Selector, request: string): (object: KubeObject) => boolean {
    try {
      return selects(resource.plural, selector);
    } catch (error) {
      throw faultOf('invalid', request, error instanceof Error ? error.message : String(error));
    }
  }

  #checkNamespace(object: JsonObject, request: string): void {
    const given = textAt(object, 'metadata', 'namespace');
    if (given !== undefined && given !== this.place.namespace) {
      throw faultOf('invalid', request, 'the namespace of the provided object does not match the namespace sent');
    }
  }

  #writing(request: string, dryRun = false): { request: string; manager: string; dryRun: boolean } {
    return { request, manager: this.#manager, dryRun };
  }
}
