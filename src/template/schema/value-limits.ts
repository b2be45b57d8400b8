import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';
import type { ValueFault } from './value-fault.ts';

type Path = ValueFault['path'];

const DEEPEST = 100;

/**
 * What no schema can say: whole numbers beyond 2^53 have lost digits, text that is no Unicode cannot be written, and
 * values without end cannot be walked. A `number` may be as large as it likes.
 */
export function beyondSchema(value: Json, schema: JsonObject | undefined, path: Path = []): readonly ValueFault[] {
  if (path.length > DEEPEST) return [{ path: path.slice(0, 3), keyword: 'type', message: 'is nested too deeply' }];
  if (typeof value === 'number' && hasLostDigits(value, schema)) {
    return [{ path, keyword: 'type', message: `must be between -2^53 and 2^53, is ${value}` }];
  }
  if (typeof value === 'string' && !value.isWellFormed()) {
    return [{ path, keyword: 'type', message: 'is not valid Unicode: it holds half of a character' }];
  }
  if (Array.isArray(value)) {
    return value.flatMap((item: Json, index) => beyondSchema(item, inside(schema, index), [...path, index]));
  }
  if (!isJsonObject(value)) return [];
  return Object.entries(value).flatMap(([key, item]) => [
    ...(key.isWellFormed()
      ? []
      : [{ path: [...path, key], keyword: 'type', message: 'has a name that is not valid Unicode' }]),
    ...beyondSchema(item as Json, inside(schema, key), [...path, key]),
  ]);
}

/** In free form a number that prints as digits was meant as an integer. */
function hasLostDigits(value: number, schema: JsonObject | undefined): boolean {
  if (!Number.isInteger(value) || Number.isSafeInteger(value)) return false;
  return schema?.['type'] === 'integer' || (schema === undefined && Math.abs(value) < 1e21);
}

/** The schema of what is inside; undefined in free form. */
function inside(schema: JsonObject | undefined, step: string | number): JsonObject | undefined {
  const named = schema?.['properties'];
  const tuple = schema?.['prefixItems'];
  const candidates = [
    isJsonObject(named) && Object.hasOwn(named, step) ? named[step] : undefined,
    Array.isArray(tuple) ? (tuple[Number(step)] as Json) : undefined,
    schema?.['items'],
    schema?.['additionalProperties'],
  ];
  return candidates.find((candidate): candidate is JsonObject => isJsonObject(candidate));
}
