/** A JSON value: what manifests, parameters and results are made of once a boundary has parsed them. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject;
/** A JSON object; key order is kept but never carries meaning. */
export interface JsonObject {
  readonly [key: string]: Json;
}

/** True for objects, false for arrays and null. */
export function isJsonObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Canonical JSON (sorted keys by UTF-16 code unit, no white space), the form that is hashed.
 * Two values that differ only in key order give the same text.
 */
export function canonicalJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (isJsonObject(value)) {
    const keys = Object.keys(value).sort();
    return `{${keys.map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key] as Json)}`).join(',')}}`;
  }
  return JSON.stringify(value);
}
