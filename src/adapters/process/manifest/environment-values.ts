import type { Json } from '../../../domain/json.ts';
import type { EnvironmentValue, SecretSource } from '../attempt-spec.ts';
import { canCarrySecret } from '../supervisor/shim.ts';
import type { ConfigMaps } from './config-maps.ts';
import { expand } from './expansion.ts';
import { type FieldJudge, type FieldRules, text } from './field-judge.ts';

/** A container's environment, secrets apart. */
export interface ContainerEnvironment {
  readonly values: readonly EnvironmentValue[];
  readonly secrets: readonly { readonly name: string; readonly source: SecretSource }[];
}

const ENTRY_FIELDS: FieldRules = { name: 'honoured', value: 'honoured', valueFrom: 'honoured' };
const KEY_FIELDS: FieldRules = { name: 'honoured', key: 'honoured', optional: 'honoured' };

/** Reads `env`: `$(NAME)` refers to entries before; the last entry of a name wins. */
export function readEnvironment(
  judge: FieldJudge,
  json: Json | undefined,
  path: string,
  maps: ConfigMaps,
): ContainerEnvironment {
  const values = new Map<string, string>();
  const secrets = new Map<string, SecretSource>();
  for (const { item, path: at } of judge.list(json, path)) {
    judge.fields(item, at, ENTRY_FIELDS);
    const name = text(item['name']) ?? '';
    if (!/^[^=\0]+$/.test(name)) {
      judge.refuse(`${at}.name`, 'is no name of a variable');
      continue;
    }
    values.delete(name);
    secrets.delete(name);
    const read = readValue(judge, item, at, maps);
    if (typeof read === 'string') values.set(name, expand(read, values));
    else if (read !== undefined) {
      if (canCarrySecret(name)) secrets.set(name, read);
      else judge.refuse(`${at}.name`, `no secret can come in a variable called ${name} on the local target`);
    }
  }
  for (const [name, value] of values) {
    if (value.includes('\0')) judge.refuse(`${path}[${name}].value`, 'holds a NUL character, which no environment can');
  }
  return {
    values: [...values].map(([name, value]) => ({ name, value })),
    secrets: [...secrets].map(([name, source]) => ({ name, source })),
  };
}

/** Undefined when there is nothing to set, with a complaint unless that was allowed. */
function readValue(
  judge: FieldJudge,
  entry: { readonly [key: string]: Json },
  path: string,
  maps: ConfigMaps,
): string | SecretSource | undefined {
  const from = judge.object(entry['valueFrom'], `${path}.valueFrom`);
  const { secretKeyRef, configMapKeyRef, ...others } = from;
  judge.fields(others, `${path}.valueFrom`, {});
  if (secretKeyRef !== undefined) return readSecret(judge, secretKeyRef, `${path}.valueFrom.secretKeyRef`);
  if (configMapKeyRef !== undefined) return readKey(judge, configMapKeyRef, `${path}.valueFrom.configMapKeyRef`, maps);
  if (Object.keys(others).length > 0) return undefined;
  const value = entry['value'] ?? '';
  if (typeof value === 'string') return value;
  judge.refuse(`${path}.value`, 'must be a string');
  return undefined;
}

/** Locally a secret is the variable of the caller, or the file, that its key names. */
function readSecret(judge: FieldJudge, json: Json, path: string): SecretSource | undefined {
  const ref = judge.object(json, path);
  judge.fields(ref, path, KEY_FIELDS);
  const [name, key] = [text(ref['name']) ?? '', text(ref['key']) ?? ''];
  if (key !== '' && name === 'env') return { kind: 'env', name: key };
  if (key.startsWith('/') && name === 'file') return { kind: 'file', path: key };
  const written = name === '' ? 'an empty reference' : `the Secret ${name}`;
  judge.refuse(path, `${written} exists on a cluster only; here, refer to env:NAME or file:/absolute/path`);
  return undefined;
}

function readKey(judge: FieldJudge, json: Json, path: string, maps: ConfigMaps): string | undefined {
  const ref = judge.object(json, path);
  judge.fields(ref, path, KEY_FIELDS);
  const value = maps.get(text(ref['name']) ?? '')?.get(text(ref['key']) ?? '');
  if (value === undefined && ref['optional'] !== true) {
    judge.refuse(
      path,
      `no ConfigMap ${text(ref['name'])} with the key ${text(ref['key'])} is among the rendered objects`,
    );
  }
  return value?.toString('utf8');
}
