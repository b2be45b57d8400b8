import { randomUUID } from 'node:crypto';
import { at, type KubeObject, listAt, type Resource, textAt } from '../../../src/adapters/kubernetes/api/kube-api.ts';
import { canonicalJson, type Json, type JsonObject } from '../../../src/domain/json.ts';
import { faultOf } from './faults.ts';

/** One change of the stored objects, told to whoever watches. */
export interface Change {
  readonly kind: 'changed' | 'deleted';
  readonly resource: Resource;
  readonly object: KubeObject;
}

interface Row {
  readonly resource: Resource;
  readonly object: KubeObject;
}

/** Who writes, and in whose name the words of a refusal are. */
export interface Writing {
  readonly request: string;
  /** The first word of the User-Agent: the name of the entry in `managedFields`. */
  readonly manager: string;
  readonly dryRun?: boolean;
}

/** etcd with the bookkeeping of the API server and its garbage collector, in memory. Objects go in and out as copies. */
export class ObjectTable {
  readonly #rows = new Map<string, Row>();
  readonly #listeners = new Set<(change: Change) => void>();
  readonly #now: () => number;
  /** A pod that a kubelet runs is deleted in two steps; the kubelet does the second. */
  gracefully: (resource: Resource, object: KubeObject) => boolean = () => false;
  #version = 100;

  constructor(now: () => number) {
    this.#now = now;
  }

  get version(): string {
    return String(this.#version);
  }

  listen(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get(resource: Resource, namespace: string, name: string): KubeObject | undefined {
    const row = this.#rows.get(keyOf(resource, namespace, name));
    return row === undefined ? undefined : copy(row.object);
  }

  /** In the order of etcd: by name. */
  list(resource: Resource, namespace: string): KubeObject[] {
    const prefix = keyOf(resource, namespace, '');
    return [...this.#rows.entries()]
      .filter(([key]) => key.startsWith(prefix))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, row]) => copy(row.object));
  }

