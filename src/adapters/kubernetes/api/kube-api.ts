import type { Json, JsonObject } from '../../../domain/json.ts';

/** A kind of object as the API addresses it. */
export interface Resource {
  /** `v1`, `batch/v1`, `trainer.kubeflow.org/v1alpha1`. */
  readonly apiVersion: string;
  readonly kind: string;
  /** The word of the path: `pods`, `jobs`. */
  readonly plural: string;
  readonly namespaced: boolean;
}

/** What every object of a server carries. */
export interface ObjectMeta extends JsonObject {
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
}

/** An object as the server gave it: fields nobody here knows are kept. */
export interface KubeObject extends JsonObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
}

/** Kubernetes' own selector syntax: `a=b,c in (d,e)`. */
export interface Selector {
  readonly labels?: string;
  readonly fields?: string;
}

/** The objects of one moment, and the version to watch from. */
export interface ObjectList {
  readonly items: readonly KubeObject[];
  readonly resourceVersion: string;
}

/** What a watch tells. It begins with `listed`, and says so again after every relist: what is not in it is gone. */
export type WatchEvent =
  | { readonly kind: 'listed'; readonly items: readonly KubeObject[] }
  | { readonly kind: 'changed'; readonly object: KubeObject }
  | { readonly kind: 'deleted'; readonly object: KubeObject };

export interface CreateOptions {
  /** `dryRun=All`: everything but storing. */
  readonly dryRun?: boolean;
}

export interface DeleteOptions {
  /** `preconditions.uid`: another object of the name stays. */
  readonly uid: string;
  /** Absent = `Background`: never `Orphan`, which is the API's default for Jobs. */
  readonly propagation?: 'Background' | 'Foreground';
  readonly graceSeconds?: number;
}

/** Which part of a container's log the kubelet shall send. Lines always carry their timestamp. */
export interface LogQuery {
  readonly container: string;
  readonly follow: boolean;
  /** RFC 3339; the kubelet cuts it to whole seconds and includes the second. */
  readonly sinceTime?: string;
  /** The instance before the present one. */
  readonly previous?: boolean;
  readonly limitBytes?: number;
  /** Only the last lines of the newest file: as many stored ones as that, so that a long line counts as several. */
  readonly tailLines?: number;
}

/** A response that is read as it comes. Leaving the iteration ends the connection. */
export interface ByteStream {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: AsyncIterable<Uint8Array>;
}

/** A request to a pod's port through the API server's pod proxy. */
export interface ProxyRequest {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST';
  readonly port: number;
  /** Begins with `/`; `..` is refused. */
  readonly path: string;
  /** Never `Authorization`: the API server takes it away. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | AsyncIterable<Uint8Array>;
}

/** Who and what is addressed, for messages. */
export interface ClusterPlace {
  readonly server: string;
  /** The kubeconfig's context; `in-cluster` inside a pod. */
  readonly context: string;
  readonly namespace: string;
}

/**
 * The API of one cluster, seen from one namespace. Every failure is a `KubeFault`. GET, LIST and DELETE with a uid are
 * tried again by themselves when the fault is transient, for as long as the cluster was opened to wait; writes are sent
 * once, so an `ambiguous` fault of a write says that it may have happened: look, then decide. Only a write that the server
 * turned away unread (429, the conflict of a quota) is sent again.
 */
export interface KubeApi {
  readonly place: ClusterPlace;
  /** Which resource serves an apiVersion and kind here, by discovery for what is not built in. Undefined when none does. */
  resourceOf(apiVersion: string, kind: string, signal?: AbortSignal): Promise<Resource | undefined>;
  /** Undefined when there is none. `namespace` absent = the place's. */
  get(resource: Resource, name: string, signal?: AbortSignal): Promise<KubeObject | undefined>;
  list(resource: Resource, selector: Selector, signal?: AbortSignal): Promise<ObjectList>;
  /**
   * The same list, where of each object only what `take` makes of it is held: for kinds of which each is up to a mebibyte.
   * `take` may be called again for all of them when the list has to begin anew.
   */
  listAs<T>(
    resource: Resource,
    selector: Selector,
    take: (object: KubeObject) => T,
    signal?: AbortSignal,
  ): Promise<readonly T[]>;
  /** POST with `fieldValidation=Strict`. */
  create(resource: Resource, object: JsonObject, options?: CreateOptions, signal?: AbortSignal): Promise<KubeObject>;
  /** PUT; the object's `metadata.resourceVersion` must be the stored one, else a fault `conflict`. */
  replace(resource: Resource, object: JsonObject, signal?: AbortSignal): Promise<KubeObject>;
  /** `absent`: there was none, or one with another uid. */
  delete(resource: Resource, name: string, options: DeleteOptions, signal?: AbortSignal): Promise<'deleted' | 'absent'>;
  /** List and watch until `signal` fires; heals itself by relisting. Only permanent faults are thrown. */
  watch(resource: Resource, selector: Selector, signal: AbortSignal): AsyncIterable<WatchEvent>;
  /** The raw bytes of a container's log; one connection, which may end at any byte for any reason. */
  log(pod: string, query: LogQuery, signal: AbortSignal): Promise<ByteStream>;
  proxy(pod: string, request: ProxyRequest, signal: AbortSignal): Promise<ByteStream>;
  /** Asks what the caller may do (SelfSubjectAccessReview). `subresource`: `log`, `proxy`. */
  mayI(verb: string, resource: Resource, subresource?: string, signal?: AbortSignal): Promise<boolean>;
  /** The server's version: `v1.36.3`. */
  version(signal?: AbortSignal): Promise<string>;
  /** The server's clock at its last answer, moved on by ours; undefined before the first answer. Milliseconds since 1970. */
  serverNow(): number | undefined;
  /** When the server last answered anything, by `performance.now()`; undefined before its first answer. */
  heardAt(): number | undefined;
  /** What was sent so far. */
  readonly counters: { readonly requests: number; readonly connections: number };
}

/** Why a request failed, in the classes that decide what follows. */
export type KubeFaultKind =
  /** The server was not reached, or has not answered in time; nothing was stored. */
  | 'unreachable'
  /** A write whose answer is unknown: it may have been stored. */
  | 'ambiguous'
  /** 401 after the credentials were made anew, or credentials that cannot be had. */
  | 'unauthorized'
  /** 403 of RBAC. */
  | 'forbidden'
  /** 403 of a quota: `details` says which. */
  | 'quota'
  /** 403 or 400 or 422 of admission: PodSecurity, a policy, a webhook. */
  | 'denied'
  /** 404: the object, or its kind, or its namespace. */
  | 'not-found'
  /** 409 AlreadyExists. */
  | 'exists'
  /** 409 Conflict: another wrote in between, or the uid is another. */
  | 'conflict'
  /** 410, or a list that has expired. */
  | 'expired'
  /** 400 or 422: the object is wrong. */
  | 'invalid'
  /** 413: more bytes than the server takes. */
  | 'too-large'
  /** 429, 5xx after all tries: the server answers, and cannot. */
  | 'server';

/** What the adapter throws inside itself; at its edge it becomes a `UserError` or an outcome. */
export class KubeFault extends Error {
  override readonly name = 'KubeFault';
  readonly kind: KubeFaultKind;
  /** HTTP status; absent when there was no answer. */
  readonly status: number | undefined;
  /** The `reason` of the server's Status. */
  readonly reason: string | undefined;
  /** `details.causes` as `field: message`. */
  readonly causes: readonly string[];
  /** `create jobs "x" in namespace "y"`, for messages. */
  readonly request: string;

