import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { JsonObject } from '../../src/domain/json.ts';
import { compileSchema, formatProblems } from '../../src/template/index.ts';
import { must, problemsOf } from './harness.ts';

/** The schema of a pipeline file: `properties` are the lines below `properties:`. */
function schema(properties: string, rest = '') {
  const indented = properties.replace(/^/gm, '    ');
  const text = `params:\n  type: object\n  additionalProperties: false\n${rest}  properties:\n${indented}\n`;
  const { params } = parse(text) as { params: JsonObject };
  return compileSchema(params, { file: { path: 'pipeline.yaml', text }, path: ['params'] });
}

const faults = (properties: string, rest?: string) => formatProblems(problemsOf(schema(properties, rest)));

const TRAINING = [
  'model: { type: string, title: Base model, x-source: { builtin: [tiny] } }',
  'train:',
  '  type: object',
  '  additionalProperties: false',
  '  properties:',
  '    epochs: { type: integer, minimum: 1, maximum: 100, default: 2, x-unit: epochs, description: Passes over the data }',
  '    rate: { type: number, exclusiveMinimum: 0, default: 0.001, examples: [0.01] }',
  '    mode: { type: string, enum: [full, lora], default: lora }',
  'teacher:',
  '  type: object',
  '  additionalProperties: false',
  '  required: [url]',
  '  properties:',
  '    url: { type: string, pattern: "^https?://" }',
  '    retries: { type: integer, default: 3 }',
  '    apiKey: { type: object, x-secret: true }',
  'leaves: { type: array, items: { type: string, maxLength: 3 }, maxItems: 2, uniqueItems: true, default: [] }',
  'labels: { type: object, propertyNames: { pattern: "^[a-z]+$" }, additionalProperties: { type: string } }',
  'extra: { type: object, additionalProperties: true }',
  'old: { type: boolean, deprecated: true }',
].join('\n');

