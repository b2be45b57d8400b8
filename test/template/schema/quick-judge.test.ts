import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../../src/domain/json.ts';
import { fitsForSure } from '../../../src/template/schema/quick-judge.ts';
import { ValueJudge } from '../../../src/template/schema/value-judge.ts';

const text = fc.oneof(fc.constantFrom('a', 'b', 'ab', '', 'constructor', '\ud83d\ude00', '\ud800'), fc.string());
const number = fc.oneof(fc.integer({ min: -3, max: 9 }), fc.double(), fc.constantFrom(2 ** 53, -0, 1e21, 0.5));
const limits = fc.integer({ min: -2, max: 8 });
const counts = fc.nat(3);

function optional(keywords: Record<string, fc.Arbitrary<Json>>): fc.Arbitrary<JsonObject> {
  return fc.record(keywords, { requiredKeys: [], noNullPrototype: true }) as fc.Arbitrary<JsonObject>;
}

const choices = { enum: fc.array(fc.oneof(text, number, fc.boolean()), { minLength: 1, maxLength: 3 }) };
const annotations = { title: fc.constant('t'), 'x-unit': fc.constant('u') };
const range = {
  minimum: limits,
  maximum: limits,
  exclusiveMinimum: limits,
  exclusiveMaximum: limits,
  multipleOf: fc.constant(2),
};

/** Schemas of the subset, sensible and not. */
const schema = fc.letrec<{ any: JsonObject }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 3 },
    typed(
      'string',
      optional({
        minLength: counts,
        maxLength: counts,
        pattern: fc.constantFrom('^a', 'b$', '^.$'),
        ...choices,
        ...annotations,
      }),
    ),
    typed('integer', optional({ ...range, ...choices })),
    typed('number', optional({ ...range, const: number })),
    typed('boolean', optional({ const: fc.boolean() })),
    fc.constant({ type: 'object', 'x-secret': true }),
    typed('object', fc.constantFrom({ additionalProperties: true }, { additionalProperties: true, minProperties: 1 })),
    typed(
      'array',
      fc
        .tuple(tie('any'), optional({ minItems: counts, maxItems: counts, uniqueItems: fc.boolean() }))
        .map(([items, more]) => ({ items, ...more })),
    ),
    typed(
      'object',
      tie('any').map((additionalProperties) => ({ additionalProperties })),
    ),
    typed(
      'object',
      fc
        .tuple(tie('any'), tie('any'), fc.subarray(['a', 'b']))
        .map(([a, b, required]) => ({ additionalProperties: false, properties: { a, b }, required })),
    ),
  ),
})).any;

function typed(type: string, rest: fc.Arbitrary<JsonObject>): fc.Arbitrary<JsonObject> {
  return rest.map((keywords) => ({ type, ...keywords }));
}

const value = fc.letrec<{ any: Json }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 3 },
    text,
    number,
    fc.boolean(),
    fc.constant(null),
    fc.constantFrom<Json>({ name: 'n', key: 'k' }, { name: '', key: 'k' }, { name: 'n' }),
    fc.array(tie('any'), { maxLength: 3 }),
    fc.dictionary(fc.oneof(fc.constantFrom('a', 'b'), text), tie('any'), { maxKeys: 3 }) as fc.Arbitrary<Json>,
  ),
})).any;

/** Values that nearly fit, or do, and now and then one of anything. */
function near(own: JsonObject): fc.Arbitrary<Json> {
  return fc.oneof({ weight: 5, arbitrary: ofType(own) }, { weight: 1, arbitrary: value });
}

function ofType(own: JsonObject): fc.Arbitrary<Json> {
  if (own['x-secret'] === true)
    return fc.constantFrom<Json>({ name: 'n', key: 'k' }, { name: '', key: 'k' }, { name: 'n' });
  switch (own['type']) {
    case 'string':
      return text;
    case 'boolean':
      return fc.boolean();
    case 'array':
      return fc.array(near(own['items'] as JsonObject), { maxLength: 3 });
    case 'object':
      return ofObject(own);
    default:
      return number;
  }
}

function ofObject(own: JsonObject): fc.Arbitrary<Json> {
  const fields = own['properties'] as Readonly<Record<string, JsonObject>> | undefined;
  if (fields !== undefined) {
    const parts = Object.fromEntries(Object.entries(fields).map(([name, inner]) => [name, near(inner)]));
    return fc.record(parts, { requiredKeys: [], noNullPrototype: true }) as fc.Arbitrary<JsonObject>;
  }
  const values = own['additionalProperties'];
  const inner = values === true ? value : near(values as JsonObject);
  return fc.dictionary(text, inner, { maxKeys: 3 }) as fc.Arbitrary<Json>;
}

