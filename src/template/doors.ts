import { isJsonObject, type Json } from '../domain/json.ts';
import { setKey } from './cel/cel-value.ts';

/**
 * What becomes of a text at some place of a manifest after rendering. `expand`: the kubelet replaces `$(NAME)` in it.
 * `argv`, `env`, `env-item` lead there; below `verbatim` nothing is ever expanded.
 */
export type Door = 'plain' | 'verbatim' | 'argv' | 'env' | 'env-item' | 'expand';

const VERBATIM = new Set([
  'lifecycle',
  'data',
  'binaryData',
  'stringData',
  'labels',
  'annotations',
  'matchLabels',
  'nodeSelector',
]);

/** The door of a value under a key of a mapping at `door`. */
export function doorOfKey(door: Door, key: string): Door {
  if (door === 'verbatim') return door;
  if (door === 'env-item') return key === 'value' ? 'expand' : 'plain';
  if (key === 'command' || key === 'args') return 'argv';
  if (key === 'env') return 'env';
  if (key === 'subPathExpr') return 'expand';
  return VERBATIM.has(key) ? 'verbatim' : 'plain';
}

/** The door of the items of a list at `door`. */
export function doorOfItem(door: Door): Door {
  if (door === 'argv') return 'expand';
  return door === 'env' ? 'env-item' : door;
}

/** A value as it is placed at a door: where the kubelet expands, so written that what it makes is the value. */
export function throughDoor(value: Json, door: Door): Json {
  if (door === 'verbatim') return value;
  if (typeof value === 'string') return door === 'expand' ? escapeExpansion(value, '') : value;
  if (Array.isArray(value)) return value.map((item: Json) => throughDoor(item, doorOfItem(door)));
  if (!isJsonObject(value)) return value;
  const out: Record<string, Json> = {};
  for (const [key, item] of Object.entries(value)) setKey(out, key, throughDoor(item as Json, doorOfKey(door, key)));
  return out;
}

/**
 * The kubelet reads `$$` as `$` and `$(NAME)` as a reference, so a `$` before either is doubled. `next` is what
 * follows the value in the same text.
 */
export function escapeExpansion(value: string, next: string): string {
  const last = value.endsWith('$') && /^[$(]/.test(next) ? '$' : '';
  return value.replace(/\$(?=[$(])/g, '$$$$') + last;
}
