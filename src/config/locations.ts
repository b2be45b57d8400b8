import { isAbsolute, join, resolve } from 'node:path';
import { isJsonObject, type Json, type JsonObject } from '../domain/json.ts';
import { schemaAt } from './schema-paths.ts';
import type { Given } from './values/given-values.ts';

/** A scheme (`https://`, `hf:`) or the short form of ssh (`git@host:path`). */
const FOREIGN = /^([a-z][a-z0-9+.-]*:|git@)/;

/**
 * The value with a relative path made absolute, where the parameter chooses data: from the folder of the file that
 * says it. URLs, `hf:` names and built-in names stay as they are; `~/` is the home folder.
 */
export function placeLocation(given: Given, schema: JsonObject, home: string): Given {
  const { value } = given;
  const source = schemaAt(schema, given.path)?.['x-source'];
  if (!isJsonObject(source) || typeof value !== 'string') return given;
  const placed = locationFrom(value, given.base, builtinNames(source), home);
  return placed === value ? given : { ...given, value: placed, written: value };
}

/** Whether the text names no folder of this machine: a URL, `hf:org/name`, a built-in name, nothing. */
export function isElsewhere(text: string, builtin: readonly string[]): boolean {
  return text === '' || FOREIGN.test(text) || builtin.includes(text);
}

/** The names that an `x-source` keyword lists. */
export function builtinNames(source: Json | undefined): readonly string[] {
  const names = isJsonObject(source) ? source['builtin'] : undefined;
  return Array.isArray(names) ? names.map(String) : [];
}

/** A folder of this machine as an absolute path; what names none stays. */
export function locationFrom(text: string, base: string, builtin: readonly string[], home: string): string {
  if (isElsewhere(text, builtin)) return text;
  if (text === '~' || text.startsWith('~/')) return join(home, text.slice(1));
  return isAbsolute(text) ? resolve(text) : resolve(base, text);
}
