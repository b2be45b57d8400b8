import type { Environment } from '@marcbachmann/cel-js';
import type { Json, JsonObject } from '../domain/json.ts';
import { newEnvironment } from './cel/cel-environment.ts';
import { toCel } from './cel/cel-value.ts';
import { isParamSchema, type ParamSchema } from './schema/param-schema.ts';
import { readSchema } from './schema/schema-reader.ts';
import { celName, DYN, type ObjectType, type ValueType } from './schema/value-type.ts';

/** A compiled schema, a schema of the same subset written in code, or `dyn`: unchecked. */
export type VariableType = ParamSchema | JsonObject | 'dyn';

/** The variables that expressions see, each with its type. */
export interface TypeScope {
  readonly variables: ReadonlyMap<string, ValueType>;
  /** Object types by the name CEL knows them by. */
  readonly objects: ReadonlyMap<string, ObjectType>;
  readonly environment: Environment;
  /** The scope with one more variable, for a loop. */
  with(name: string, type: ValueType): TypeScope;
}

/** A scope of exactly these variables. Throws when a schema written in code is not of the subset: a bug of ours. */
export function createScope(variables: Readonly<Record<string, VariableType>>): TypeScope {
  return new Scope(new Map(Object.entries(variables).map(([name, type]) => [name, typeOf(name, type)])));
}

function typeOf(name: string, type: VariableType): ValueType {
  if (type === 'dyn') return DYN;
  if (isParamSchema(type)) return type.type;
  const { type: read, faults } = readSchema(type, { strict: false });
  const [fault] = faults;
  if (fault === undefined) return read;
  throw new Error(`the schema of variable ${name}: ${fault.path.join('.')}: ${fault.message}`);
}

class Scope implements TypeScope {
  readonly variables: ReadonlyMap<string, ValueType>;
  readonly objects: ReadonlyMap<string, ObjectType>;
  readonly environment: Environment;
  readonly #names: ReadonlyMap<ObjectType, string>;
  readonly #extended = new Map<string, Scope>();

  constructor(variables: ReadonlyMap<string, ValueType>, parent?: Scope) {
    this.variables = variables;
    this.environment = parent === undefined ? newEnvironment() : parent.environment.clone();
    const objects = new Map<string, ObjectType>(parent?.objects);
    const names = new Map<ObjectType, string>(parent?.names);
    this.objects = objects;
    this.#names = names;
    for (const [name, type] of variables) {
      if (parent?.variables.has(name)) continue;
      this.#register(type, name, objects, names);
      this.environment.registerVariable(name, this.#celName(type));
    }
  }

  get names(): ReadonlyMap<ObjectType, string> {
    return this.#names;
  }

  with(name: string, type: ValueType): TypeScope {
    // With a type of objects that this scope does not know it is one of a kind; else it is the same scope again.
    const known = this.#knows(type) ? `${name}: ${this.#celName(type)}` : undefined;
    const before = known === undefined ? undefined : this.#extended.get(known);
    if (before !== undefined) return before;
    const extended = new Scope(new Map([...this.variables, [name, type]]), this);
    if (known !== undefined) this.#extended.set(known, extended);
    return extended;
  }

  #knows(type: ValueType): boolean {
    if (type.kind === 'list') return this.#knows(type.element);
    if (type.kind === 'map') return this.#knows(type.value);
    return type.kind !== 'object' || this.#names.has(type);
  }

  #celName(type: ValueType): string {
    return celName(type, (object) => this.#names.get(object) as string);
  }

  /** Inner types first: CEL wants a type known before another names it. */
  #register(type: ValueType, path: string, objects: Map<string, ObjectType>, names: Map<ObjectType, string>): void {
    if (type.kind === 'list') this.#register(type.element, `${path}.item`, objects, names);
    if (type.kind === 'map') this.#register(type.value, `${path}.value`, objects, names);
    if (type.kind !== 'object' || names.has(type)) return;
    for (const [name, field] of type.fields) this.#register(field.type, `${path}.${name}`, objects, names);
    const name = freeName(path, objects);
    names.set(type, name);
    objects.set(name, type);
    const fields = Object.fromEntries([...type.fields].map(([key, field]) => [key, this.#celName(field.type)]));
    this.environment.registerType(name, { ctor: type.instance, fields });
  }
}

/** A type's name inside CEL: one that its notation for types cannot misread, and that no other type has. */
function freeName(path: string, taken: ReadonlyMap<string, ObjectType>): string {
  const base = `object.${path.replace(/[^\w.]/g, '_')}`;
  let name = base;
  for (let count = 2; taken.has(name); count++) name = `${base}.${count}`;
  return name;
}

/** The values of a scope's variables as CEL takes them. Throws `ValueMismatch`. */
export function celValues(scope: TypeScope, values: JsonObject): Readonly<Record<string, unknown>> {
  const out: Record<string, unknown> = {};
  for (const [name, type] of scope.variables) {
    const value: Json | undefined = values[name];
    if (value !== undefined) out[name] = toCel(value, type, name);
  }
  return out;
}
