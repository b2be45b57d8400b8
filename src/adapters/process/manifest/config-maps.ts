import type { JsonObject } from '../../../domain/json.ts';
import { type FieldJudge, text } from './field-judge.ts';
import { CONFIG_MAP_FIELDS } from './field-rules.ts';

/** The ConfigMaps among the rendered objects: name -> key -> bytes. */
export type ConfigMaps = ReadonlyMap<string, ReadonlyMap<string, Buffer>>;

/** Its name and its keys; what is wrong with it goes to the judge, and such a key is left out. */
export function readConfigMap(judge: FieldJudge, object: JsonObject): readonly [string, ReadonlyMap<string, Buffer>] {
  const name = text(judge.object(object['metadata'], 'ConfigMap.metadata')['name']) ?? '';
  const path = `ConfigMap ${name}`;
  judge.fields(object, path, CONFIG_MAP_FIELDS);
  const keys = new Map<string, Buffer>();
  for (const [field, encoding] of [
    ['data', 'utf8'],
    ['binaryData', 'base64'],
  ] as const) {
    for (const [key, value] of Object.entries(judge.object(object[field], `${path}.${field}`))) {
      if (!/^[-._a-zA-Z0-9]+$/.test(key) || key === '.' || key === '..')
        judge.refuse(`${path}.${field}.${key}`, 'is no key of a ConfigMap');
      else if (typeof value !== 'string') judge.refuse(`${path}.${field}.${key}`, 'must be a string');
      else keys.set(key, Buffer.from(value, encoding));
    }
  }
  return [name, keys];
}
