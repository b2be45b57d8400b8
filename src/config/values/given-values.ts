import type { Node } from 'yaml';
import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';
import type { FileReader } from '../file-reader.ts';
import { dotted, isBranch, schemaOf, type ValuePath } from '../schema-paths.ts';
import { isSecretReference, parseSecretReference, SECRET_FORM } from '../secret-reference.ts';
import type { Origin } from './origin.ts';

/** One value that somebody gave; null takes back what lower layers say. */
export interface Given {
  readonly path: ValuePath;
  readonly value: Json;
  /** What stands there, where `value` is made of it: a relative path. */
  readonly written?: string;
  readonly origin: Origin;
  /** The folder that relative paths in it start from, absolute. */
  readonly base: string;
  /** Where a file says it, for the marker under the source line. */
  readonly at?: { readonly reader: FileReader; readonly key: Node; readonly value: Node };
}

type FileOrigin = 'values' | 'project' | 'user' | 'profile';

/** A file that gives values, and in whose name. */
export interface GivenFile {
  readonly reader: FileReader;
  readonly kind: FileOrigin;
  readonly base: string;
}

/** The values below a node of a file, its `block`, one a leaf of the schema. Secrets that are no references are reported, unseen. */
export function givenInFile(
  file: GivenFile,
  node: Node | undefined,
  schema: JsonObject,
  block = 'params',
): readonly Given[] {
  const { reader } = file;
  // As it is typed: of a parameter the name alone.
  const shown = (path: ValuePath): string => dotted(block === 'params' && path.length > 0 ? path : [block, ...path]);
  const found: Given[] = [];
  const visit = (inner: Node, innerSchema: JsonObject, path: ValuePath): void => {
    for (const entry of reader.entries(inner, `\`${shown(path)}\``, { nulls: true })) {
      const place = [...path, entry.name];
      const own = schemaOf(innerSchema, entry.name);
      const value = reader.json(entry.value, `\`${shown(place)}\``);
      if (value === undefined) continue;
      if (own !== undefined && isBranch(own) && isJsonObject(value)) {
        visit(entry.value, own, place);
        continue;
      }
      const accepted = own?.['x-secret'] === true ? secretIn(reader, entry.value, value, shown(place)) : value;
      if (accepted === undefined) continue;
      const origin = { kind: file.kind, ...reader.place(entry.value) };
      found.push({
        path: place,
        value: accepted,
        origin,
        base: file.base,
        at: { reader, key: entry.key, value: entry.value },
      });
    }
  };
  if (node !== undefined) visit(node, schema, []);
  return found;
}

function secretIn(reader: FileReader, node: Node, value: Json, shown: string): Json | undefined {
  const reference = typeof value === 'string' ? parseSecretReference(value) : value;
  if (reference === null || (reference !== undefined && isSecretReference(reference))) return reference;
  const message = `\`${shown}\` takes a reference to a secret, never its value`;
  reader.reportHidden(node, message, `give ${SECRET_FORM}`);
  return undefined;
}

/** The leaves of one value from a flag or a variable; `value` may be a whole branch. */
export function givenAt(given: Omit<Given, 'at'>, schema: JsonObject | undefined): readonly Given[] {
  const { value } = given;
  if (schema === undefined || !isBranch(schema) || !isJsonObject(value)) return [given];
  return Object.entries(value).flatMap(([name, inner]) =>
    givenAt({ ...given, path: [...given.path, name], value: inner }, schemaOf(schema, name)),
  );
}
