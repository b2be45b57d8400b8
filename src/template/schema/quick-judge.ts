import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';
import { ANNOTATIONS } from './schema-keywords.ts';

/**
 * True only when the value fits the schema for sure; false says nothing. Nearly all values that are ever judged fit,
 * and to see that much costs a hundredth of what ajv takes to compile a schema it will use once.
 */
export function fitsForSure(value: Json, schema: JsonObject): boolean {
  if (schema['x-secret'] === true) return isSecret(value);
  const judge = JUDGES[String(schema['type'])];
  if (judge === undefined) return false;
  const { keywords, fits } = judge;
  const known = Object.keys(schema).every(
    (key) => key === 'type' || keywords.includes(key) || ANNOTATIONS.includes(key),
  );
  return known && fits(value, schema) && isChosen(value, schema);
}

interface Judge {
  /** What it can judge; a schema with any other keyword is left to ajv. */
  readonly keywords: readonly string[];
  readonly fits: (value: Json, schema: JsonObject) => boolean;
}

const RANGE = ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'enum', 'const'];

const JUDGES: Readonly<Record<string, Judge>> = {
  string: { keywords: ['minLength', 'maxLength', 'pattern', 'enum', 'const'], fits: fitsString },
  integer: { keywords: RANGE, fits: (value, schema) => Number.isSafeInteger(value) && isInRange(value, schema) },
  number: { keywords: RANGE, fits: (value, schema) => Number.isFinite(value) && isInRange(value, schema) },
  boolean: { keywords: ['enum', 'const'], fits: (value) => typeof value === 'boolean' },
  array: { keywords: ['items', 'prefixItems', 'minItems', 'maxItems', 'uniqueItems'], fits: fitsList },
  object: { keywords: ['properties', 'required', 'additionalProperties'], fits: fitsObject },
};

function isSecret(value: Json): boolean {
  if (!isJsonObject(value) || Object.keys(value).length !== 2) return false;
  return ['name', 'key'].every((key) => {
    const part = Object.hasOwn(value, key) ? value[key] : undefined;
    return typeof part === 'string' && part !== '' && part.isWellFormed();
  });
}

function fitsString(value: Json, { minLength, maxLength, pattern }: JsonObject): boolean {
  if (typeof value !== 'string' || !value.isWellFormed()) return false;
  const length = minLength === undefined && maxLength === undefined ? 0 : [...value].length;
  if (length < Number(minLength ?? 0) || length > Number(maxLength ?? Number.POSITIVE_INFINITY)) return false;
  return pattern === undefined || new RegExp(String(pattern), 'u').test(value);
}

function isInRange(value: Json, schema: JsonObject): boolean {
  const number = Number(value);
  const bound = (key: string, holds: (limit: number) => boolean) =>
    schema[key] === undefined || holds(Number(schema[key]));
  return (
    bound('minimum', (limit) => number >= limit) &&
    bound('maximum', (limit) => number <= limit) &&
    bound('exclusiveMinimum', (limit) => number > limit) &&
    bound('exclusiveMaximum', (limit) => number < limit)
  );
}

/** `enum` and `const`: an object or a list among them is left to ajv. */
function isChosen(value: Json, { enum: choices, const: only }: JsonObject): boolean {
  if (only !== undefined && only !== value) return false;
  return choices === undefined || (Array.isArray(choices) && choices.includes(value));
}

function fitsList(value: Json, schema: JsonObject): boolean {
  if (!Array.isArray(value)) return false;
  const { items, prefixItems, minItems, maxItems, uniqueItems } = schema;
  if (value.length < Number(minItems ?? 0) || value.length > Number(maxItems ?? Number.POSITIVE_INFINITY)) return false;
  if (uniqueItems === true && !areDistinct(value)) return false;
  return value.every((item: Json, index) => {
    const own = Array.isArray(prefixItems) ? (prefixItems[index] as Json | undefined) : items;
    return isJsonObject(own) && fitsForSure(item, own);
  });
}

function areDistinct(items: readonly Json[]): boolean {
  return items.every((item) => typeof item !== 'object') && new Set(items).size === items.length;
}

function fitsObject(value: Json, { properties, required, additionalProperties }: JsonObject): boolean {
  if (!isJsonObject(value)) return false;
  const names = (required ?? []) as readonly string[];
  if (!names.every((name) => Object.hasOwn(value, name))) return false;
  return Object.entries(value).every(([name, inner]) => {
    const own = isJsonObject(properties)
      ? Object.hasOwn(properties, name)
        ? properties[name]
        : undefined
      : additionalProperties;
    return isJsonObject(own) && name.isWellFormed() && fitsForSure(inner, own);
  });
}
