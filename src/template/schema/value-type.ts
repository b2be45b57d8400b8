import type { Json } from '../../domain/json.ts';

/** The type of a value that a template sees: what a schema means, in the words of CEL. */
export type ValueType =
  | { readonly kind: 'bool' | 'int' | 'double' | 'string' | 'null' | 'dyn' }
  | { readonly kind: 'list'; readonly element: ValueType }
  /** Keys are strings. */
  | { readonly kind: 'map'; readonly value: ValueType }
  | ObjectType;

/** An object with known fields; two of them are never the same type, even with the same fields. */
export interface ObjectType {
  readonly kind: 'object';
  readonly fields: ReadonlyMap<string, Field>;
  /** The class of its values inside CEL: one a type, so that CEL tells objects apart. */
  readonly instance: ObjectInstance;
}

/** One field of an object. */
export interface Field {
  readonly type: ValueType;
  /** Taken when the value is absent. */
  readonly default?: Json;
  /** Neither required nor defaulted: reading it needs `.?`. */
  readonly optional: boolean;
}

type ObjectInstance = new (entries?: Iterable<readonly [string, unknown]>) => Map<string, unknown>;

/** An object type of its own, never equal to another. */
export function objectType(fields: ReadonlyMap<string, Field>): ObjectType {
  // A Map keeps any key apart from what objects inherit (`constructor`, `__proto__`).
  return { kind: 'object', fields, instance: class extends Map<string, unknown> {} };
}

/** The type of what nobody described: unchecked until it is evaluated. */
export const DYN: ValueType = { kind: 'dyn' };
/** The type of every text. */
export const STRING: ValueType = { kind: 'string' };

/** The name CEL knows a type by; `nameOf` names object types. */
export function celName(type: ValueType, nameOf: (object: ObjectType) => string): string {
  switch (type.kind) {
    case 'list':
      return `list<${celName(type.element, nameOf)}>`;
    case 'map':
      return `map<string, ${celName(type.value, nameOf)}>`;
    case 'object':
      return nameOf(type);
    default:
      return type.kind;
  }
}

/** The type a CEL name means; what it does not know (placeholders of empty lists, mixed maps) is `dyn`. */
export function fromCelName(name: string, objects: ReadonlyMap<string, ObjectType>): ValueType {
  const inside = /^(list|optional)<(.+)>$/.exec(name);
  if (inside?.[1] === 'list') return { kind: 'list', element: fromCelName(inside[2] as string, objects) };
  if (inside?.[1] === 'optional') return fromCelName(inside[2] as string, objects);
  const map = /^map<string, (.+)>$/.exec(name);
  if (map !== null) return { kind: 'map', value: fromCelName(map[1] as string, objects) };
  switch (name) {
    case 'bool':
    case 'int':
    case 'double':
    case 'string':
    case 'null':
      return { kind: name };
    case 'list':
      return { kind: 'list', element: DYN };
    case 'map':
      return { kind: 'map', value: DYN };
    default:
      return objects.get(name) ?? DYN;
  }
}
