import type { Json, JsonObject } from '../domain/json.ts';

/** How a reference is written, for messages. */
export const SECRET_FORM = '`env:NAME` or `file:PATH` on this machine, `SECRET/KEY` on a cluster';

/** The names that stand for this machine instead of for a Secret of a cluster. */
export const LOCAL_SECRETS: readonly string[] = ['env', 'file'];

/**
 * A reference to a secret from its short form: `env:NAME`, `file:/absolute/path`, `SECRET/KEY`. Undefined for any other
 * text: it may be the secret itself, so it must not be shown.
 */
export function parseSecretReference(text: string): JsonObject | undefined {
  const variable = /^env:([A-Za-z_][A-Za-z0-9_]*)$/.exec(text);
  if (variable?.[1] !== undefined) return { name: 'env', key: variable[1] };
  const file = /^file:(\/.+)$/.exec(text);
  if (file?.[1] !== undefined) return { name: 'file', key: file[1] };
  const secret = /^([a-z0-9][a-z0-9.-]{0,252})\/([A-Za-z0-9._-]{1,253})$/.exec(text);
  if (secret?.[1] !== undefined && secret[2] !== undefined) return { name: secret[1], key: secret[2] };
  return undefined;
}

/** True for `{name, key}` with texts and nothing else. */
export function isSecretReference(value: Json): value is { readonly name: string; readonly key: string } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const object = value as JsonObject;
  return Object.keys(object).length === 2 && typeof object['name'] === 'string' && typeof object['key'] === 'string';
}
