import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';
import { parseSecretReference, SECRET_FORM } from '../secret-reference.ts';

/** A text from a flag or a variable, read as its parameter's type asks. */
export type Typed =
  | { readonly kind: 'ok'; readonly value: Json }
  /** `message` without the parameter's name: `must be a whole number, is "x"`. */
  | { readonly kind: 'fault'; readonly message: string; readonly hint?: string };

/**
 * `null` stands for "no value"; texts are taken as they are; lists and objects are JSON; a secret is a reference.
 * Ranges and patterns are judged later, with the values of files.
 */
export function readTypedText(text: string, schema: JsonObject): Typed {
  if (text === 'null') return { kind: 'ok', value: null };
  if (schema['x-secret'] === true) return readSecret(text);
  switch (schema['type']) {
    case 'string':
      return { kind: 'ok', value: text };
    case 'boolean':
      if (text === 'true' || text === 'false') return { kind: 'ok', value: text === 'true' };
      return fault(`must be true or false, is ${JSON.stringify(text)}`);
    case 'integer':
      return readNumber(text, /^[+-]?\d+$/, 'a whole number');
    case 'number':
      return readNumber(text, /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i, 'a number');
    case 'array':
      return readJson(text, 'a list', 'for example [1, 2] or ["a", "b"]', Array.isArray);
    default:
      return readJson(text, 'an object', 'for example {"name": 1}', isJsonObject);
  }
}

function readNumber(text: string, form: RegExp, wanted: string): Typed {
  if (form.test(text)) return { kind: 'ok', value: Number(text) };
  return fault(`must be ${wanted}, is ${JSON.stringify(text)}`);
}

function readJson(text: string, wanted: string, example: string, isWanted: (value: Json) => boolean): Typed {
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    return fault(`must be ${wanted} as JSON`, example);
  }
  if (isWanted(value)) return { kind: 'ok', value };
  const isOne = wanted === 'a list' && !isJsonObject(value);
  return fault(`must be ${wanted}, is ${text.trim()}`, isOne ? `a list of one is written [${text.trim()}]` : example);
}

function readSecret(text: string): Typed {
  if (text.startsWith('{')) return readJson(text, 'a reference', '{"name": "SECRET", "key": "KEY"}', isJsonObject);
  const value = parseSecretReference(text);
  if (value !== undefined) return { kind: 'ok', value };
  return fault('takes a reference to a secret, never its value', `give ${SECRET_FORM}`);
}

function fault(message: string, hint?: string): Typed {
  return { kind: 'fault', message, ...(hint === undefined ? {} : { hint }) };
}
