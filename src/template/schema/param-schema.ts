import type { JsonObject } from '../../domain/json.ts';
import type { Problem, SourceFile } from '../../domain/pipeline/source-file.ts';
import { type Compiled, compiled } from '../compiled.ts';
import { placeAt, problemAt } from '../yaml/source-position.ts';
import { keyAt, nodeAt, spanOf, yamlSource } from '../yaml/yaml-source.ts';
import { fillDefaults } from './fill-defaults.ts';
import { leavesOf, type ParamLeaf } from './param-leaves.ts';
import { readSchema, type SchemaFault } from './schema-reader.ts';
import { checkAnnotatedValues } from './schema-values.ts';
import type { ValueFault } from './value-fault.ts';
import { ValueJudge } from './value-judge.ts';
import type { ValueType } from './value-type.ts';

/** The parameters of a pipeline: what values they take, and what type templates see. */
export class ParamSchema {
  readonly type: ValueType;
  readonly #schema: JsonObject;
  readonly #judge: ValueJudge;

  constructor(schema: JsonObject, type: ValueType) {
    this.type = type;
    this.#schema = schema;
    this.#judge = new ValueJudge(schema);
  }

  /** Every fault of the values as they are given; defaults are not filled in first. Empty when they fit. */
  validate(values: JsonObject): readonly ValueFault[] {
    return this.#judge.faults(values);
  }

  /** The values that hold when nobody gives any. */
  defaults(): JsonObject {
    return this.withDefaults({});
  }

  /** The values with every default filled in, also inside lists, maps and optional objects that are given. */
  withDefaults(values: JsonObject): JsonObject {
    return fillDefaults(values, this.type) as JsonObject;
  }

  /** Every parameter that holds a value, in the order of the file. */
  leaves(): readonly ParamLeaf[] {
    return leavesOf(this.#schema);
  }
}

/** Where a schema is written, for messages. */
export interface SchemaPlace {
  readonly file: SourceFile;
  readonly path: readonly (string | number)[];
}

/** Reads a JSON Schema (2020-12, the subset of docs/templates.md) of an object. */
export function compileSchema(schema: JsonObject, at: SchemaPlace): Compiled<ParamSchema> {
  const { type, faults } = readSchema(schema, { strict: true });
  const all: SchemaFault[] = [...faults];
  if (faults.length === 0) {
    if (schema['type'] !== 'object') all.push({ path: ['type'], at: 'value', message: 'parameters are an object' });
    all.push(...checkAnnotatedValues(schema));
  }
  return compiled(
    all.map((fault) => toProblem(fault, at)),
    () => new ParamSchema(schema, type),
  );
}

function toProblem(fault: SchemaFault, at: SchemaPlace): Problem {
  const document = yamlSource(at.file).documents[0];
  const path = [...at.path, ...fault.path];
  const find = fault.at === 'key' ? keyAt : nodeAt;
  const node = document === undefined ? undefined : (find(document, path) ?? keyAt(document, path));
  const span = node === undefined ? { start: 0, end: 1 } : spanOf(node);
  const where = placeAt(at.file, span.start).line === placeAt(at.file, span.end).line ? span : shortened(span);
  return problemAt(at.file, where, fault.message, fault.hint);
}

/** A mapping over many lines is marked by its first character. */
function shortened(span: { readonly start: number }) {
  return { start: span.start, end: span.start + 1 };
}

/** True for what `compileSchema` made, false for a schema still to be read. */
export function isParamSchema(value: unknown): value is ParamSchema {
  return value instanceof ParamSchema;
}
