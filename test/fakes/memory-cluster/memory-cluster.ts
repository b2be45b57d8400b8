import {
  type ByteStream,
  type KubeFaultKind,
  type KubeObject,
  type ProxyRequest,
  RESOURCES,
  type Resource,
} from '../../../src/adapters/kubernetes/api/kube-api.ts';
import type { JsonObject } from '../../../src/domain/json.ts';
import { faultOf } from './faults.ts';
import { LogBook } from './log-book.ts';
import { MemoryKubeApi } from './memory-kube-api.ts';
import { ObjectTable } from './object-table.ts';

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'delete' | 'log' | 'proxy' | 'review';

/** One request as it reaches the cluster. */
export interface ClusterRequest {
  readonly verb: Verb;
  readonly plural: string;
  readonly namespace: string;
  /** Absent for lists and watches. */
  readonly name?: string;
  /** What is written; absent for what writes nothing. */
  readonly object?: JsonObject;
  readonly dryRun: boolean;
  readonly user: string;
}

/** A request that fails: with a class, or so that nobody knows whether it was done (and it was, or was not). */
export type ScriptedFault = KubeFaultKind | 'ambiguous-stored' | 'ambiguous-lost';

/** Where a test looks on, waits, throws a fault (admission does so before), or lets the client die. */
export type RequestHook = (moment: 'before' | 'after', request: ClusterRequest) => void | Promise<void>;

/** What a watch can meet beside changes. */
export type Interruption = 'relist' | 'unreachable' | 'reachable';

export interface MemoryClusterOptions {
  /** The namespaces there are at first. */
  readonly namespaces?: readonly string[];
  /** The server's clock, in milliseconds since 1970; absent = this machine's. `advance` moves it on either way. */
  readonly now?: () => number;
}

export interface ClientOptions {
  /** Absent = `lab`. */
  readonly namespace?: string;
  readonly user?: string;
  readonly context?: string;
  /** The first word of the User-Agent. */
  readonly manager?: string;
}

interface Planned {
  readonly verb: Verb;
  readonly plural: string;
  readonly fault: ScriptedFault;
  readonly message: string;
}

/**
 * A cluster in memory: the API server's rules that this project meets, and its garbage collector. Nothing runs in it
 * unless `runJobs` of run-jobs.ts does. Several clients share it, as several machines do.
 */
export class MemoryCluster {
  readonly table: ObjectTable;
  readonly logs = new LogBook();
  readonly server = 'https://memory.test:6443';
  /** Called around every request of every client. */
  hook: RequestHook = () => undefined;
  /** What answers behind the pod proxy; absent = nothing listens. */
  onProxy: ((pod: KubeObject, request: ProxyRequest, signal: AbortSignal) => Promise<ByteStream>) | undefined;
  /** Every request so far, in order. */
  readonly requests: ClusterRequest[] = [];
  readonly #now: () => number;
  #advanced = 0;
  #reachable = true;
  readonly #served: Resource[] = Object.values(RESOURCES);
  readonly #planned: Planned[] = [];
  readonly #denied = new Set<string>();
  readonly #watchers = new Set<(what: Interruption) => void>();

  constructor(options: MemoryClusterOptions = {}) {
    this.#now = options.now ?? Date.now;
    this.table = new ObjectTable(() => this.now());
    this.table.listen(({ kind, resource, object }) => {
      if (kind === 'deleted' && resource.plural === 'pods') this.logs.forget(object.metadata.uid);
      if (kind === 'deleted' && resource.plural === 'namespaces') this.#empty(object.metadata.name);
    });
    for (const name of options.namespaces ?? ['lab', 'other']) {
      const object = { apiVersion: 'v1', kind: 'Namespace', metadata: { name }, status: { phase: 'Active' } };
      this.table.create(RESOURCES.namespaces, '', object, { request: 'create', manager: 'setup' });
    }
  }

  client(options: ClientOptions = {}): MemoryKubeApi {
    return new MemoryKubeApi(this, options);
  }

  /** The server's clock, milliseconds since 1970. */
  now(): number {
    return this.#now() + this.#advanced;
  }

  advance(seconds: number): void {
    this.#advanced += seconds * 1000;
  }

  get reachable(): boolean {
    return this.#reachable;
  }

  /** While it is false, every request fails as `unreachable` and watches are silent; then they list again. */
  set reachable(value: boolean) {
    if (value === this.#reachable) return;
    this.#reachable = value;
    for (const tell of [...this.#watchers]) tell(value ? 'reachable' : 'unreachable');
  }

  /** What a 410 brings about: every watch lists again. */
  relist(): void {
    for (const tell of [...this.#watchers]) tell('relist');
  }

  onInterruption(listener: (what: Interruption) => void): () => void {
    this.#watchers.add(listener);
    return () => this.#watchers.delete(listener);
  }

  /** The next request of that verb and kind fails; several calls queue up. */
  failNext(verb: Verb, plural: string, fault: ScriptedFault, message = 'planned by the test'): void {
    this.#planned.push({ verb, plural, fault, message });
  }

  takeFault(verb: Verb, plural: string): Planned | undefined {
    const index = this.#planned.findIndex((planned) => planned.verb === verb && planned.plural === plural);
    return index === -1 ? undefined : this.#planned.splice(index, 1)[0];
  }

  /** RBAC: takes a right from a user, or from everybody. `plural` may name a subresource: `pods/log`. */
  deny(verb: Verb, plural: string, user = '*'): void {
    this.#denied.add(`${user} ${verb} ${plural}`);
  }

  allows(user: string, verb: string, plural: string): boolean {
    return !this.#denied.has(`${user} ${verb} ${plural}`) && !this.#denied.has(`* ${verb} ${plural}`);
  }

  /** Serves a kind of a custom resource definition. */
  serve(resource: Resource): void {
    this.#served.push(resource);
  }

  served(apiVersion: string, kind: string): Resource | undefined {
    return this.#served.find((resource) => resource.apiVersion === apiVersion && resource.kind === kind);
  }

  /** Present objects, whoever asks. */
  objects(resource: Resource, namespace = 'lab'): readonly KubeObject[] {
    return this.table.list(resource, namespace);
  }

  requireNamespace(resource: Resource, namespace: string, request: string): void {
    if (resource.namespaced && this.table.get(RESOURCES.namespaces, '', namespace) === undefined) {
      throw faultOf('not-found', request, `namespaces "${namespace}" not found`);
    }
  }

  #empty(namespace: string): void {
    for (const resource of this.#served) {
      if (!resource.namespaced) continue;
      for (const object of this.table.list(resource, namespace)) {
        this.table.delete(resource, namespace, object.metadata.name, { now: true });
      }
    }
  }
}
