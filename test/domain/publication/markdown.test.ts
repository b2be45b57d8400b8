import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { code, counted, link, plainLine, table } from '../../../src/domain/publication/markdown.ts';
import { outsideCode } from './example.ts';

describe('a code span', () => {
  test.each([
    ['plain', '`plain`'],
    ['a`b', '``a`b``'],
    ['`a``', '``` `a`` ```'],
    ['@me', '`[at]me`'],
    ['', '` `'],
    ['a\nb', '`a b`'],
    ['\u202eabc', '`\\u202eabc`'],
    ['\u001b[31m', '`\\x1b[31m`'],
  ])('of %j is %s', (text, span) => {
    expect(code(text)).toBe(span);
  });

  test('holds whatever is put in, on one line, also in a table', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'`|\\@#<>-![]()ab \n\t\u202e\u0000😀') }), (text) => {
        const span = code(text);
        expect(outsideCode(span)).toBe('');
        expect(span).not.toMatch(/[@\p{Cc}\p{Cf}]/u);
        const [, , row = ''] = table(['', ''], [[span, 'x']]);
        expect(row.split(/(?<!\\)\|/)).toHaveLength(4);
        expect(outsideCode(row)).toBe('|  | x |');
      }),
      { numRuns: 500 },
    );
  });
});

test('a line is cut to its limit, and never inside a pair of surrogates', () => {
  expect(plainLine('abcdef', 6)).toBe('abcdef');
  expect(plainLine('abcdefg', 6)).toBe('abc...');
  expect(plainLine('ab😀defg', 6)).toBe('ab...');
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), fc.integer({ min: 3, max: 50 }), (text, limit) => {
      const line = plainLine(text, limit);
      expect(line.length).toBeLessThanOrEqual(limit);
      expect(line.isWellFormed()).toBe(true);
    }),
    { numRuns: 50 },
  );
});

test('a link leads to http only, and its address ends where it should', () => {
  expect(link('Model', 'https://hub.example.org/a/b')).toBe('[Model](https://hub.example.org/a/b)');
  expect(link('Model', 'https://x/a) [b](c|d')).toBe('[Model](https://x/a%29%20[b]%28c%7Cd)');
  expect(link('Model', 'javascript:alert(1)')).toBe('Model');
});

test('things are counted', () => {
  expect([counted(1, 'leaf', 'leaves'), counted(0, 'leaf', 'leaves')]).toEqual(['1 leaf', '0 leaves']);
});
