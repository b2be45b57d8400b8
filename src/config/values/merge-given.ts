import type { Json, JsonObject } from '../../domain/json.ts';
import type { ValuePath } from '../schema-paths.ts';
import type { Given } from './given-values.ts';

/** The values that hold: each leaf by the highest layer that gives it. */
export interface Merged {
  readonly values: JsonObject;
  /** What holds, each leaf once. */
  readonly given: readonly Given[];
}

/** `layers` from the lowest to the highest. */
export function mergeGiven(layers: readonly (readonly Given[])[]): Merged {
  const holding = new Map<string, Given>();
  for (const given of layers.flat()) {
    // A value of another shape than below (or null) takes the place of all that is inside it, or around it.
    for (const [key, other] of holding)
      if (isInside(other.path, given.path) || isInside(given.path, other.path)) holding.delete(key);
    holding.set(keyOf(given.path), given);
  }
  const given = [...holding.values()].filter((one) => one.value !== null);
  return { values: treeOf(given), given };
}

function isInside(path: ValuePath, outer: ValuePath): boolean {
  return path.length > outer.length && outer.every((name, index) => path[index] === name);
}

function keyOf(path: ValuePath): string {
  return JSON.stringify(path);
}

function treeOf(given: readonly Given[]): JsonObject {
  const root: Record<string, Json> = Object.create(null);
  for (const { path, value } of given) {
    let at = root;
    for (const name of path.slice(0, -1)) {
      at[name] ??= Object.create(null) as JsonObject;
      at = at[name] as Record<string, Json>;
    }
    at[path.at(-1) as string] = value;
  }
  return plain(root);
}

/** Ordinary objects, with `__proto__` as an own key where somebody wrote one, so that it is refused by name. */
function plain(value: JsonObject): JsonObject {
  return JSON.parse(JSON.stringify(value)) as JsonObject;
}
