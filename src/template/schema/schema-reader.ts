import { nameHint } from '../../domain/closest.ts';
import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';
import {
  ANNOTATIONS,
  DESTINATION_KEYS,
  DESTINATION_KINDS,
  KEYWORDS,
  SCHEMA_TYPES,
  type SchemaType,
  SHAPES,
  type Shape,
} from './schema-keywords.ts';
import { DYN, type Field, objectType, STRING, type ValueType } from './value-type.ts';

type Path = readonly (string | number)[];

/** A fault of a schema; `at` says whether the key or the value of the last step is wrong. */
export interface SchemaFault {
  readonly path: Path;
  readonly at: 'key' | 'value';
  readonly message: string;
  readonly hint?: string;
}

/** A reference to a secret: the name of the object or variable, and the key inside it. Never the value. */
const SECRET = objectType(
  new Map<string, Field>([
    ['name', { type: STRING, optional: false }],
    ['key', { type: STRING, optional: false }],
  ]),
);

/**
 * The type a schema means. `strict` asks what JSON Schema leaves open to be written down (a closed object says so);
 * schemas of our own code need not.
 */
export function readSchema(schema: Json, options: { readonly strict: boolean }) {
  const reader = new SchemaReader(options.strict);
  const type = reader.read(schema, []);
  return { type, faults: reader.faults };
}

const PROPERTY_NAME = /^[A-Za-z][\w-]*$/;

class SchemaReader {
  readonly faults: SchemaFault[] = [];
  readonly #strict: boolean;

  constructor(strict: boolean) {
    this.#strict = strict;
  }

  read(schema: Json | undefined, path: Path): ValueType {
    if (!isJsonObject(schema)) {
      this.#fault(path, 'value', 'a schema is a mapping', 'for example `{ type: string }`');
      return DYN;
    }
    const type = this.#type(schema, path);
    if (type === undefined) return DYN;
    const known = Object.keys(schema).map((key) => this.#keyword(schema, type, key, path));
    return known.every((ok) => ok) ? this.#meaning(schema, type, path) : DYN;
  }

  #type(schema: JsonObject, path: Path): SchemaType | undefined {
    const type = schema['type'];
    if (type === undefined) {
      this.#fault(path, 'value', 'the schema has no `type`', `add one of ${SCHEMA_TYPES.join(', ')}`);
    } else if (Array.isArray(type)) {
      this.#fault([...path, 'type'], 'value', 'a value has one type', 'leave it out of `required` to make it optional');
    } else if (!SCHEMA_TYPES.includes(type as SchemaType)) {
      const hint = nameHint(String(type), SCHEMA_TYPES);
      this.#fault([...path, 'type'], 'value', `there is no type ${JSON.stringify(type)}`, hint);
    } else return type as SchemaType;
    return undefined;
  }