describe('a schema', () => {
  test('refuses keywords that are not of the subset, with the nearest that is', () => {
    expect(
      faults('a: { type: string, minLenght: 1 }\nb: { type: integer, format: int32 }\nc: { type: string, oneOf: [] }'),
    ).toMatchInlineSnapshot(`
      "pipeline.yaml:5:24: \`minLenght\` does not belong to a schema of type string
       5 |     a: { type: string, minLenght: 1 }
         |                        ^~~~~~~~~
         = did you mean \`minLength\`?

      pipeline.yaml:6:25: \`format\` does not belong to a schema of type integer
       6 |     b: { type: integer, format: int32 }
         |                         ^~~~~~
         = one of \`minimum\`, \`maximum\`, \`exclusiveMinimum\`, \`exclusiveMaximum\`, \`multipleOf\`, \`enum\`, \`const\`, \`title\`, \`description\`, \`default\`, \`examples\`, \`deprecated\`, ...

      pipeline.yaml:7:24: \`oneOf\` does not belong to a schema of type string
       7 |     c: { type: string, oneOf: [] }
         |                        ^~~~~
         = one of \`minLength\`, \`maxLength\`, \`pattern\`, \`enum\`, \`const\`, \`title\`, \`description\`, \`default\`, \`examples\`, \`deprecated\`, \`x-unit\`, \`x-source\`, ..."
    `);
  });

  test('refuses types that are not of the subset', () => {
    expect(
      faults('a: { type: strng }\nb: { type: [string, "null"] }\nc: { description: x }\nd: text'),
    ).toMatchInlineSnapshot(`
      "pipeline.yaml:5:16: there is no type "strng"
       5 |     a: { type: strng }
         |                ^~~~~
         = did you mean \`string\`?

      pipeline.yaml:6:16: a value has one type
       6 |     b: { type: [string, "null"] }
         |                ^~~~~~~~~~~~~~~~
         = leave it out of \`required\` to make it optional

      pipeline.yaml:7:8: the schema has no \`type\`
       7 |     c: { description: x }
         |        ^~~~~~~~~~~~~~~~~~
         = add one of string, integer, number, boolean, array, object

      pipeline.yaml:8:8: a schema is a mapping
       8 |     d: text
         |        ^~~~
         = for example \`{ type: string }\`"
    `);
  });

  test('asks to say what an object and an array hold', () => {
    expect(
      faults(
        'a: { type: object }\nb: { type: array }\nc: { type: object, properties: { x: { type: string } } }\nd: { type: object, additionalProperties: true, properties: { x: { type: string } } }',
      ),
    ).toMatchInlineSnapshot(`
      "pipeline.yaml:5:8: an object needs \`properties\`, or \`additionalProperties\` with a schema or \`true\`
       5 |     a: { type: object }
         |        ^~~~~~~~~~~~~~~~
         = \`additionalProperties: true\` takes any object, unchecked

      pipeline.yaml:6:8: an array needs \`items\`
       6 |     b: { type: array }
         |        ^~~~~~~~~~~~~~~
         = for example \`items: { type: string }\`

      pipeline.yaml:7:8: an object with \`properties\` is closed
       7 |     c: { type: object, properties: { x: { type: string } } }
         |        ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
         = write \`additionalProperties: false\`

      pipeline.yaml:8:46: an object with \`properties\` is closed
       8 |     d: { type: object, additionalProperties: true, properties: { x: { type: string } } }
         |                                              ^~~~
         = write \`additionalProperties: false\`"
    `);
  });

  test('refuses keyword values of the wrong shape', () => {
    expect(
      faults(
        'a: { type: string, minLength: -1, pattern: "(" }\nb: { type: integer, minimum: x }\nc: { type: string, enum: [] }\nd: { type: object, additionalProperties: false, required: x, properties: {} }',
      ),
    ).toMatchInlineSnapshot(`
      "pipeline.yaml:5:35: \`minLength\` takes a whole number >= 0
       5 |     a: { type: string, minLength: -1, pattern: "(" }
         |                                   ^~

      pipeline.yaml:5:48: \`pattern\` takes a regular expression
       5 |     a: { type: string, minLength: -1, pattern: "(" }
         |                                                ^~~

      pipeline.yaml:6:34: \`minimum\` takes a number
       6 |     b: { type: integer, minimum: x }
         |                                  ^

      pipeline.yaml:7:30: \`enum\` takes a list with at least one value
       7 |     c: { type: string, enum: [] }
         |                              ^~

      pipeline.yaml:8:63: \`required\` takes a list of names
       8 |     d: { type: object, additionalProperties: false, required: x, properties: {} }
         |                                                               ^"
    `);
  });

  test('refuses defaults, examples and enum values that it would refuse itself', () => {
    expect(
      faults(
        'a: { type: integer, minimum: 1, default: 0 }\nb: { type: string, enum: [x, 1], default: z }\nc: { type: number, examples: [1, no] }\nd:\n  type: object\n  additionalProperties: false\n  required: [n]\n  default: { m: 1 }\n  properties: { n: { type: string } }',
      ),
    ).toMatchInlineSnapshot(`
      "pipeline.yaml:5:46: the schema refuses this value: must be >= 1, is 0
       5 |     a: { type: integer, minimum: 1, default: 0 }
         |                                              ^

      pipeline.yaml:6:34: the schema refuses this value: must be a string, is 1
       6 |     b: { type: string, enum: [x, 1], default: z }
         |                                  ^

      pipeline.yaml:6:47: the schema refuses this value: must be one of "x", 1, is "z"
       6 |     b: { type: string, enum: [x, 1], default: z }
         |                                               ^

      pipeline.yaml:7:38: the schema refuses this value: must be a number, is "no"
       7 |     c: { type: number, examples: [1, no] }
         |                                      ^~

      pipeline.yaml:12:16: the schema refuses this value: \`m\` is not known
       12 |       default: { m: 1 }
          |                ^~~~~~~~
          = one of \`n\`"
    `);
  });

  test('refuses names of parameters that nobody could type', () => {
    expect(faults('__proto__: { type: string }\na.b: { type: string }\n1: { type: string }')).toMatchInlineSnapshot(`
      "pipeline.yaml:5:5: a name is letters, digits, \`_\` and \`-\`, a letter first
       5 |     __proto__: { type: string }
         |     ^~~~~~~~~

      pipeline.yaml:6:5: a name is letters, digits, \`_\` and \`-\`, a letter first
       6 |     a.b: { type: string }
         |     ^~~

      pipeline.yaml:7:5: a name is letters, digits, \`_\` and \`-\`, a letter first
       7 |     1: { type: string }
         |     ^"
    `);
  });

  test('refuses required names without a property', () => {
    expect(faults('name: { type: string }', '  required: [nme]\n')).toMatchInlineSnapshot(`
      "pipeline.yaml:4:14: \`required\` names \`nme\`, which is not among the properties
       4 |   required: [nme]
         |              ^~~
         = did you mean \`name\`?"
    `);
  });

  test('refuses secrets and sources that are none', () => {
    expect(
      faults(
        'a: { type: string, x-secret: true }\nb: { type: object, x-secret: true, properties: {}, additionalProperties: false }\nc: { type: integer, x-source: {} }\nd: { type: string, x-source: { builtins: [a], builtin: a } }',
      ),
    ).toMatchInlineSnapshot(`
      "pipeline.yaml:5:24: \`x-secret\` belongs to an object: the reference {name, key}, never the value
       5 |     a: { type: string, x-secret: true }
         |                        ^~~~~~~~
         = write \`{ type: object, x-secret: true }\`

      pipeline.yaml:6:40: a secret's fields are \`name\` and \`key\`; \`properties\` is not written
       6 |     b: { type: object, x-secret: true, properties: {}, additionalProperties: false }
         |                                        ^~~~~~~~~~
         = write \`{ type: object, x-secret: true }\`

      pipeline.yaml:6:56: a secret's fields are \`name\` and \`key\`; \`additionalProperties\` is not written
       6 |     b: { type: object, x-secret: true, properties: {}, additionalProperties: false }
         |                                                        ^~~~~~~~~~~~~~~~~~~~
         = write \`{ type: object, x-secret: true }\`

      pipeline.yaml:7:25: \`x-source\` belongs to a string
       7 |     c: { type: integer, x-source: {} }
         |                         ^~~~~~~~
         = a path, a URL or \`hf:org/name\`

      pipeline.yaml:8:36: \`x-source\` has no \`builtins\`
       8 |     d: { type: string, x-source: { builtins: [a], builtin: a } }
         |                                    ^~~~~~~~
         = it takes \`builtin\`

      pipeline.yaml:8:60: \`builtin\` takes a list of names
       8 |     d: { type: string, x-source: { builtins: [a], builtin: a } }
         |                                                            ^"
    `);
  });

  test('refuses destinations that are none', () => {
    expect(
      faults(
        'a: { type: string, x-destination: { kind: model-hub } }\nb: { type: object, x-destination: { knd: model-hub, unless: 1 }, properties: { repo: { type: string } }, additionalProperties: false }\nc: { type: integer, x-destination: { kind: folder } }',
      ),
    ).toMatchInlineSnapshot(`
      "pipeline.yaml:5:24: \`x-destination\` belongs to an object with a property \`repo\`
       5 |     a: { type: string, x-destination: { kind: model-hub } }
         |                        ^~~~~~~~~~~~~
         = beside it may stand \`endpoint\` and \`token\`

      pipeline.yaml:6:39: \`kind\` is \`model-hub\` or \`code-host\` or \`folder\`
       6 |     b: { type: object, x-destination: { knd: model-hub, unless: 1 }, properties: { repo: { type: string } }, additionalProperties: false }
         |                                       ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~

      pipeline.yaml:6:41: \`x-destination\` has no \`knd\`
       6 |     b: { type: object, x-destination: { knd: model-hub, unless: 1 }, properties: { repo: { type: string } }, additionalProperties: false }
         |                                         ^~~
         = did you mean \`kind\`?

      pipeline.yaml:6:65: \`unless\` takes a string
       6 |     b: { type: object, x-destination: { knd: model-hub, unless: 1 }, properties: { repo: { type: string } }, additionalProperties: false }
         |                                                                 ^

      pipeline.yaml:7:25: a folder is a string: its path
       7 |     c: { type: integer, x-destination: { kind: folder } }
         |                         ^~~~~~~~~~~~~"
    `);
  });

  test('of parameters is an object', () => {
    const file = { path: 'pipeline.yaml', text: 'params: { type: string }\n' };
    expect(
      formatProblems(problemsOf(compileSchema({ type: 'string' }, { file, path: ['params'] }))),
    ).toMatchInlineSnapshot(`
      "pipeline.yaml:1:17: parameters are an object
       1 | params: { type: string }
         |                 ^~~~~~"
    `);
  });
});