/** What ajv says: a second value that never fits keeps the quick judge from answering. */
function faultsByAjv(own: JsonObject, judged: Json) {
  const judge = new ValueJudge({ type: 'array', prefixItems: [own, { type: 'string' }] });
  const faults = judge.faults([judged, 1]);
  expect(faults.some((fault) => fault.path[0] === 1)).toBe(true);
  return faults.filter((fault) => fault.path[0] === 0);
}

describe('what fits for sure', () => {
  test('has no fault for ajv either', () => {
    let sure = 0;
    fc.assert(
      fc.property(
        schema.chain((own) => fc.tuple(fc.constant(own), near(own))),
        ([own, judged]) => {
          if (!fitsForSure(judged, own)) return;
          sure += 1;
          expect(faultsByAjv(own, judged)).toEqual([]);
        },
      ),
      { numRuns: 1500 },
    );
    expect(sure).toBeGreaterThan(100);
  });

  test.each<[string, JsonObject, Json]>([
    ['a text', { type: 'string', minLength: 1, pattern: '^a', title: 't' }, 'ab'],
    ['a number', { type: 'number', exclusiveMinimum: 0 }, 0.5],
    [
      'an object',
      {
        type: 'object',
        additionalProperties: false,
        required: ['a'],
        properties: { a: { type: 'integer', default: 1 } },
      },
      { a: 1 },
    ],
    [
      'a map of lists',
      { type: 'object', additionalProperties: { type: 'array', items: { type: 'boolean' } } },
      { a: [true] },
    ],
    ['a secret', { type: 'object', 'x-secret': true }, { name: 'n', key: 'k' }],
    ['one of some', { type: 'string', enum: ['a', 'b'] }, 'b'],
  ])('%s is seen without ajv', (_what, own, judged) => {
    expect(fitsForSure(judged, own)).toBe(true);
  });

  test.each<[string, JsonObject, Json]>([
    ['free form', { type: 'object', additionalProperties: true }, { a: 1 }],
    ['a multiple', { type: 'integer', multipleOf: 2 }, 4],
    [
      'names of a map',
      { type: 'object', additionalProperties: { type: 'string' }, propertyNames: { pattern: 'a' } },
      {},
    ],
    [
      'a list of objects without twins',
      { type: 'array', uniqueItems: true, items: { type: 'object', additionalProperties: true } },
      [{}],
    ],
  ])('%s is left to ajv', (_what, own, judged) => {
    expect(fitsForSure(judged, own)).toBe(false);
    expect(new ValueJudge(own).faults(judged)).toEqual([]);
  });

  test.each<[JsonObject, Json]>([
    [{ type: 'number', minimum: 1 }, 0.5],
    [{ type: 'number', exclusiveMinimum: 1 }, 1],
    [{ type: 'number', maximum: 1 }, 1.5],
    [{ type: 'number', exclusiveMaximum: 1 }, 1],
    [{ type: 'integer' }, 0.5],
    [{ type: 'integer' }, 2 ** 53],
    [{ type: 'integer' }, '1'],
    [{ type: 'string', minLength: 2 }, '\ud83d\ude00'],
    [{ type: 'string', maxLength: 1 }, 'ab'],
    [{ type: 'string', pattern: '^a' }, 'b'],
    [{ type: 'string' }, '\ud800'],
    [{ type: 'string', enum: ['a'] }, 'b'],
    [{ type: 'string', const: 'a' }, 'b'],
    [{ type: 'boolean' }, null],
    [{ type: 'array', items: { type: 'integer' }, minItems: 1 }, []],
    [{ type: 'array', items: { type: 'integer' }, maxItems: 1 }, [1, 2]],
    [{ type: 'array', items: { type: 'integer' }, uniqueItems: true }, [1, 1]],
    [{ type: 'array', items: { type: 'integer' } }, ['x']],
    [{ type: 'object', additionalProperties: { type: 'string' } }, { '\ud800': 'x' }],
    [{ type: 'object', additionalProperties: { type: 'string' } }, { a: 1 }],
    [{ type: 'object', properties: { a: { type: 'string' } }, required: ['a'] }, {}],
    [{ type: 'object', properties: { a: { type: 'string' } } }, { b: 'x' }],
    [{ type: 'object', properties: { a: { type: 'string' } } }, { constructor: 'x' }],
    [
      { type: 'object', 'x-secret': true },
      { name: '', key: 'k' },
    ],
    [
      { type: 'object', 'x-secret': true },
      { name: 'n', key: 'k', more: 'x' },
    ],
  ])('%j does not take %j', (own, judged) => {
    expect(fitsForSure(judged, own)).toBe(false);
    expect(new ValueJudge(own).faults(judged)).not.toEqual([]);
  });
});