  create(resource: Resource, namespace: string, object: JsonObject, writing: Writing): KubeObject {
    const name = textAt(object, 'metadata', 'name') ?? '';
    const key = keyOf(resource, namespace, name);
    if (this.#rows.has(key)) throw faultOf('exists', writing.request, `${resource.plural} "${name}" already exists`);
    const given = object['metadata'] as JsonObject;
    const stored: KubeObject = copy({
      ...(object as KubeObject),
      metadata: {
        ...given,
        name,
        ...(resource.namespaced ? { namespace } : {}),
        uid: randomUUID(),
        resourceVersion: writing.dryRun === true ? '' : this.#next(),
        creationTimestamp: this.#seconds(),
        managedFields: this.#managed(undefined, resource, writing.manager),
      },
    });
    if (writing.dryRun === true) return stored;
    this.#store(resource, stored);
    if (this.#isOrphan(stored)) this.#remove(resource, stored);
    return copy(stored);
  }

  replace(resource: Resource, namespace: string, object: JsonObject, writing: Writing): KubeObject {
    const name = textAt(object, 'metadata', 'name') ?? '';
    const before = this.get(resource, namespace, name);
    if (before === undefined) throw faultOf('not-found', writing.request, `${resource.plural} "${name}" not found`);
    const { uid, resourceVersion } = before.metadata;
    const given = object['metadata'] as JsonObject;
    if (given['uid'] !== undefined && given['uid'] !== uid) {
      throw faultOf('conflict', writing.request, `the UID in the precondition does not match: ${uid}`);
    }
    if (given['resourceVersion'] !== resourceVersion) {
      throw faultOf('conflict', writing.request, 'the object has been modified; please apply your changes');
    }
    const { creationTimestamp, deletionTimestamp, managedFields } = before.metadata;
    const same: KubeObject = {
      ...(object as KubeObject),
      metadata: {
        ...given,
        name,
        ...(resource.namespaced ? { namespace } : {}),
        uid,
        resourceVersion,
        ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
        ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
        ...(managedFields === undefined ? {} : { managedFields }),
      },
    };
    // A write that changes nothing is none: no new version, no new time.
    if (canonicalJson(same) === canonicalJson(before)) return before;
    const stored = copy({
      ...same,
      metadata: {
        ...same.metadata,
        resourceVersion: this.#next(),
        managedFields: this.#managed(managedFields, resource, writing.manager),
      },
    });
    this.#store(resource, stored);
    if (deletionTimestamp !== undefined && !isHeld(stored)) this.#remove(resource, stored);
    return copy(stored);
  }

  /** Deletes with what it owns; false when there was none, or one with another uid. */
  delete(
    resource: Resource,
    namespace: string,
    name: string,
    how: { uid?: string; now?: boolean; foreground?: boolean },
  ): boolean {
    const before = this.get(resource, namespace, name);
    if (before === undefined || (how.uid !== undefined && before.metadata.uid !== how.uid)) return false;
    const waits = how.now !== true && (isHeld(before) || this.gracefully(resource, before));
    if (!waits && how.foreground !== true) {
      this.#remove(resource, before);
      return true;
    }
    if (before.metadata['deletionTimestamp'] === undefined) {
      this.#store(resource, {
        ...before,
        metadata: { ...before.metadata, resourceVersion: this.#next(), deletionTimestamp: this.#seconds() },
      });
    }
    if (how.foreground === true) this.#collect(before);
    const marked = this.get(resource, namespace, name);
    if (!waits && marked !== undefined && this.#dependents(marked).length === 0) this.#remove(resource, marked);
    return true;
  }

  #store(resource: Resource, object: KubeObject): void {
    this.#rows.set(keyOf(resource, textAt(object, 'metadata', 'namespace') ?? '', object.metadata.name), {
      resource,
      object,
    });
    this.#tell({ kind: 'changed', resource, object });
  }

  #remove(resource: Resource, object: KubeObject): void {
    this.#rows.delete(keyOf(resource, textAt(object, 'metadata', 'namespace') ?? '', object.metadata.name));
    const gone = { ...object, metadata: { ...object.metadata, resourceVersion: this.#next() } };
    this.#tell({ kind: 'deleted', resource, object: gone });
    this.#collect(object);
    this.#releaseOwners(object);
  }

  /** What the garbage collector takes when its last owner is gone, or goes first. */
  #collect(owner: KubeObject): void {
    for (const { resource, object } of this.#dependents(owner)) {
      const { name } = object.metadata;
      this.delete(resource, textAt(object, 'metadata', 'namespace') ?? '', name, { uid: object.metadata.uid });
    }
  }

  #releaseOwners(gone: KubeObject): void {
    for (const { uid } of listAt(gone, 'metadata', 'ownerReferences')) {
      const owner = [...this.#rows.values()].find((row) => row.object.metadata.uid === uid);
      if (owner === undefined || owner.object.metadata['deletionTimestamp'] === undefined) continue;
      if (isHeld(owner.object) || this.#dependents(owner.object).length > 0) continue;
      if (!this.gracefully(owner.resource, owner.object)) this.#remove(owner.resource, owner.object);
    }
  }

  #dependents(owner: KubeObject): Row[] {
    return [...this.#rows.values()].filter(({ object }) => {
      const owners = listAt(object, 'metadata', 'ownerReferences').map((reference) => reference['uid']);
      return owners.includes(owner.metadata.uid) && !owners.some((uid) => uid !== owner.metadata.uid && this.#has(uid));
    });
  }

  #isOrphan(object: KubeObject): boolean {
    const owners = listAt(object, 'metadata', 'ownerReferences');
    return owners.length > 0 && !owners.some((owner) => this.#has(owner['uid']));
  }

  #has(uid: Json | undefined): boolean {
    return [...this.#rows.values()].some((row) => row.object.metadata.uid === uid);
  }

  #tell(change: Change): void {
    for (const listener of [...this.#listeners]) listener({ ...change, object: copy(change.object) });
  }

  #next(): string {
    this.#version += 1;
    return String(this.#version);
  }

  /** The server writes whole seconds. */
  #seconds(): string {
    return `${new Date(this.#now()).toISOString().slice(0, 19)}Z`;
  }

  #managed(before: Json | undefined, resource: Resource, manager: string): JsonObject[] {
    const others = listAt({ fields: before ?? [] }, 'fields').filter((entry) => at(entry, 'manager') !== manager);
    const own = { manager, operation: 'Update', apiVersion: resource.apiVersion, time: this.#seconds() };
    return [...others, { ...own, fieldsType: 'FieldsV1', fieldsV1: {} }];
  }
}

function isHeld(object: KubeObject): boolean {
  const finalizers = at(object, 'metadata', 'finalizers');
  return Array.isArray(finalizers) && finalizers.length > 0;
}

function keyOf(resource: Resource, namespace: string, name: string): string {
  return `${resource.apiVersion.split('/').slice(0, -1).join('')}/${resource.plural}/${resource.namespaced ? namespace : ''}/${name}`;
}

function copy(object: KubeObject): KubeObject {
  return JSON.parse(JSON.stringify(object)) as KubeObject;
}
