import { Optional } from '@marcbachmann/cel-js';
import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';
import type { ObjectType, ValueType } from '../schema/value-type.ts';

/** A value that does not fit where it is put: the caller adds the place. */
export class ValueMismatch extends Error {
  override readonly name = 'ValueMismatch';
}

/**
 * A JSON value as CEL sees it: `integer` as BigInt, objects as instances of their type with defaults filled in, maps
 * with sorted keys. Throws `ValueMismatch` naming `where`.
 */
export function toCel(value: Json, type: ValueType, where: string): unknown {
  switch (type.kind) {
    case 'int':
      if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value);
      break;
    case 'double':
      if (typeof value === 'number' && Number.isFinite(value)) return value;
      break;
    case 'string':
      if (typeof value === 'string') return value;
      break;
    case 'bool':
      if (typeof value === 'boolean') return value;
      break;
    case 'null':
      if (value === null) return value;
      break;
    case 'list':
      if (Array.isArray(value)) return value.map((item, index) => toCel(item, type.element, `${where}[${index}]`));
      break;
    case 'map':
      if (isJsonObject(value)) {
        return new Map(sortedKeys(value).map((key) => [key, toCel(value[key] as Json, type.value, `${where}.${key}`)]));
      }
      break;
    case 'object':
      if (isJsonObject(value)) return toInstance(value, type, where);
      break;
    case 'dyn':
      return dynToCel(value);
  }
  throw new ValueMismatch(`${where} is ${describe(value)}, not ${article(type)}`);
}

function toInstance(value: JsonObject, type: ObjectType, where: string): Map<string, unknown> {
  const instance = new type.instance();
  for (const [key, field] of type.fields) {
    const given = Object.hasOwn(value, key) ? value[key] : field.default;
    // A required field without a value is a fault of the expression that reads it, and only of that.
    if (given !== undefined) instance.set(key, toCel(given, field.type, `${where}.${key}`));
  }
  return instance;
}

function dynToCel(value: Json): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map(dynToCel);
  if (isJsonObject(value)) return new Map(sortedKeys(value).map((key) => [key, dynToCel(value[key] as Json)]));
  return value;
}

/** Comprehensions walk maps by key; sorted, so that the order in a values file never shows. */
function sortedKeys(value: JsonObject): readonly string[] {
  return Object.keys(value).sort();
}

/**
 * A result of CEL as JSON; undefined for optional-none. Throws `ValueMismatch` for what JSON cannot hold: integers
 * beyond 2^53, infinities, types, bytes.
 */
export function fromCel(value: unknown): Json | undefined {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'bigint':
      if (Number.isSafeInteger(Number(value))) return Number(value);
      throw new ValueMismatch(`the integer ${value} is beyond 2^53 and would lose digits`);
    case 'number':
      if (Number.isFinite(value)) return value + 0;
      throw new ValueMismatch(`the result is ${value}, which JSON cannot hold`);
    default:
      return structureFromCel(value);
  }
}

function structureFromCel(value: unknown): Json | undefined {
  if (value === null) return null;
  if (value instanceof Optional) return value.hasValue() ? fromCel(value.value()) : undefined;
  if (Array.isArray(value)) return value.map(present);
  if (value instanceof Map) return toObject(value.entries());
  if (isPlainObject(value)) return toObject(Object.entries(value));
  throw new ValueMismatch('the result is of a type that JSON cannot hold');
}

/** What an optional holds, undefined when it is empty; any other value as it is. */
export function unwrapped(value: unknown): unknown {
  if (!(value instanceof Optional)) return value;
  return value.hasValue() ? value.value() : undefined;
}

/** The keys of a map as CEL has it; undefined for what is no map. */
export function keysOf(value: unknown): readonly string[] | undefined {
  if (value instanceof Map) return [...value.keys()].map(String);
  return isPlainObject(value) ? Object.keys(value) : undefined;
}

function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function present(value: unknown): Json {
  const json = fromCel(value);
  if (json === undefined) throw new ValueMismatch('an optional without value is inside a list or a map');
  return json;
}

function toObject(entries: Iterable<readonly [unknown, unknown]>): JsonObject {
  const object: Record<string, Json> = {};
  for (const [key, value] of entries) setKey(object, String(key), present(value));
  return object;
}

/** Sets a key as data, also one that assignment would take for something else (`__proto__`). */
export function setKey(object: Record<string, Json>, key: string, value: Json): void {
  if (key === '__proto__')
    Object.defineProperty(object, key, { value, enumerable: true, writable: true, configurable: true });
  else object[key] = value;
}

function describe(value: Json): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `the ${typeof value} ${JSON.stringify(value).slice(0, 40)}`;
}

function article(type: ValueType): string {
  if (type.kind === 'int') return 'an integer';
  if (type.kind === 'object') return 'an object';
  return `a ${type.kind === 'double' ? 'number' : type.kind === 'bool' ? 'boolean' : type.kind}`;
}
