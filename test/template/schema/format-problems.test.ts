import { describe, expect, test } from 'vitest';
import { closest, nameHint } from '../../../src/domain/closest.ts';
import { formatProblems } from '../../../src/template/schema/format-problems.ts';
import { problemAt } from '../../../src/template/yaml/source-position.ts';

/** A problem that underlines `word` in a text. */
function problem(text: string, word: string, hint?: string) {
  const start = text.indexOf(word);
  return problemAt({ path: 'a.yaml', text }, { start, end: start + word.length }, 'wrong', hint);
}

describe('a problem', () => {
  test('shows place, line, marker and hint; several are a line apart', () => {
    const text = 'one: 1\ntwo: wrong\n';
    expect(formatProblems([problem(text, 'wrong', 'write 2'), problem(text, '1')])).toMatchInlineSnapshot(`
      "a.yaml:2:6: wrong
       2 | two: wrong
         |      ^~~~~
         = write 2

      a.yaml:1:6: wrong
       1 | one: 1
         |      ^"
    `);
  });

  test('keeps the marker under the word after tabs and wide characters', () => {
    expect(formatProblems([problem('\ta: \tbad', 'bad'), problem('鍵: 😀 bad', 'bad')])).toMatchInlineSnapshot(`
      "a.yaml:1:6: wrong
       1 | 	a: 	bad
         | 	   	^~~

      a.yaml:1:7: wrong
       1 | 鍵: 😀 bad
         |        ^~~"
    `);
  });

  test('is marked on its first line only', () => {
    expect(formatProblems([problem('a: |\n  x\n  y\n', 'x\n  y')])).toMatchInlineSnapshot(`
      "a.yaml:2:3: wrong
       2 |   x
         |   ^"
    `);
  });

  test('in a very long line shows the part around it', () => {
    const text = `${'a'.repeat(500)} bad ${'b'.repeat(500)}`;
    expect(formatProblems([problem(text, 'bad')])).toMatchInlineSnapshot(`
      "a.yaml:1:502: wrong
       1 | ...aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa bad bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb...
         |                                                                                    ^~~"
    `);
  });

  test('never sends control characters of the file to a terminal', () => {
    const text = 'a: \u001b[31mred\u0007 \u202ebad';
    const shown = formatProblems([problem(text, 'bad')]);
    expect(shown).toMatchInlineSnapshot(`
      "a.yaml:1:15: wrong
       1 | a: �[31mred� �bad
         |               ^~~"
    `);
    expect(shown).not.toContain('\u001b');
    const said = { ...problem('a: 1', '1'), message: 'no \u001b[2J', hint: 'not\n\u0007' };
    expect(formatProblems([said])).toBe('a.yaml:1:4: no \ufffd[2J\n 1 | a: 1\n   |    ^\n   = not\ufffd\ufffd');
  });

  test('at the end of a file without a last line end has a place', () => {
    const text = 'a: 1';
    expect(formatProblems([problemAt({ path: 'a.yaml', text }, { start: 4, end: 9 }, 'more')])).toMatchInlineSnapshot(`
      "a.yaml:1:5: more
       1 | a: 1
         |     ^"
    `);
  });

  test('counts lines with Windows ends as lines', () => {
    expect(problem('a: 1\r\nb: bad\r\n', 'bad')).toMatchObject({ line: 2, column: 4, sourceLine: 'b: bad' });
  });
});

describe('the closest name', () => {
  const NAMES = ['train', 'name', 'epochs', 'learningRate', 'x'];

  test.each([
    ['trian', 'train'],
    ['Train', 'train'],
    ['epoch', 'epochs'],
    ['learning_rate', 'learningRate'],
    ['nmae', 'name'],
    ['y', undefined],
    ['workspace', undefined],
    ['', undefined],
  ])('to %j is %j', (typed, expected) => {
    expect(closest(typed, NAMES)).toBe(expected);
  });

  test('is the hint; else the names are listed, the first twelve', () => {
    expect(nameHint('trian', NAMES)).toBe('did you mean `train`?');
    expect(nameHint('workspace', ['a', 'b'])).toBe('one of `a`, `b`');
    expect(nameHint('workspace', [])).toBeUndefined();
    expect(
      nameHint(
        'workspace',
        Array.from({ length: 20 }, (_, index) => `n${index}`),
      ),
    ).toMatch(/`n11`, \.\.\.$/);
  });
});
