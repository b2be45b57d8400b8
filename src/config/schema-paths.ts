import { isJsonObject, type Json, type JsonObject } from '../domain/json.ts';

/** A step of the way to a value: a field of an object, a key of a map. */
export type ValuePath = readonly string[];

/** `train.epochs`, as `--set` takes it and messages show it. */
export function dotted(path: ValuePath): string {
  return path.join('.');
}

/** What an object's schema says of one of its names: of a field, or of any key of a map. Undefined when it has none. */
export function schemaOf(schema: JsonObject, name: string): JsonObject | undefined {
  const properties = schema['properties'];
  if (isJsonObject(properties)) {
    const field = Object.hasOwn(properties, name) ? properties[name] : undefined;
    return isJsonObject(field) ? field : undefined;
  }
  const values = schema['additionalProperties'];
  return isJsonObject(values) && schema['type'] === 'object' ? values : undefined;
}

/** The schema at a path; undefined when the path leads nowhere. */
export function schemaAt(schema: JsonObject, path: ValuePath): JsonObject | undefined {
  let found: JsonObject | undefined = schema;
  for (const name of path) found = found === undefined ? undefined : schemaOf(found, name);
  return found;
}

/** What was typed with dots, in steps: in a map of plain values the rest is one key, such as `nvidia.com/gpu`. */
export function placeIn(schema: JsonObject, words: ValuePath): ValuePath {
  let own: JsonObject | undefined = schema;
  for (const [index, word] of words.entries()) {
    const values: unknown = isJsonObject(own?.['properties']) ? undefined : own?.['additionalProperties'];
    if (isJsonObject(values as Json) && !isBranch(values as JsonObject)) {
      return [...words.slice(0, index), words.slice(index).join('.')];
    }
    own = own === undefined ? undefined : schemaOf(own, word);
  }
  return words;
}

/** True when layers give the names inside it one by one; everything else is given as a whole. */
export function isBranch(schema: JsonObject): boolean {
  if (schema['type'] !== 'object' || schema['x-secret'] === true) return false;
  return isJsonObject(schema['properties']) || isJsonObject(schema['additionalProperties']);
}

/** Every path of the schema that has a name: branches and leaves, maps without their keys. */
export function namedPaths(schema: JsonObject, above: ValuePath = []): readonly ValuePath[] {
  const properties = schema['properties'];
  if (!isJsonObject(properties)) return [];
  return Object.entries(properties).flatMap(([name, inner]) => {
    const path = [...above, name];
    return [path, ...(isJsonObject(inner) ? namedPaths(inner, path) : [])];
  });
}
