import fc from 'fast-check';
import { expect, test } from 'vitest';
import { unifiedDiff } from '../../../src/domain/publication/unified-diff.ts';

test.each([
  ['the same', 'a\n', 'a\n', ''],
  ['a new file', undefined, 'a\nb\n', '--- /dev/null\n+++ b/x\n@@ -0,0 +1,2 @@\n+a\n+b\n'],
  ['a line more', 'a\nb\n', 'a\nn\nb\n', '--- a/x\n+++ b/x\n@@ -1,2 +1,3 @@\n a\n+n\n b\n'],
  [
    'three lines around',
    '1\n2\n3\n4\n5\n6\n7\n8\n9\n',
    '1\n2\n3\n4\nX\n6\n7\n8\n9\n',
    '--- a/x\n+++ b/x\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+X\n 6\n 7\n 8\n',
  ],
  ['all of it gone', 'a\n', '', '--- a/x\n+++ b/x\n@@ -1,1 +0,0 @@\n-a\n'],
])('%s', (_, before, after, diff) => {
  expect(unifiedDiff('x', before, after)).toBe(diff);
});

test('what is taken away and added leads from one text to the other', () => {
  const text = fc
    .array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 12 })
    .map((lines) => lines.map((line) => `${line}\n`).join(''));
  fc.assert(
    fc.property(text, text, (before, after) => {
      const diff = unifiedDiff('x', before, after);
      if (before === after) {
        expect(diff).toBe('');
        return;
      }
      const [, from = '', , to = ''] = /@@ -(\d+),(\d+) \+(\d+),(\d+) @@/.exec(diff)?.slice(1) ?? [];
      const lines = diff.split('\n').slice(3, -1);
      const side = (sign: string): readonly string[] =>
        lines.filter((line) => !line.startsWith(sign)).map((line) => line.slice(1));
      expect([side('+').length, side('-').length]).toEqual([Number(from), Number(to)]);
      expect(`\n${before}`).toContain(
        `\n${side('+')
          .map((line) => `${line}\n`)
          .join('')}`,
      );
      expect(`\n${after}`).toContain(
        `\n${side('-')
          .map((line) => `${line}\n`)
          .join('')}`,
      );
    }),
  );
});
