import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readEnvironment, variableOf } from '../../src/config/environment.ts';
import { givenAt } from '../../src/config/values/given-values.ts';
import { mergeGiven } from '../../src/config/values/merge-given.ts';
import { showOrigin } from '../../src/config/values/origin.ts';
import { paramVariables } from '../../src/config/values/param-variables.ts';
import { readTypedText } from '../../src/config/values/typed-text.ts';
import { upperSnake } from '../../src/config/values/upper-snake.ts';
import { DURATION_FORM, parseDuration } from '../../src/domain/durations.ts';
import type { Json, JsonObject } from '../../src/domain/json.ts';

const FLAG = { kind: 'flag', flag: '--set x' } as const;

describe('durations', () => {
  test.each([
    ['30s', 30],
    ['15m', 900],
    ['24h', 86_400],
    ['7d', 604_800],
    ['0s', 0],
  ])('%s is %i seconds', (text, seconds) => {
    expect(parseDuration(text)).toBe(seconds);
  });

  test.each(['', '30', 's', '1h30m', '1.5h', '-1s', ' 1s', '1s ', '1S', '1w', '1e3s', '9999999s', '٣s'])(
    '%j is none',
    (text) => {
      expect(parseDuration(text)).toBeUndefined();
    },
  );

  test('the form that messages tell is one', () => {
    const examples = DURATION_FORM.split(': ')[1]?.split(', ') ?? [];
    expect(examples.length).toBeGreaterThan(2);
    for (const example of examples) expect(parseDuration(example)).toBeGreaterThan(0);
  });
});

describe('a typed text', () => {
  test.each<[string, JsonObject, Json]>([
    ['a b', { type: 'string' }, 'a b'],
    ['3', { type: 'string' }, '3'],
    ['', { type: 'string' }, ''],
    ['"x"', { type: 'string' }, '"x"'],
    ['3', { type: 'integer' }, 3],
    ['-3', { type: 'integer' }, -3],
    ['3', { type: 'number' }, 3],
    ['.5', { type: 'number' }, 0.5],
    ['2e-5', { type: 'number' }, 0.00002],
    ['true', { type: 'boolean' }, true],
    ['[1, 2]', { type: 'array', items: { type: 'integer' } }, [1, 2]],
    ['{"a": 1}', { type: 'object', additionalProperties: { type: 'integer' } }, { a: 1 }],
    ['null', { type: 'string' }, null],
    ['null', { type: 'object', 'x-secret': true }, null],
  ])('%j as %j', (text, schema, value) => {
    expect(readTypedText(text, schema)).toEqual({ kind: 'ok', value });
  });

  test.each<[string, JsonObject]>([
    ['3.0', { type: 'integer' }],
    ['0x10', { type: 'integer' }],
    ['', { type: 'integer' }],
    [' 3', { type: 'integer' }],
    ['NaN', { type: 'number' }],
    ['Infinity', { type: 'number' }],
    ['yes', { type: 'boolean' }],
    ['TRUE', { type: 'boolean' }],
    ['a,b', { type: 'array', items: { type: 'string' } }],
    ['plain-secret', { type: 'object', 'x-secret': true }],
    ['env:1X', { type: 'object', 'x-secret': true }],
    ['file:relative', { type: 'object', 'x-secret': true }],
  ])('%j is no %j', (text, schema) => {
    expect(readTypedText(text, schema)).toMatchObject({ kind: 'fault' });
  });

  test('every number that JSON writes is one', () => {
    fc.assert(
      fc.property(fc.double({ noDefaultInfinity: true, noNaN: true }), (value) => {
        expect(readTypedText(JSON.stringify(value), { type: 'number' })).toEqual({ kind: 'ok', value: value + 0 });
      }),
    );
  });
});

