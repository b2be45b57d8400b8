import type { ErrorObject } from 'ajv';
import type { Json } from '../../domain/json.ts';

/** What a keyword wanted and what it got: `must be >= 1, is 0`. The value of a secret is never repeated. */
export function refusal({ keyword, params, data, parentSchema, message }: ErrorObject): string {
  if ((parentSchema as { readonly 'x-secret'?: boolean } | undefined)?.['x-secret'] === true) {
    return 'must be a reference {name, key} to a secret, never its value';
  }
  const limit = String(params['limit']);
  switch (keyword) {
    case 'type':
      return `must be ${kindOf(String(params['type']))}, is ${shown(data)}`;
    case 'enum':
      return `must be one of ${(params['allowedValues'] as Json[]).map((value) => JSON.stringify(value)).join(', ')}, is ${shown(data)}`;
    case 'const':
      return `must be ${JSON.stringify(params['allowedValue'])}, is ${shown(data)}`;
    case 'pattern':
      return `must match ${params['pattern']}, is ${shown(data)}`;
    case 'multipleOf':
      return `must be a multiple of ${params['multipleOf']}, is ${shown(data)}`;
    case 'uniqueItems':
      return `must not hold the same value twice: ${shown((data as Json[])[Number(params['i'])])}`;
    case 'minLength':
      return `must have at least ${count(limit, 'character', 'characters')}, is ${shown(data)}`;
    case 'maxLength':
      return `must have at most ${count(limit, 'character', 'characters')}, is ${shown(data)}`;
    case 'minItems':
    case 'minProperties':
      return `must have at least ${count(limit, 'entry', 'entries')}, is ${shown(data)}`;
    case 'maxItems':
    case 'maxProperties':
      return `must have at most ${count(limit, 'entry', 'entries')}, is ${shown(data)}`;
    default:
      return `${message}, is ${shown(data)}`;
  }
}

function count(limit: string, one: string, many: string): string {
  return `${limit} ${limit === '1' ? one : many}`;
}

function kindOf(type: string): string {
  return { integer: 'an integer', array: 'a list', object: 'an object' }[type] ?? `a ${type}`;
}

function shown(data: unknown): string {
  const text = JSON.stringify(data) ?? 'nothing';
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`;
}
