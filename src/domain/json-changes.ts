import { canonicalJson, isJsonObject, type Json } from './json.ts';

/** One leaf that differs between two trees. `before` absent = it is new, `after` absent = it is gone. */
export interface JsonChange {
  /** Dotted. */
  readonly path: string;
  readonly before?: Json;
  readonly after?: Json;
}

/** The leaves that differ, in the order of the trees; a subtree that is new or gone is one leaf. */
export function jsonChanges(before: Json, after: Json, path = ''): readonly JsonChange[] {
  const changes: JsonChange[] = [];
  compare(path, before, after, changes);
  return changes;
}

/** `params.epochs changed 2 -> 3`, `params.seed is new (1)`, `params.seed is gone`. */
export function changeText({ path, before, after }: JsonChange): string {
  if (before === undefined) return isJsonObject(after) ? `${path} is new` : `${path} is new (${shownValue(after)})`;
  if (after === undefined) return `${path} is gone`;
  return `${path} changed ${shownValue(before)} -> ${shownValue(after)}`;
}

function compare(path: string, before: Json | undefined, after: Json | undefined, changes: JsonChange[]): void {
  if (before === undefined || after === undefined) {
    if (before !== undefined) changes.push({ path, before });
    if (after !== undefined) changes.push({ path, after });
    return;
  }
  if (isJsonObject(before) && isJsonObject(after)) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
      compare(path === '' ? key : `${path}.${key}`, before[key], after[key], changes);
    }
    return;
  }
  if (canonicalJson(before) !== canonicalJson(after)) changes.push({ path, before, after });
}

const SHOWN_MAX = 60;

/** A value as one short text; strings bare. */
export function shownValue(value: Json | undefined): string {
  const text = value === undefined ? 'absent' : typeof value === 'string' ? value : canonicalJson(value);
  return text.length <= SHOWN_MAX ? text : `${text.slice(0, SHOWN_MAX - 3)}...`;
}
