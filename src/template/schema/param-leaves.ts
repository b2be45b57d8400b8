import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';

/** One parameter as a table shows it. */
export interface ParamLeaf {
  /** Dotted, as `--set` takes it. */
  readonly path: string;
  /** `string`, `integer`, `list of string`, `map of number`, `object`, `secret`. */
  readonly type: string;
  /** True when a value must be given: it and the objects around it are required and there is no default. */
  readonly required: boolean;
  readonly title?: string;
  readonly description?: string;
  readonly default?: Json;
  readonly unit?: string;
  readonly examples?: readonly Json[];
  readonly deprecated?: boolean;
  readonly enum?: readonly Json[];
  /** It chooses data: a path, a URL, `hf:org/name`, or one of the names built into the engine. */
  readonly source?: { readonly builtin: readonly string[] };
  /** It is a reference to a secret, never the value. */
  readonly secret?: boolean;
}

/** The leaves of an object's schema, in the order of the file. */
export function leavesOf(schema: JsonObject): readonly ParamLeaf[] {
  return below(schema, { path: '', required: true, fallback: undefined });
}

interface Above {
  readonly path: string;
  readonly required: boolean;
  /** The default of an object around it. */
  readonly fallback: Json | undefined;
}

function below(schema: JsonObject, above: Above): readonly ParamLeaf[] {
  const properties = schema['properties'];
  if (!isJsonObject(properties)) return [leaf(schema, above)];
  const required = (schema['required'] ?? []) as readonly string[];
  return Object.entries(properties).flatMap(([name, inner]) => {
    const own = (inner as JsonObject)['default'];
    const outer = isJsonObject(above.fallback) ? above.fallback[name] : undefined;
    return below(inner as JsonObject, {
      path: above.path === '' ? name : `${above.path}.${name}`,
      required: above.required && required.includes(name),
      fallback: outer ?? own,
    });
  });
}

function leaf(schema: JsonObject, { path, required, fallback }: Above): ParamLeaf {
  const found: Record<string, unknown> = {
    title: schema['title'],
    description: schema['description'],
    default: fallback,
    unit: schema['x-unit'],
    examples: schema['examples'],
    deprecated: schema['deprecated'],
    enum: schema['enum'],
    source: isJsonObject(schema['x-source']) ? { builtin: schema['x-source']['builtin'] ?? [] } : undefined,
    secret: schema['x-secret'],
  };
  const present = Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
  return { path, type: typeName(schema), required: required && fallback === undefined, ...present };
}

/** The type of a value in words: `list of string`, `map of number`, `secret`. */
export function typeName(schema: JsonObject): string {
  if (schema['x-secret'] === true) return 'secret';
  if (schema['type'] === 'array') return `list of ${typeName(schema['items'] as JsonObject)}`;
  const values = schema['additionalProperties'];
  if (schema['type'] === 'object' && isJsonObject(values)) return `map of ${typeName(values)}`;
  return String(schema['type']);
}
