import fc from 'fast-check';
import { expect, test } from 'vitest';
import { unifiedDiff } from '../../../src/domain/publication/unified-diff.ts';

const TWENTY = Array.from({ length: 20 }, (_, index) => `${index + 1}\n`);

test.each([
  ['the same', 'a\n', 'a\n', ''],
  ['a new file', undefined, 'a\nb\n', '--- /dev/null\n+++ b/x\n@@ -0,0 +1,2 @@\n+a\n+b\n'],
  ['a line more', 'a\nb\n', 'a\nn\nb\n', '--- a/x\n+++ b/x\n@@ -1,2 +1,3 @@\n a\n+n\n b\n'],
  ['all of it gone', 'a\n', '', '--- a/x\n+++ b/x\n@@ -1,1 +0,0 @@\n-a\n'],
  [
    'two places',
    TWENTY.join(''),
    TWENTY.with(4, 'X\n').with(17, 'Y\n').join(''),
    '--- a/x\n+++ b/x\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+X\n 6\n 7\n 8\n@@ -15,6 +15,6 @@\n 15\n 16\n 17\n-18\n+Y\n 19\n 20\n',
  ],
])('%s', (_, before, after, diff) => {
  expect(unifiedDiff('x', before, after)).toBe(diff);
});

test('a diff leads from one text to the other', () => {
  const text = fc
    .array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 30 })
    .map((lines) => lines.map((line) => `${line}\n`).join(''));
  fc.assert(
    fc.property(text, text, (before, after) => {
      expect(patched(before, unifiedDiff('x', before, after))).toBe(after);
    }),
    { numRuns: 300 },
  );
});

test('a text that is too large for it is shown whole, soon', () => {
  const many = (name: string): string => Array.from({ length: 3000 }, (_, index) => `${name}${index}\n`).join('');
  expect(unifiedDiff('x', many('a'), many('b')).split('\n')).toHaveLength(6004);
});

/** Does what patch(1) does. */
function patched(text: string, diff: string): string {
  const old = text === '' ? [] : text.slice(0, -1).split('\n');
  const now: string[] = [];
  let at = 0;
  for (const line of diff.split('\n').slice(2, -1)) {
    const [, start, count] = /^@@ -(\d+),(\d+) \+\d+,\d+ @@$/.exec(line) ?? [];
    if (start !== undefined) {
      const from = count === '0' ? Number(start) : Number(start) - 1;
      now.push(...old.slice(at, from));
      at = from;
      continue;
    }
    if (!line.startsWith('+')) {
      expect(line.slice(1)).toBe(old[at]);
      at += 1;
    }
    if (!line.startsWith('-')) now.push(line.slice(1));
  }
  now.push(...old.slice(at));
  return now.map((line) => `${line}\n`).join('');
}
