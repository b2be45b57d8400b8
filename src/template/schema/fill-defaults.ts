import { isJsonObject, type Json } from '../../domain/json.ts';
import { setKey } from '../cel/cel-value.ts';
import type { ValueType } from './value-type.ts';

/** The value with the defaults of its type; parts that do not fit the type are left as they are. */
export function fillDefaults(value: Json, type: ValueType): Json {
  switch (type.kind) {
    case 'list':
      return Array.isArray(value) ? value.map((item) => fillDefaults(item, type.element)) : value;
    case 'map':
      return isJsonObject(value) ? mapValues(value, (_, item) => fillDefaults(item, type.value)) : value;
    case 'object': {
      if (!isJsonObject(value)) return value;
      const filled = mapValues(value, (key, item) => {
        const field = type.fields.get(key);
        return field === undefined ? item : fillDefaults(item, field.type);
      });
      for (const [key, field] of type.fields) {
        if (Object.hasOwn(filled, key) || field.default === undefined) continue;
        setKey(filled, key, fillDefaults(field.default, field.type));
      }
      return filled;
    }
    default:
      return value;
  }
}

function mapValues(object: { readonly [key: string]: Json }, change: (key: string, value: Json) => Json) {
  const out: Record<string, Json> = {};
  for (const [key, value] of Object.entries(object)) setKey(out, key, change(key, value));
  return out;
}
