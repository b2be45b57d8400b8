import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';
import type { SchemaFault } from './schema-reader.ts';
import { ValueJudge } from './value-judge.ts';

type Path = readonly (string | number)[];

interface Annotated {
  readonly path: Path;
  readonly schema: JsonObject;
  readonly value: Json;
}

/** Defaults, examples and enum values that the schema around them would refuse. */
export function checkAnnotatedValues(schema: JsonObject): readonly SchemaFault[] {
  const found = collect(schema, []);
  if (found.length === 0) return [];
  // One tuple for all of them: compiling a schema costs more than judging a value.
  const judge = new ValueJudge({ type: 'array', prefixItems: found.map(({ schema: own }) => own) });
  const faults = judge.faults(found.map(({ value }) => value));
  return found.flatMap(({ path }, index) => {
    const fault = faults.find((candidate) => candidate.path[0] === index);
    if (fault === undefined) return [];
    const inside = fault.path.slice(1);
    const where = inside.length === 0 ? '' : `\`${inside.join('.')}\` `;
    const message = `the schema refuses this value: ${where}${fault.message}`;
    return [{ path, at: 'value' as const, message, ...(fault.hint === undefined ? {} : { hint: fault.hint }) }];
  });
}

function collect(schema: Json, path: Path): readonly Annotated[] {
  if (!isJsonObject(schema)) return [];
  const found: Annotated[] = [];
  const fallback = schema['default'];
  if (fallback !== undefined) found.push({ path: [...path, 'default'], schema: partial(schema), value: fallback });
  for (const key of ['examples', 'enum']) {
    const values = schema[key];
    if (!Array.isArray(values)) continue;
    for (const [index, value] of values.entries()) found.push({ path: [...path, key, index], schema, value });
  }
  for (const key of ['items', 'additionalProperties', 'propertyNames']) {
    found.push(...collect(schema[key] ?? null, [...path, key]));
  }
  if (isJsonObject(schema['properties'])) {
    for (const [name, inner] of Object.entries(schema['properties'])) {
      found.push(...collect(inner, [...path, 'properties', name]));
    }
  }
  return found;
}

/** The default of an object may leave to its fields' defaults what it does not say. */
function partial(schema: JsonObject): JsonObject {
  const { required: _, ...rest } = schema;
  return schema['type'] === 'object' ? rest : schema;
}