describe('variables', () => {
  test.each([
    ['taxonomyBase', 'TAXONOMY_BASE'],
    ['epochs', 'EPOCHS'],
    ['apiKey', 'API_KEY'],
    ['h100x4', 'H100X4'],
    ['a-b.c', 'A_B_C'],
  ])('%s is %s', (name, variable) => {
    expect(upperSnake(name)).toBe(variable);
  });

  test('the path of a parameter', () => {
    expect(variableOf(['teacher', 'apiKey'])).toBe('ILAB_BACKEND_PARAM_TEACHER_API_KEY');
  });

  test('one that can mean two parameters is refused', () => {
    const text = { type: 'string' };
    const inner = { type: 'object', additionalProperties: false, properties: { b: text } };
    const schema = { type: 'object', additionalProperties: false, properties: { aB: text, a: inner } };
    expect(readEnvironment({ ILAB_BACKEND_PARAM_A_B: 'x' }, schema, '/').faults).toMatchObject([
      { fault: { message: 'it can mean aB and a.b' } },
    ]);
    expect(readEnvironment({ ILAB_BACKEND_PARAM_A: '{"b":"x"}' }, schema, '/').given).toMatchObject([
      { path: ['a', 'b'], value: 'x' },
    ]);
  });

  test('names that are not ours are left alone', () => {
    const env = { PATH: '/bin', ILAB_BACKEND: 'x', ILAB_OTHER: 'y', HOME: undefined };
    expect(readEnvironment(env, { type: 'object', properties: {} }, '/')).toEqual({ given: [], faults: [] });
  });

  test('PARAM_* are sorted, scalars only, and the first of two spellings holds', () => {
    const params = { z: 1, a: { bC: true, list: ['x'] }, none: null, aBC: 'second', big: 1e21 };
    expect(paramVariables(params)).toEqual([
      { name: 'PARAM_A_BC', value: 'second' },
      { name: 'PARAM_A_B_C', value: 'true' },
      { name: 'PARAM_BIG', value: '1e+21' },
      { name: 'PARAM_Z', value: '1' },
    ]);
    expect(paramVariables({ aB: 1, 'a-b': 2 })).toEqual([{ name: 'PARAM_A_B', value: '1' }]);
  });
});

describe('joined layers', () => {
  const given = (path: string, value: Json) => ({ path: path.split('.'), value, origin: FLAG, base: '/' });

  test.each<[string, ReturnType<typeof given>[][], JsonObject]>([
    ['the last wins', [[given('a', 1)], [given('a', 2)]], { a: 2 }],
    ['branches join', [[given('a.b', 1)], [given('a.c', 2)]], { a: { b: 1, c: 2 } }],
    ['null takes back', [[given('a.b', 1), given('c', 1)], [given('a.b', null)]], { c: 1 }],
    ['null takes back a branch', [[given('a.b', 1)], [given('a', null)]], {}],
    ['a value after null holds', [[given('a', 1)], [given('a', null)], [given('a', 2)]], { a: 2 }],
    ['a scalar takes the place of a branch', [[given('a.b', 1)], [given('a', 2)]], { a: 2 }],
    ['a branch takes the place of a scalar', [[given('a', 1)], [given('a.b', 2)]], { a: { b: 2 } }],
    [
      'names that every object has',
      [[given('constructor', 1), given('a.toString', 2)]],
      { constructor: 1, a: { toString: 2 } } as unknown as JsonObject,
    ],
  ])('%s', (_what, layers, values) => {
    expect(mergeGiven(layers).values).toEqual(values);
  });

  test('what holds is what the tree says, each with who gave it', () => {
    const leaf = fc.oneof(fc.integer(), fc.constant(null), fc.string());
    const name = fc.constantFrom('a', 'b', 'c');
    const one = fc.record({ path: fc.array(name, { minLength: 1, maxLength: 3 }), value: leaf });
    const layers = fc.array(fc.array(one, { maxLength: 4 }), { maxLength: 5 });
    fc.assert(
      fc.property(layers, (all) => {
        const merged = mergeGiven(
          all.map((layer, index) =>
            layer.map((entry) => ({ ...entry, origin: { kind: 'flag', flag: `${index}` } as const, base: '/' })),
          ),
        );
        for (const { path, value, origin } of merged.given) {
          expect(path.reduce<Json | undefined>((at, key) => (at as JsonObject)[key], merged.values)).toEqual(value);
          // Nobody above it said anything about the same place, or around or inside it.
          const layer = Number(origin.kind === 'flag' ? origin.flag : -1);
          const touches = (other: readonly string[]) =>
            path.every((key, at) => at >= other.length || other[at] === key);
          expect(
            all
              .slice(layer + 1)
              .flat()
              .some((entry) => touches(entry.path)),
          ).toBe(false);
        }
      }),
    );
  });

  test('a whole branch that is typed is its leaves', () => {
    const schema = {
      type: 'object',
      additionalProperties: false,
      properties: { a: { type: 'integer' }, key: { type: 'object', 'x-secret': true } },
    };
    const value = { a: 1, key: { name: 'n', key: 'k' }, x: { y: 1 } };
    expect(givenAt({ path: ['p'], value, origin: FLAG, base: '/' }, schema).map(({ path }) => path)).toEqual([
      ['p', 'a'],
      ['p', 'key'],
      ['p', 'x'],
    ]);
  });
});

test.each([
  [FLAG, '--set x'],
  [{ kind: 'environment', variable: 'ILAB_BACKEND_PROFILE' } as const, '$ILAB_BACKEND_PROFILE'],
  [{ kind: 'project', file: 'ilab-backend.yaml', line: 4, column: 3 } as const, 'ilab-backend.yaml:4:3'],
  [{ kind: 'built-in' } as const, 'built in'],
])('an origin shows as people look for it', (origin, text) => {
  expect(showOrigin(origin)).toBe(text);
});