  /** True when the keyword belongs to the subset and has the right shape. */
  #keyword(schema: JsonObject, type: SchemaType, key: string, path: Path): boolean {
    if (key === 'type') return true;
    const place = [...path, key];
    const allowed = [...KEYWORDS[type], ...ANNOTATIONS];
    if (!allowed.includes(key)) {
      this.#fault(place, 'key', `\`${key}\` does not belong to a schema of type ${type}`, nameHint(key, allowed));
      return false;
    }
    const shape = SHAPES[key];
    const wanted = shape === undefined ? undefined : wrongShape(schema[key] as Json, shape);
    if (wanted !== undefined) this.#fault(place, 'value', `\`${key}\` takes ${wanted}`);
    return wanted === undefined;
  }

  #meaning(schema: JsonObject, type: SchemaType, path: Path): ValueType {
    if (schema['x-source'] !== undefined) this.#source(schema, type, path);
    if (schema['x-destination'] !== undefined) this.#destination(schema, type, path);
    if (schema['x-secret'] === true) return this.#secret(schema, type, path);
    switch (type) {
      case 'string':
        return STRING;
      case 'integer':
        return { kind: 'int' };
      case 'number':
        return { kind: 'double' };
      case 'boolean':
        return { kind: 'bool' };
      case 'array':
        return { kind: 'list', element: this.#items(schema, path) };
      case 'object':
        return this.#object(schema, path);
    }
  }

  #items(schema: JsonObject, path: Path): ValueType {
    if (schema['items'] !== undefined) return this.read(schema['items'], [...path, 'items']);
    this.#fault(path, 'value', 'an array needs `items`', 'for example `items: { type: string }`');
    return DYN;
  }

  #object(schema: JsonObject, path: Path): ValueType {
    const properties = schema['properties'];
    const additional = schema['additionalProperties'];
    const place = [...path, 'additionalProperties'];
    if (isJsonObject(schema['propertyNames'])) this.#propertyNames(schema['propertyNames'], [...path, 'propertyNames']);
    if (properties === undefined) {
      if (isJsonObject(additional)) return { kind: 'map', value: this.read(additional, place) };
      if (additional === true || (additional === undefined && !this.#strict)) return DYN;
      const message = 'an object needs `properties`, or `additionalProperties` with a schema or `true`';
      this.#fault(path, 'value', message, '`additionalProperties: true` takes any object, unchecked');
      return DYN;
    }
    if (additional !== false && (additional !== undefined || this.#strict)) {
      const message = 'an object with `properties` is closed';
      this.#fault(additional === undefined ? path : place, 'value', message, 'write `additionalProperties: false`');
    }
    return this.#fields(properties as JsonObject, schema, path);
  }

  #fields(properties: JsonObject, schema: JsonObject, path: Path): ValueType {
    const required = (schema['required'] ?? []) as readonly string[];
    for (const [index, name] of required.entries()) {
      if (Object.hasOwn(properties, name)) continue;
      const message = `\`required\` names \`${name}\`, which is not among the properties`;
      this.#fault([...path, 'required', index], 'value', message, nameHint(name, Object.keys(properties)));
    }
    const fields = new Map<string, Field>();
    for (const [name, property] of Object.entries(properties)) {
      if (!PROPERTY_NAME.test(name)) {
        const message = 'a name is letters, digits, `_` and `-`, a letter first';
        this.#fault([...path, 'properties', name], 'key', message);
      }
      const type = this.read(property, [...path, 'properties', name]);
      const given = isJsonObject(property) ? property['default'] : undefined;
      const fallback = given ?? (required.includes(name) ? undefined : defaultOf(type));
      const optional = fallback === undefined && !required.includes(name);
      fields.set(name, { type, optional, ...(fallback === undefined ? {} : { default: fallback }) });
    }
    return objectType(fields);
  }

  #propertyNames(names: JsonObject, path: Path): void {
    const inner = this.read({ type: 'string', ...names }, path);
    if (inner.kind !== 'string')
      this.#fault(path, 'value', 'keys are strings', 'for example `{ pattern: "^[a-z]+$" }`');
  }

  #source(schema: JsonObject, type: SchemaType, path: Path): void {
    const place = [...path, 'x-source'];
    if (type !== 'string')
      this.#fault(place, 'key', '`x-source` belongs to a string', 'a path, a URL or `hf:org/name`');
    const source = schema['x-source'] as JsonObject;
    for (const key of Object.keys(source)) {
      if (key !== 'builtin')
        this.#fault([...place, key], 'key', `\`x-source\` has no \`${key}\``, 'it takes `builtin`');
    }
    const builtin = source['builtin'];
    if (builtin !== undefined && wrongShape(builtin, 'names') !== undefined) {
      this.#fault([...place, 'builtin'], 'value', '`builtin` takes a list of names');
    }
  }

  #destination(schema: JsonObject, type: SchemaType, path: Path): void {
    const place = [...path, 'x-destination'];
    const properties = schema['properties'];
    const destination = schema['x-destination'] as JsonObject;
    if (destination['kind'] === 'folder') {
      if (type !== 'string') this.#fault(place, 'key', 'a folder is a string: its path');
    } else if (type !== 'object' || !isJsonObject(properties) || properties['repo'] === undefined) {
      const message = '`x-destination` belongs to an object with a property `repo`';
      this.#fault(place, 'key', message, 'beside it may stand `endpoint` and `token`');
    }
    for (const [key, value] of Object.entries(destination)) {
      if (!DESTINATION_KEYS.includes(key)) {
        this.#fault([...place, key], 'key', `\`x-destination\` has no \`${key}\``, nameHint(key, DESTINATION_KEYS));
      } else if (typeof value !== 'string') {
        this.#fault([...place, key], 'value', `\`${key}\` takes a string`);
      }
    }
    const kind = destination['kind'];
    if (typeof kind !== 'string' || !DESTINATION_KINDS.includes(kind)) {
      const known = DESTINATION_KINDS.map((one) => `\`${one}\``).join(' or ');
      this.#fault(kind === undefined ? place : [...place, 'kind'], 'value', `\`kind\` is ${known}`);
    }
  }

  #secret(schema: JsonObject, type: SchemaType, path: Path): ValueType {
    if (type !== 'object') {
      const message = '`x-secret` belongs to an object: the reference {name, key}, never the value';
      this.#fault([...path, 'x-secret'], 'key', message, 'write `{ type: object, x-secret: true }`');
    }
    for (const key of ['properties', 'required', 'additionalProperties', 'propertyNames']) {
      if (schema[key] === undefined) continue;
      const message = `a secret's fields are \`name\` and \`key\`; \`${key}\` is not written`;
      this.#fault([...path, key], 'key', message, 'write `{ type: object, x-secret: true }`');
    }
    return SECRET;
  }

  #fault(path: Path, at: 'key' | 'value', message: string, hint?: string): void {
    this.faults.push({ path, at, message, ...(hint === undefined ? {} : { hint }) });
  }
}

/**
 * What stands in for an absent object: its fields' defaults, when there is at least one and no required field lacks a
 * value. So `params.train.epochs` has its default though nobody wrote `train`.
 */
function defaultOf(type: ValueType): JsonObject | undefined {
  if (type.kind !== 'object') return undefined;
  const entries: [string, Json][] = [];
  for (const [name, field] of type.fields) {
    if (field.default !== undefined) entries.push([name, field.default]);
    else if (!field.optional) return undefined;
  }
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

function wrongShape(value: Json, shape: Shape): string | undefined {
  switch (shape) {
    case 'string':
      return typeof value === 'string' ? undefined : 'a text';
    case 'boolean':
      return typeof value === 'boolean' ? undefined : '`true` or `false`';
    case 'count':
      return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? undefined : 'a whole number >= 0';
    case 'number':
      return typeof value === 'number' ? undefined : 'a number';
    case 'list':
      return Array.isArray(value) && value.length > 0 ? undefined : 'a list with at least one value';
    case 'names':
      return Array.isArray(value) && value.every((item) => typeof item === 'string') ? undefined : 'a list of names';
    case 'object':
      return isJsonObject(value) ? undefined : 'a mapping';
    case 'pattern':
      return isPattern(value) ? undefined : 'a regular expression';
  }
}

function isPattern(value: Json): boolean {
  if (typeof value !== 'string') return false;
  try {
    new RegExp(value, 'u');
    return true;
  } catch {
    return false;
  }
}
