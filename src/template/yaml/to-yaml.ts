import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';
import { yamlKey, yamlNumber, yamlText } from './yaml-scalar.ts';

/**
 * Objects as a YAML file of documents. Readers of YAML 1.1 (kubectl) and of 1.2 get the same values back; the same
 * objects give the same bytes.
 */
export function toYaml(objects: readonly JsonObject[]): string {
  return objects.map((object) => `${lines(object, '').replace(/^\n/, '')}\n`).join('---\n');
}

/** A value after `key:` or `-`: a scalar follows on the same line, a collection on lines of its own. */
function lines(value: Json, indent: string): string {
  if (Array.isArray(value)) {
    if (value.length === 0) return ' []';
    return value.map((item: Json) => `\n${indent}-${inItem(item, indent)}`).join('');
  }
  if (isJsonObject(value)) {
    const entries = Object.entries(value);
    if (entries.length === 0) return ' {}';
    return entries.map(([key, inner]) => `\n${indent}${yamlKey(key, indent)}${inKey(inner as Json, indent)}`).join('');
  }
  return ` ${scalar(value as string | number | boolean | null, indent)}`;
}

function inKey(value: Json, indent: string): string {
  return lines(value, `${indent}  `);
}

/** The first key of a mapping, or the first item of a list, stands beside the dash. */
function inItem(item: Json, indent: string): string {
  const text = lines(item, `${indent}  `);
  return text.startsWith('\n') ? ` ${text.slice(indent.length + 3)}` : text;
}

function scalar(value: string | number | boolean | null, indent: string): string {
  if (typeof value === 'string') return yamlText(value, indent);
  return typeof value === 'number' ? yamlNumber(value) : String(value);
}
