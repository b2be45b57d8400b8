import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { expand } from '../../../src/adapters/process/manifest/expansion.ts';

const values = new Map([
  ['A', 'one'],
  ['EMPTY', ''],
  ['REF', '$(A)'],
]);

// What a kubelet makes of them: the table of its own expansion, as documented for `command` and `args`.
describe('expansion', () => {
  test.each([
    ['$(A)', 'one'],
    ['a$(A)b$(A)', 'aonebone'],
    ['$(EMPTY)', ''],
    ['$(UNKNOWN)', '$(UNKNOWN)'],
    ['$(REF)', '$(A)'],
    ['$$(A)', '$(A)'],
    ['$$$(A)', '$one'],
    ['$$$$(A)', '$$(A)'],
    ['$$', '$'],
    ['$', '$'],
    ['a$', 'a$'],
    ['$A', '$A'],
    ['${A}', '${A}'],
    ['$(A', '$(A'],
    ['$(A $(A)', '$(A $(A)'],
    ['$()', '$()'],
    ['`$(A)`', '`one`'],
    ['\u{1f600}$(A)', '\u{1f600}one'],
  ])('%s becomes %s', (text, expanded) => {
    expect(expand(text, values)).toBe(expanded);
  });

  test('gives back every text whose dollars were doubled', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('$', '(', ')', 'A', ' ') }), (text) => {
        expect(expand(text.replaceAll('$', '$$$$'), values)).toBe(text);
      }),
    );
  });
});
