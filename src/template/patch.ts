import { isJsonObject, type Json, type JsonObject } from '../domain/json.ts';
import { setKey } from './cel/cel-value.ts';

/**
 * What to change in a tree. Only what an author wrote deletes (`null`) or directs (`$patch`); inside a `value`, which
 * may come from an expression, both are data.
 */
export type Patch =
  | { readonly kind: 'value'; readonly value: Json }
  | { readonly kind: 'delete' }
  | { readonly kind: 'map'; readonly entries: readonly (readonly [string, Patch])[] }
  | { readonly kind: 'list'; readonly items: readonly PatchItem[] };

/** One item of a list in a patch; without a directive it is merged by its name, or put at the end. */
export interface PatchItem {
  readonly patch: Patch;
  /** `delete`: the item of that name goes. `replace`: the list begins anew with the items of the patch. */
  readonly directive?: 'delete' | 'replace';
}

type Path = readonly (string | number)[];

/** The lists of Kubernetes whose items have a name, and the field that holds it. Every other list is replaced whole. */
const NAMED_LISTS: Readonly<Record<string, string>> = {
  containers: 'name',
  initContainers: 'name',
  ephemeralContainers: 'name',
  env: 'name',
  volumes: 'name',
  imagePullSecrets: 'name',
  resourceClaims: 'name',
  volumeMounts: 'mountPath',
  volumeDevices: 'devicePath',
  ports: 'containerPort',
  hostAliases: 'ip',
};

/** A list of the patch cannot be merged: an item has no name, or a directive stands in a list without names. */
export class PatchFault extends Error {
  override readonly name = 'PatchFault';
  /** Inside the patch. */
  readonly path: Path;

  constructor(message: string, path: Path) {
    super(message);
    this.path = path;
  }
}

/** Told of each value that the patch set or removed: where it is, and where in the patch that is written. */
export type Recorder = (target: Path, source: Path, change: 'set' | 'removed') => void;

interface At {
  readonly target: Path;
  readonly source: Path;
  readonly record: Recorder;
}

/** The tree with the patch merged over it. Throws `PatchFault`. */
export function applyPatch(base: Json, patch: Patch, record: Recorder = () => {}): Json {
  return merge(base, patch, { target: [], source: [], record }) ?? null;
}

/** A patch written as plain data: `null` deletes, `$patch` directs. */
function patchOf(value: Json): Patch {
  if (value === null) return { kind: 'delete' };
  if (Array.isArray(value)) return { kind: 'list', items: value.map(itemOf) };
  if (!isJsonObject(value)) return { kind: 'value', value };
  return { kind: 'map', entries: Object.entries(value).map(([key, inner]) => [key, patchOf(inner as Json)]) };
}

function itemOf(item: Json): PatchItem {
  if (!isJsonObject(item)) return { patch: { kind: 'value', value: item } };
  const { $patch: directive, ...rest } = item;
  if (directive === 'delete' || directive === 'replace') return { patch: patchOf(rest), directive };
  return { patch: patchOf(item) };
}

function merge(base: Json | undefined, patch: Patch, at: At): Json | undefined {
  switch (patch.kind) {
    case 'delete':
      at.record(at.target, at.source, 'removed');
      return undefined;
    case 'map':
      return mergeMap(isJsonObject(base) ? base : {}, patch.entries, at);
    case 'list':
      return mergeList(base, patch.items, at);
    case 'value':
      return mergeValue(base, patch.value, at);
  }
}

/** A value keeps nulls and directives as they are, but objects and named lists still join. */
function mergeValue(base: Json | undefined, value: Json, at: At): Json | undefined {
  if (isJsonObject(value) && isJsonObject(base)) {
    return mergeMap(
      base,
      Object.entries(value).map(([key, inner]) => [key, asValue(inner as Json)]),
      at,
    );
  }
  if (Array.isArray(value) && keyOf(at.target) !== undefined) {
    return mergeList(
      base,
      value.map((item: Json) => ({ patch: asValue(item) })),
      at,
    );
  }
  at.record(at.target, at.source, 'set');
  return value;
}

function asValue(value: Json): Patch {
  return { kind: 'value', value };
}

function mergeMap(base: JsonObject, entries: readonly (readonly [string, Patch])[], at: At): JsonObject {
  const out: { [key: string]: Json } = {};
  for (const [key, value] of Object.entries(base)) setKey(out, key, value as Json);
  for (const [key, patch] of entries) {
    const before = Object.hasOwn(out, key) ? out[key] : undefined;
    const merged = merge(before, patch, below(at, key, key));
    if (merged === undefined) delete out[key];
    else setKey(out, key, merged);
  }
  if (entries.length === 0) at.record(at.target, at.source, 'set');
  return out;
}

function mergeList(base: Json | undefined, items: readonly PatchItem[], at: At): Json {
  const key = keyOf(at.target);
  if (key === undefined) return plainList(items, at);
  const replace = items.some((item) => item.directive === 'replace');
  const out: Json[] = Array.isArray(base) && !replace ? [...base] : [];
  for (const [index, { patch, directive }] of items.entries()) {
    const name = nameOf(patch, key);
    if (name === undefined) {
      if (directive === 'replace') continue;
      throw new PatchFault(`an item of \`${String(at.target.at(-1))}\` needs \`${key}\``, [...at.source, index]);
    }
    const place = out.findIndex((item) => isJsonObject(item) && item[key] === name);
    if (directive === 'delete') {
      if (place === -1)
        throw new PatchFault(`there is no item with ${key} ${JSON.stringify(name)} to delete`, [...at.source, index]);
      out.splice(place, 1);
      at.record([...at.target, place], [...at.source, index], 'removed');
      continue;
    }
    const target = place === -1 ? out.length : place;
    out[target] = merge(place === -1 ? undefined : out[place], patch, below(at, target, index)) ?? null;
  }
  return out;
}

function plainList(items: readonly PatchItem[], at: At): Json {
  return items.map(({ patch, directive }, index) => {
    if (directive !== undefined) {
      const list = String(at.target.at(-1));
      throw new PatchFault(`the items of \`${list}\` have no names: the list is replaced whole`, [...at.source, index]);
    }
    // A null inside a list is a null: there is nothing to delete.
    if (patch.kind === 'delete') return null;
    return merge(undefined, patch, below(at, index, index)) ?? null;
  });
}

function keyOf(target: Path): string | undefined {
  const list = target.at(-1);
  return typeof list === 'string' && Object.hasOwn(NAMED_LISTS, list) ? NAMED_LISTS[list] : undefined;
}

function nameOf(patch: Patch, key: string): Json | undefined {
  if (patch.kind === 'value') return isJsonObject(patch.value) ? patch.value[key] : undefined;
  if (patch.kind !== 'map') return undefined;
  const entry = patch.entries.find(([name]) => name === key)?.[1];
  return entry?.kind === 'value' ? entry.value : undefined;
}

function below(at: At, target: string | number, source: string | number): At {
  return { target: [...at.target, target], source: [...at.source, source], record: at.record };
}