describe('values', () => {
  const params = must(schema(TRAINING, '  required: [model]\n'));
  const judged = (values: JsonObject) =>
    params
      .validate(values)
      .map(({ path, message, hint }) => `${path.join('.')} ${message}${hint === undefined ? '' : ` (${hint})`}`);

  test('that fit have no faults', () => {
    expect(
      judged({
        model: 'tiny',
        train: { epochs: 3, rate: 1, mode: 'full' },
        teacher: { url: 'https://t', apiKey: { name: 'teacher', key: 'token' } },
        leaves: ['a'],
        labels: { team: 'x' },
        extra: { any: [1, { thing: null }] },
        old: true,
      }),
    ).toEqual([]);
  });

  test('that do not fit have all their faults at once', () => {
    expect(
      judged({
        modle: 'x',
        train: { epochs: 0.5, rate: 0, mode: 'half', epoch: 1 },
        teacher: { url: 'ftp://t', apiKey: { name: 'n', value: 'hunter2' } },
        leaves: ['abcd', 2, 2],
        labels: { Team: 'x', ok: 1 },
        extra: [],
        old: 'yes',
      }),
    ).toMatchInlineSnapshot(`
      [
        "model has no value",
        "modle is not known (did you mean \`model\`?)",
        "train.epoch is not known (did you mean \`epochs\`?)",
        "train.epochs must be an integer, is 0.5",
        "train.epochs must be >= 1, is 0.5",
        "train.rate must be > 0, is 0",
        "train.mode must be one of "full", "lora", is "half"",
        "teacher.url must match ^https?://, is "ftp://t"",
        "teacher.apiKey.key has no value",
        "teacher.apiKey.value is not known (one of \`name\`, \`key\`)",
        "leaves must have at most 2 entries, is ["abcd",2,2]",
        "leaves.0 must have at most 3 characters, is "abcd"",
        "leaves.1 must be a string, is 2",
        "leaves.2 must be a string, is 2",
        "labels.Team is not a valid name: it must match pattern "^[a-z]+$"",
        "labels.ok must be a string, is 1",
        "extra must be an object, is []",
        "old must be a boolean, is "yes"",
      ]
    `);
  });

  test.each<[string, JsonObject, string]>([
    [
      'an integer beyond 2^53',
      { model: 'x', train: { epochs: 2 ** 60 } },
      'train.epochs must be <= 100, is 1152921504606847000',
    ],
    [
      'an integer beyond 2^53 in free form',
      { model: 'x', extra: { n: 2 ** 60 } },
      'extra.n must be between -2^53 and 2^53, is 1152921504606847000',
    ],
    ['half a character', { model: 'a\ud800' }, 'model is not valid Unicode: it holds half of a character'],
  ])('refuse %s', (_, values, message) => {
    expect(judged(values)).toContain(message);
  });

  test('that are a secret itself are not repeated', () => {
    const apiKey = { name: ['hunter2'], key: 'hunter2', hunter: 'hunter2' };
    expect(judged({ model: 'x', teacher: { url: 'https://t', apiKey: 'hunter2' } }).join()).not.toContain('hunter2');
    expect(judged({ model: 'x', teacher: { url: 'https://t', apiKey } })).toEqual([
      'teacher.apiKey.hunter is not known (one of `name`, `key`)',
      'teacher.apiKey.name must be a reference {name, key} to a secret, never its value',
    ]);
  });

  test('refuse what is nested without end', () => {
    let deep: JsonObject = {};
    for (let level = 0; level < 200; level++) deep = { deep };
    expect(judged({ model: 'x', extra: deep })).toEqual(['extra.deep.deep is nested too deeply']);
  });

  test('a name with digits is a name, and an index is an index', () => {
    expect(params.validate({ model: 'x', labels: { '0': 'x' }, leaves: [1] }).map((fault) => fault.path)).toEqual([
      ['leaves', 0],
      ['labels', '0'],
    ]);
  });
});

