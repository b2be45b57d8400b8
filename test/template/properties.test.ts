import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { Json, JsonObject } from '../../src/domain/json.ts';
import { compileExpression, compileSchema, compileTemplate, createScope, toYaml } from '../../src/template/index.ts';
import { must } from './harness.ts';

/** A schema and values that it accepts, made together. */
interface Sample {
  readonly schema: JsonObject;
  readonly value: fc.Arbitrary<Json>;
}

const HOSTILE = [
  '$(X)',
  '$$(X)',
  `\${y}`,
  '$',
  '`id`',
  '; rm -rf /',
  '\n',
  '\0',
  "'",
  '"',
  '- a',
  'a: b',
  '# c',
  '{}',
  '\u2028',
  'no',
  '0777',
  'x'.repeat(5000),
];
const text = fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ unit: 'binary' }));
const name = fc.constantFrom('alpha', 'beta', 'gamma', 'constructor', 'toString', 'in', 'my-key', 'e_1');

const scalar: fc.Arbitrary<Sample> = fc.constantFrom<Sample>(
  { schema: { type: 'string' }, value: text },
  { schema: { type: 'string', enum: ['a', 'b'] }, value: fc.constantFrom('a', 'b') },
  { schema: { type: 'integer' }, value: fc.maxSafeInteger() },
  { schema: { type: 'integer', minimum: 0, maximum: 9 }, value: fc.integer({ min: 0, max: 9 }) },
  {
    schema: { type: 'number' },
    value: fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true })).map((value) => value + 0),
  },
  { schema: { type: 'boolean' }, value: fc.boolean() },
  { schema: { type: 'object', 'x-secret': true }, value: fc.constant({ name: 'n', key: 'k' }) },
  { schema: { type: 'object', additionalProperties: true }, value: fc.constant({ any: [1, 'x', null, 0.5] }) },
);

const sample = fc.letrec<{ any: Sample; object: Sample }>((tie) => ({
  any: fc.oneof({ maxDepth: 3, withCrossShrink: true }, scalar, list(tie('any')), map(tie('any')), tie('object')),
  object: object(tie('any')),
}));

function list(items: fc.Arbitrary<Sample>): fc.Arbitrary<Sample> {
  return items.map(({ schema, value }) => ({
    schema: { type: 'array', items: schema },
    value: fc.array(value, { maxLength: 3 }),
  }));
}

function map(values: fc.Arbitrary<Sample>): fc.Arbitrary<Sample> {
  return values.map(({ schema, value }) => ({
    schema: { type: 'object', additionalProperties: schema },
    value: fc.dictionary(fc.oneof(name, text), value, { maxKeys: 3 }) as fc.Arbitrary<JsonObject>,
  }));
}

/** An object whose fields are required, optional or have a default. */
function object(fields: fc.Arbitrary<Sample>): fc.Arbitrary<Sample> {
  const field = fc.tuple(fields, fc.constantFrom('required', 'optional'));
  return fc.dictionary(name, field, { minKeys: 1, maxKeys: 4 }).map((all) => {
    const entries = Object.entries(all);
    const required = entries.filter(([, [, presence]]) => presence === 'required').map(([key]) => key);
    return {
      schema: {
        type: 'object',
        additionalProperties: false,
        required,
        properties: Object.fromEntries(entries.map(([key, [{ schema }]]) => [key, schema])),
      },
      value: fc.record(Object.fromEntries(entries.map(([key, [{ value }]]) => [key, value])), {
        requiredKeys: required,
        noNullPrototype: true,
      }) as fc.Arbitrary<JsonObject>,
    };
  });
}

/** Schema and one value of it. */
const parameters = sample.object.chain(({ schema, value }) =>
  value.map((values) => ({ schema, values: values as JsonObject })),
);

