import { isJsonObject, type Json, type JsonObject } from '../../../domain/json.ts';

/**
 * What becomes of a field on the local target: `honoured` = done as on a cluster; `moot` = it has no meaning here and
 * changes nothing; `limit` = it only limits, and is not enforced; a function says why a value cannot be honoured.
 */
export type FieldRule = 'honoured' | 'moot' | 'limit' | ((value: Json) => string | undefined);
/** By name; a field that is not in it cannot be honoured. */
export type FieldRules = Readonly<Record<string, FieldRule>>;

/** Collects everything that is wrong with rendered objects, so that it can be told all together. */
export class FieldJudge {
  readonly problems: string[] = [];
  readonly #notEnforced = new Set<string>();

  /** The fields that only limit and were present, by name. */
  get notEnforced(): readonly string[] {
    return [...this.#notEnforced].sort();
  }

  /** Judges each field; one without a rule might change what runs, so it is refused. Null counts as absent. */
  fields(object: JsonObject, path: string, rules: FieldRules): void {
    for (const [name, value] of Object.entries(object)) {
      if (value === null) continue;
      const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
      if (rule === undefined) this.refuse(`${path}.${name}`, 'the local target cannot honour it');
      else if (rule === 'limit') this.#notEnforced.add(name);
      else if (typeof rule === 'function') {
        const reason = rule(value);
        if (reason !== undefined) this.refuse(`${path}.${name}`, reason);
      }
    }
  }

  limit(name: string): void {
    this.#notEnforced.add(name);
  }

  refuse(path: string, reason: string): void {
    this.problems.push(`${path}: ${reason}`);
  }

  /** The object at a path; an empty one, with a complaint, when something else is there. */
  object(value: Json | undefined, path: string): JsonObject {
    if (isJsonObject(value)) return value;
    if (value !== undefined && value !== null) this.refuse(path, 'must be a mapping');
    return {};
  }

  /** The objects of a list at a path, each with its own path (by name where it has one). */
  list(value: Json | undefined, path: string): readonly { readonly item: JsonObject; readonly path: string }[] {
    if (value === undefined || value === null) return [];
    if (!Array.isArray(value)) {
      this.refuse(path, 'must be a list');
      return [];
    }
    return (value as readonly Json[]).map((item, index) => {
      const object = this.object(item, `${path}[${index}]`);
      return { item: object, path: `${path}[${text(object['name']) ?? index}]` };
    });
  }

  /** The strings of a list at a path. */
  strings(value: Json | undefined, path: string): readonly string[] {
    if (value === undefined || value === null) return [];
    if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value as readonly string[];
    this.refuse(path, 'must be a list of strings');
    return [];
  }
}

/** A rule for fields that must keep one value. */
export function only(...allowed: readonly Json[]): FieldRule {
  const names = allowed.map((value) => JSON.stringify(value)).join(' or ');
  return (value) => (allowed.includes(value) ? undefined : `only ${names} can be honoured by the local target`);
}

/** Undefined for what is no text. */
export function text(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** Undefined for what is no whole number. */
export function integer(value: Json | undefined): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : undefined;
}