describe('defaults', () => {
  const params = must(schema(TRAINING, '  required: [model]\n'));

  test('are nested, and stay out of an optional object that needs a value', () => {
    expect(params.defaults()).toEqual({ train: { epochs: 2, rate: 0.001, mode: 'lora' }, leaves: [] });
  });

  test('fill in what is given in part', () => {
    expect(params.withDefaults({ train: { epochs: 5 }, teacher: { url: 'u' } })).toEqual({
      train: { epochs: 5, rate: 0.001, mode: 'lora' },
      teacher: { url: 'u', retries: 3 },
      leaves: [],
    });
  });

  test('reach into lists and maps, and leave what does not fit as it is', () => {
    const rows = must(
      schema(
        [
          'rows: { type: array, items: { type: object, additionalProperties: false, properties: { n: { type: integer, default: 1 } } } }',
          'byName: { type: object, additionalProperties: { type: object, additionalProperties: false, properties: { n: { type: integer, default: 1 } } } }',
        ].join('\n'),
      ),
    );
    expect(rows.withDefaults({ rows: [{}, { n: 2 }, 'x'], byName: { a: {}, b: 3 } })).toEqual({
      rows: [{ n: 1 }, { n: 2 }, 'x'],
      byName: { a: { n: 1 }, b: 3 },
    });
  });

  test('of an object join with those of its fields', () => {
    const one = must(
      schema(
        'a: { type: object, additionalProperties: false, default: { x: 5 }, properties: { x: { type: integer, default: 1 }, y: { type: integer, default: 2 } } }',
      ),
    );
    expect(one.defaults()).toEqual({ a: { x: 5, y: 2 } });
  });

  test('fit the schema', () => {
    expect(params.validate({ model: 'x', ...params.defaults() })).toEqual([]);
  });
});

