import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';
import { upperSnake } from './upper-snake.ts';

/** `PARAM_<UPPER_SNAKE>` of every scalar, sorted by name; `a.b` is `PARAM_A_B`. What is null or a list is left out. */
export function paramVariables(params: JsonObject): readonly { readonly name: string; readonly value: string }[] {
  const found = new Map<string, string>();
  collect(params, 'PARAM', found);
  return [...found].map(([name, value]) => ({ name, value })).sort((a, b) => (a.name < b.name ? -1 : 1));
}

function collect(value: Json, name: string, found: Map<string, string>): void {
  if (isJsonObject(value)) {
    for (const [key, inner] of Object.entries(value)) collect(inner, `${name}_${upperSnake(key)}`, found);
  } else if (value !== null && !Array.isArray(value)) {
    // Two names that only differ in their spelling: the first of the file holds; params.json has both.
    if (!found.has(name)) found.set(name, String(value));
  }
}
