import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { Json, JsonObject } from '../../src/domain/json.ts';
import { toYaml } from '../../src/template/index.ts';

/** Texts that some reader of YAML takes for something else, or that look like its structure. */
const TRAPS = [
  ...[
    'no',
    'NO',
    'y',
    'N',
    'on',
    'Off',
    'true',
    'null',
    '~',
    '',
    'NaN',
    '.inf',
    '-.inf',
    '1_000',
    '0777',
    '0o17',
    '0x1F',
    '0b1',
  ],
  ...[
    '1:30',
    '190:20:30',
    '2001-01-01',
    '1e3',
    '12e03',
    '+1',
    '-1',
    '1.',
    '0.5',
    '.5',
    '=',
    '<<',
    '5m',
    '64Mi',
    '1G',
    '1e5m',
  ],
  ...[
    '- a',
    '-',
    '--',
    '---',
    '--x',
    '...',
    '? x',
    ': x',
    'a: b',
    'a:',
    'a:b',
    '# c',
    'a #b',
    '!x',
    '&x',
    '*x',
    '%x',
    '@x',
    '`x`',
  ],
  ...['"x', "'", '{a}', '[a]', 'a, b', '|', '>', ' a', 'a ', 'a  b', '$(X)', '$$(X)', `\${y}`, ';', '\\', 'a\\nb'],
  ...['\n', 'a\n', '\na', 'a\n\n', 'a\nb', 'a\n b\n', 'a\n  \nb', 'x\n\ty', 'a\n---\nb', 'a\n# b', 'a\n b\n\n\nc\n\n'],
  ...[
    '\0',
    '\t',
    'a\tb',
    'a\rb',
    '\u001b[31m',
    '\u007f',
    '\u0085',
    '\u00a0',
    '\u2028',
    '\u2029',
    '\ufeffx',
    '\u202ex',
    '\ufffe',
    '😀',
    'é',
  ],
  'x'.repeat(2000),
  '__proto__',
  'constructor',
];

const text = fc.oneof(fc.constantFrom(...TRAPS), fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }));
const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
const json = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    text,
    number,
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(text, tie('value'), { maxKeys: 4 }),
  ),
})).value;
const object: fc.Arbitrary<JsonObject> = fc.dictionary(text, json, { minKeys: 1, maxKeys: 4 });

function read(yaml: string, version: '1.1' | '1.2'): unknown {
  return parseAllDocuments(yaml, { version }).map((document) => {
    const [error] = document.errors;
    if (error !== undefined) throw error;
    return document.toJS() as unknown;
  });
}

describe('manifests as YAML', () => {
  test.each(['1.1', '1.2'] as const)('read back as the same objects under YAML %s', (version) => {
    fc.assert(
      fc.property(fc.array(object, { minLength: 1, maxLength: 3 }), (objects) => {
        expect(read(toYaml(objects), version)).toEqual(objects);
      }),
      { numRuns: 150 },
    );
  });

  test('every trap is read back, as a value and as a key', () => {
    for (const trap of TRAPS) {
      const traps = [{ [trap]: trap, list: [trap] }];
      expect(read(toYaml(traps), '1.1')).toEqual(traps);
    }
  });

  test('look as people write them', () => {
    const job = {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'a-1', labels: { 'app.kubernetes.io/name': 'x', on: 'yes' }, annotations: {} },
      spec: {
        suspend: false,
        containers: [
          { name: 'main', image: 'quay.io/a/b:1.0@sha256:abc', command: ['sh', '-c', 'echo "$A"\nexit 0\n'], args: [] },
          {
            name: 'side',
            env: [
              { name: 'A', value: '1' },
              { name: 'B', value: 'two words' },
            ],
            resources: { limits: { memory: '64Mi' } },
          },
        ],
        matrix: [
          [1, 2.5],
          [-0.5, 1e-7, 1e21],
        ],
        nothing: null,
        url: 'https://x.y/z?a=b&c',
        flag: '--epochs=3',
        bell: '\u0007é',
      },
    };
    expect(toYaml([job, { kind: 'List' }])).toMatchInlineSnapshot(`
      "apiVersion: batch/v1
      kind: Job
      metadata:
        name: a-1
        labels:
          app.kubernetes.io/name: x
          "on": "yes"
        annotations: {}
      spec:
        suspend: false
        containers:
          - name: main
            image: quay.io/a/b:1.0@sha256:abc
            command:
              - sh
              - -c
              - |
                echo "$A"
                exit 0
            args: []
          - name: side
            env:
              - name: A
                value: "1"
              - name: B
                value: two words
            resources:
              limits:
                memory: 64Mi
        matrix:
          - - 1
            - 2.5
          - - -0.5
            - 1.0e-7
            - 1.0e+21
        nothing: null
        url: "https://x.y/z?a=b&c"
        flag: --epochs=3
        bell: "\\u0007é"
      ---
      kind: List
      "
    `);
  });

  test('are the same bytes for the same objects', () => {
    fc.assert(fc.property(object, (value) => toYaml([value]) === toYaml([structuredClone(value)])));
  });

  test('never hold a raw control character or a line break of YAML 1.1', () => {
    fc.assert(
      fc.property(object, (value) => {
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there.
        expect(toYaml([value])).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\ufeff]/);
      }),
    );
  });
});