test('leaves are what a table shows', () => {
  expect(must(schema(TRAINING, '  required: [model]\n')).leaves()).toMatchInlineSnapshot(`
    [
      {
        "path": "model",
        "required": true,
        "source": {
          "builtin": [
            "tiny",
          ],
        },
        "title": "Base model",
        "type": "string",
      },
      {
        "default": 2,
        "description": "Passes over the data",
        "path": "train.epochs",
        "required": false,
        "type": "integer",
        "unit": "epochs",
      },
      {
        "default": 0.001,
        "examples": [
          0.01,
        ],
        "path": "train.rate",
        "required": false,
        "type": "number",
      },
      {
        "default": "lora",
        "enum": [
          "full",
          "lora",
        ],
        "path": "train.mode",
        "required": false,
        "type": "string",
      },
      {
        "path": "teacher.url",
        "required": false,
        "type": "string",
      },
      {
        "default": 3,
        "path": "teacher.retries",
        "required": false,
        "type": "integer",
      },
      {
        "path": "teacher.apiKey",
        "required": false,
        "secret": true,
        "type": "secret",
      },
      {
        "default": [],
        "path": "leaves",
        "required": false,
        "type": "list of string",
      },
      {
        "path": "labels",
        "required": false,
        "type": "map of string",
      },
      {
        "path": "extra",
        "required": false,
        "type": "object",
      },
      {
        "deprecated": true,
        "path": "old",
        "required": false,
        "type": "boolean",
      },
    ]
  `);
});
