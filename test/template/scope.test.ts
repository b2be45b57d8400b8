import { describe, expect, test } from 'vitest';
import { compileExpression, createScope, formatProblems } from '../../src/template/index.ts';
import { readSchema } from '../../src/template/schema/schema-reader.ts';
import type { TypeScope } from '../../src/template/scope.ts';
import { must, problemsOf } from './harness.ts';

const typeOf = (schema: Parameters<typeof readSchema>[0]) => readSchema(schema, { strict: false }).type;
const compile = (text: string, scope: TypeScope) =>
  compileExpression({ text, place: { file: 'x', line: 1, column: 1 }, file: { path: 'x', text } }, scope);

describe('a scope', () => {
  const scope = createScope({
    any: 'dyn',
    a: { type: 'object', required: ['x'], properties: { x: { type: 'integer' } } },
    b: { type: 'object', required: ['x'], properties: { x: { type: 'string' } } },
  });

  test('keeps types of the same shape and names apart', () => {
    expect(must(compile('string(a.x) + b.x', scope)).evaluate({ a: { x: 1 }, b: { x: '2' } })).toBe('12');
    expect(formatProblems(problemsOf(compile('a.x + b.x', scope)))).toContain(
      '`+` does not take an integer and a string',
    );
  });

  test('checks nothing inside dyn', () => {
    expect(must(compile('any.deep[0].thing', scope)).evaluate({ any: { deep: [{ thing: true }] } })).toBe(true);
  });

  test('with one more variable leaves the old one as it was', () => {
    const wider = scope.with('c', { kind: 'int' });
    expect(must(compile('a.x + c', wider)).evaluate({ a: { x: 1 }, c: 2 })).toBe(3);
    expect(formatProblems(problemsOf(compile('c', scope)))).toContain('there is no variable `c`');
    expect(scope.with('c', { kind: 'int' })).toBe(wider);
    expect(scope.with('c', { kind: 'string' })).not.toBe(wider);
  });

  test('with a new type of objects is never another with a new type', () => {
    const rows = (type: string) =>
      typeOf({ type: 'array', items: { type: 'object', required: ['n'], properties: { n: { type } } } });
    const numbers = scope.with('rows', rows('integer'));
    const texts = scope.with('rows', rows('string'));
    expect(must(compile('rows.map(r, r.n)', numbers)).evaluate({ rows: [{ n: 1 }] })).toEqual([1]);
    expect(must(compile('rows.map(r, r.n)', texts)).evaluate({ rows: [{ n: 'x' }] })).toEqual(['x']);
  });

  test('refuses values that do not have its types', () => {
    expect(() => must(compile('a.x', scope)).evaluate({ a: { x: 'one' } })).toThrow(
      'a.x is the string "one", not an integer',
    );
    expect(() => must(compile('a.x', scope)).evaluate({ a: [] })).toThrow('a is a list, not an object');
  });

  test('written in code with a schema outside the subset is a bug', () => {
    expect(() => createScope({ a: { type: 'object', properties: { x: { type: 'strng' } } } })).toThrow(
      'the schema of variable a',
    );
  });
});
