/** The subset of JSON Schema 2020-12 that parameters are written in, by the type that a keyword belongs to. */
export const ANNOTATIONS = [
  'title',
  'description',
  'default',
  'examples',
  'deprecated',
  'x-unit',
  'x-source',
  'x-secret',
  'x-destination',
];

/** The types of the subset; a schema has exactly one. */
export const SCHEMA_TYPES = ['string', 'integer', 'number', 'boolean', 'array', 'object'] as const;
/** One word of `type`. */
export type SchemaType = (typeof SCHEMA_TYPES)[number];

const NUMBERS = ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf', 'enum', 'const'];

/** The keywords of each type, beside the annotations that all of them take. */
export const KEYWORDS: Readonly<Record<SchemaType, readonly string[]>> = {
  string: ['minLength', 'maxLength', 'pattern', 'enum', 'const'],
  integer: NUMBERS,
  number: NUMBERS,
  boolean: ['enum', 'const'],
  array: ['items', 'minItems', 'maxItems', 'uniqueItems'],
  object: ['properties', 'required', 'additionalProperties', 'minProperties', 'maxProperties', 'propertyNames'],
};

/** What each keyword's own value must be. */
export const SHAPES: Readonly<Record<string, Shape>> = {
  title: 'string',
  description: 'string',
  'x-unit': 'string',
  deprecated: 'boolean',
  'x-secret': 'boolean',
  uniqueItems: 'boolean',
  minLength: 'count',
  maxLength: 'count',
  minItems: 'count',
  maxItems: 'count',
  minProperties: 'count',
  maxProperties: 'count',
  minimum: 'number',
  maximum: 'number',
  exclusiveMinimum: 'number',
  exclusiveMaximum: 'number',
  multipleOf: 'number',
  pattern: 'pattern',
  enum: 'list',
  examples: 'list',
  required: 'names',
  items: 'object',
  properties: 'object',
  propertyNames: 'object',
  'x-source': 'object',
  'x-destination': 'object',
};

/** What `x-destination` takes, and its kinds. */
export const DESTINATION_KEYS: readonly string[] = ['kind', 'endpoint', 'also', 'unless'];
export const DESTINATION_KINDS: readonly string[] = ['model-hub', 'code-host', 'folder'];

/** What the value of a keyword looks like. */
export type Shape = 'string' | 'boolean' | 'count' | 'number' | 'pattern' | 'list' | 'names' | 'object';
