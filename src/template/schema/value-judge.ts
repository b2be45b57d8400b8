import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { closest, nameHint } from '../../domain/closest.ts';
import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';
import { fitsForSure } from './quick-judge.ts';
import type { ValueFault } from './value-fault.ts';
import { beyondSchema } from './value-limits.ts';
import { refusal } from './value-refusal.ts';

/** Judges values against schemas of our subset; compiles on first use. */
export class ValueJudge {
  readonly #schema: JsonObject;
  #validate: ValidateFunction | undefined;

  constructor(schema: JsonObject) {
    this.#schema = schema;
  }

  /** Every fault of the value, in the order of the schema; empty when it fits. */
  faults(value: Json): readonly ValueFault[] {
    if (fitsForSure(value, this.#schema)) return [];
    this.#validate ??= ajv().compile(forAjv(this.#schema));
    const validate = this.#validate;
    const found = validate(value) ? [] : (validate.errors ?? []).filter(isLeaf).map((error) => toFault(error, value));
    return [...found, ...beyondSchema(value, this.#schema)];
  }
}

let shared: Ajv | undefined;

/** One for all: what it costs is being made. It keeps nothing of a schema but its code. */
function ajv(): Ajv {
  // The schema was read by schema-reader; ajv's own check of schemas costs more than all of the rest.
  // `ownProperties`: `constructor` is a name like any other.
  shared ??= new Ajv({
    ownProperties: true,
    allErrors: true,
    verbose: true,
    strict: false,
    validateSchema: false,
    meta: false,
    logger: false,
    addUsedSchema: false,
  });
  return shared;
}

const SECRET_PART: JsonObject = { type: 'string', minLength: 1, 'x-secret': true };
const SECRET_SCHEMA: JsonObject = {
  type: 'object',
  additionalProperties: false,
  required: ['name', 'key'],
  properties: { name: SECRET_PART, key: SECRET_PART },
  'x-secret': true,
};

/** The schema with what our own keywords stand for written out. */
function forAjv(schema: JsonObject): JsonObject {
  if (schema['x-secret'] === true) return SECRET_SCHEMA;
  const out: Record<string, Json> = { ...schema };
  delete out['default'];
  for (const key of ['items', 'additionalProperties', 'propertyNames']) {
    const inner = schema[key];
    if (isJsonObject(inner)) out[key] = forAjv(inner);
  }
  const tuple = schema['prefixItems'];
  if (Array.isArray(tuple)) {
    // What 2020-12 calls `prefixItems`, the draft that ajv speaks by default calls `items`.
    out['items'] = tuple.map((item) => forAjv(item as JsonObject));
    delete out['prefixItems'];
  }
  const properties = schema['properties'];
  if (isJsonObject(properties)) {
    out['properties'] = Object.fromEntries(
      Object.entries(properties).map(([name, inner]) => [name, forAjv(inner as JsonObject)]),
    );
    out['additionalProperties'] = false;
  }
  return out;
}

/** `propertyNames` is reported by what is wrong with the name, not a second time by itself. */
function isLeaf(error: ErrorObject): boolean {
  return error.keyword !== 'propertyNames';
}

function toFault(error: ErrorObject, root: Json): ValueFault {
  const path = pathOf(error.instancePath, root);
  const { keyword, params } = error;
  if (error.propertyName !== undefined) {
    return { path: [...path, error.propertyName], keyword, message: `is not a valid name: it ${error.message}` };
  }
  if (keyword === 'required') {
    return { path: [...path, String(params['missingProperty'])], keyword, message: 'has no value' };
  }
  if (keyword === 'additionalProperties') {
    const name = String(params['additionalProperty']);
    const known = (error.parentSchema as JsonObject)['properties'];
    const hint = isJsonObject(known) ? nameHint(name, Object.keys(known)) : undefined;
    return { path: [...path, name], keyword, message: 'is not known', ...(hint === undefined ? {} : { hint }) };
  }
  const hint = hintFor(error);
  return { path, keyword, message: refusal(error), ...(hint === undefined ? {} : { hint }) };
}

function hintFor(error: ErrorObject): string | undefined {
  if (error.keyword === 'type' && isQuoted(error)) return 'take the quotes away';
  const near = error.keyword === 'enum' ? nearest(error) : undefined;
  return near === undefined ? undefined : `did you mean \`${near}\`?`;
}

/** A text that would be what is wanted without its quotes. */
function isQuoted({ data, params }: ErrorObject): boolean {
  const form = UNQUOTED[String(params['type'])];
  return typeof data === 'string' && form?.test(data) === true;
}

const UNQUOTED: Readonly<Record<string, RegExp>> = {
  integer: /^[+-]?\d+$/,
  number: /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i,
  boolean: /^(true|false)$/,
};

/** Which of the allowed texts was meant. */
function nearest({ data, params }: ErrorObject): string | undefined {
  const allowed = (params['allowedValues'] as readonly Json[]).filter((value) => typeof value === 'string');
  return typeof data === 'string' ? closest(data, allowed) : undefined;
}

/** A JSON pointer as steps: indices where the value has a list. */
function pathOf(pointer: string, root: Json): readonly (string | number)[] {
  let value: Json | undefined = root;
  return pointer
    .split('/')
    .slice(1)
    .map((escaped) => {
      const name = escaped.replaceAll('~1', '/').replaceAll('~0', '~');
      const step = Array.isArray(value) ? Number(name) : name;
      value = (value as Record<string | number, Json> | undefined)?.[step];
      return step;
    });
}
