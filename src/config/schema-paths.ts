import { isJsonObject, type JsonObject } from '../domain/json.ts';

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