  constructor(
    kind: KubeFaultKind,
    message: string,
    about: {
      readonly request: string;
      readonly status?: number;
      readonly reason?: string;
      readonly causes?: readonly string[];
      readonly cause?: unknown;
    },
  ) {
    super(message, about.cause === undefined ? undefined : { cause: about.cause });
    this.kind = kind;
    this.request = about.request;
    this.status = about.status;
    this.reason = about.reason;
    this.causes = about.causes ?? [];
  }
}

/** The kinds that every cluster serves and that we use. */
export const RESOURCES = {
  pods: { apiVersion: 'v1', kind: 'Pod', plural: 'pods', namespaced: true },
  configMaps: { apiVersion: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true },
  secrets: { apiVersion: 'v1', kind: 'Secret', plural: 'secrets', namespaced: true },
  serviceAccounts: { apiVersion: 'v1', kind: 'ServiceAccount', plural: 'serviceaccounts', namespaced: true },
  claims: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', plural: 'persistentvolumeclaims', namespaced: true },
  events: { apiVersion: 'v1', kind: 'Event', plural: 'events', namespaced: true },
  quotas: { apiVersion: 'v1', kind: 'ResourceQuota', plural: 'resourcequotas', namespaced: true },
  namespaces: { apiVersion: 'v1', kind: 'Namespace', plural: 'namespaces', namespaced: false },
  nodes: { apiVersion: 'v1', kind: 'Node', plural: 'nodes', namespaced: false },
  jobs: { apiVersion: 'batch/v1', kind: 'Job', plural: 'jobs', namespaced: true },
  leases: { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', plural: 'leases', namespaced: true },
  storageClasses: {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    plural: 'storageclasses',
    namespaced: false,
  },
} as const satisfies Record<string, Resource>;

/** The value at a path of an object; undefined where there is none. Steps are keys of objects or positions of lists. */
export function at(value: Json | undefined, ...path: readonly (string | number)[]): Json | undefined {
  let found: Json | undefined = value;
  for (const step of path) {
    if (typeof found !== 'object' || found === null) return undefined;
    found = (found as Readonly<Record<string | number, Json>>)[step];
  }
  return found;
}

/** The text at a path; undefined where there is none. */
export function textAt(value: Json | undefined, ...path: readonly (string | number)[]): string | undefined {
  const found = at(value, ...path);
  return typeof found === 'string' ? found : undefined;
}

/** The list at a path; empty where there is none. */
export function listAt(value: Json | undefined, ...path: readonly (string | number)[]): readonly JsonObject[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? (found as readonly JsonObject[]) : [];
}