describe('every value that the schema accepts', () => {
  test('evaluates in every position that has a type', () => {
    fc.assert(
      fc.property(parameters, ({ schema, values }) => {
        const params = must(compileSchema(schema, { file: { path: 'p', text: '' }, path: [] }));
        expect(params.validate(values)).toEqual([]);
        const scope = createScope({ params });
        for (const { expression, value } of positions(schema, values)) {
          const compiled = must(
            compileExpression(
              { text: expression, place: { file: 'p', line: 1, column: 1 }, file: { path: 'p', text: expression } },
              scope,
            ),
          );
          expect(sorted(compiled.evaluate({ params: values }))).toEqual(sorted(value));
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('a rendered template', () => {
  const TEMPLATE = [
    'apiVersion: v1',
    'kind: Test',
    `whole: "\${params.text}"`,
    `mixed: "<\${params.text}>"`,
    `list: "\${params.list}"`,
    'map:',
    `  - $for: { key: "\${params.map}" }`,
    `    key: \${key}`,
    `    value: \${params.map[key]}`,
    `labels: \${params.map}`,
    `items: [{ $for: { x: "\${params.list}" }, $value: "\${x}" }]`,
    'spec:',
    '  containers:',
    '    - name: main',
    `      command: [run, "\${params.text}"]`,
    `      env: [{ name: A, value: "\${params.text}" }]`,
  ].join('\n');
  const params = must(
    compileSchema(
      {
        type: 'object',
        additionalProperties: false,
        required: ['text', 'list', 'map'],
        properties: {
          text: { type: 'string' },
          list: { type: 'array', items: { type: 'string' } },
          map: { type: 'object', additionalProperties: { type: 'string' } },
        },
      },
      { file: { path: 'p', text: '' }, path: [] },
    ),
  );
  const template = must(
    compileTemplate({
      file: { path: 't.yaml', text: TEMPLATE },
      scope: createScope({ params }),
      partials: () => undefined,
    }),
  );
  const values = fc.record(
    { text, list: fc.array(text, { maxLength: 3 }), map: fc.dictionary(text, text, { maxKeys: 3 }) },
    { noNullPrototype: true },
  );

  test('has the shape that the file has, and the values byte for byte, after YAML 1.1 has read it', () => {
    fc.assert(
      fc.property(values, (given) => {
        const yaml = toYaml(template.render({ params: given }));
        const documents = parseAllDocuments(yaml, { version: '1.1' });
        expect(documents.flatMap((document) => document.errors)).toEqual([]);
        const keys = Object.keys(given.map).sort();
        expect(documents.map((document) => document.toJS() as unknown)).toEqual([
          {
            apiVersion: 'v1',
            kind: 'Test',
            whole: given.text,
            mixed: `<${given.text}>`,
            list: given.list,
            map: keys.map((key) => ({ key, value: given.map[key] })),
            labels: given.map,
            items: given.list,
            spec: {
              containers: [
                {
                  name: 'main',
                  command: ['run', escaped(given.text)],
                  env: [{ name: 'A', value: escaped(given.text) }],
                },
              ],
            },
          },
        ]);
      }),
      { numRuns: 100 },
    );
  });

  test('is the same bytes for the same values, whatever the order of their keys', () => {
    fc.assert(
      fc.property(values, (given) => {
        const map = Object.fromEntries(Object.entries(given.map).reverse());
        const first = toYaml(template.render({ params: given }));
        expect(toYaml(template.render({ params: { map, list: given.list, text: given.text } }))).toBe(first);
      }),
    );
  });
});

/** What doors.test.ts proves to be the value again once the kubelet has expanded it. */
function escaped(value: string): string {
  return value.replace(/\$(?=[$(])/g, '$$$$');
}

interface Position {
  readonly expression: string;
  readonly value: Json | undefined;
}

/** An expression for every field of the values, by name and by index, and for every element. */
function positions(schema: JsonObject, value: Json | undefined, expression = 'params'): readonly Position[] {
  const here = { expression, value };
  if (Array.isArray(value)) {
    const items = schema['items'] as JsonObject;
    return [here, ...value.flatMap((item: Json, index) => positions(items, item, `${expression}[${index}]`))];
  }
  const object = (value ?? {}) as JsonObject;
  const properties = schema['properties'] as JsonObject | undefined;
  if (properties !== undefined) {
    return [
      here,
      ...Object.entries(properties).flatMap(([key, inner]) => {
        const required = (schema['required'] as readonly string[]).includes(key) && value !== undefined;
        const access = required ? `[${quoted(key)}]` : `[?${quoted(key)}]`;
        const field = Object.hasOwn(object, key) ? object[key] : undefined;
        return positions(inner as JsonObject, field, `${expression}${access}`);
      }),
    ];
  }
  const each = schema['additionalProperties'];
  if (typeof each !== 'object' || value === undefined) return [here];
  return [
    here,
    ...Object.keys(object).flatMap((key) =>
      positions(each as JsonObject, object[key], `${expression}[${quoted(key)}]`),
    ),
  ];
}

/** A text of CEL: only what its lexer needs escaped. */
function quoted(key: string): string {
  return `"${key.replace(/["\\]/g, '\\$&').replace(/\n/g, '\\n').replace(/\r/g, '\\r').replaceAll('\0', '\\000')}"`;
}

/** Objects with their keys in one order: key order carries no meaning. */
function sorted(value: Json | undefined): unknown {
  if (Array.isArray(value)) return value.map((item: Json) => sorted(item));
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value)
    .map(([key, inner]) => [key, sorted(inner as Json)] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
}
