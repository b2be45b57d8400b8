import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cutTo, padTo, textWidth, wrapTo } from '../../../src/ui/text/text-width.ts';

describe('textWidth', () => {
  test.each([
    ['', 0],
    ['train', 5],
    ['naïve', 5],
    ['nai\u0308ve', 5],
    ['模型', 4],
    ['한글', 4],
    ['👩‍💻', 2],
    ['\u001b[31mred\u001b[39m', 3],
  ])('%j takes %i cells', (text, width) => {
    expect(textWidth(text)).toBe(width);
  });
});

test('padTo fills up by cells and cuts nothing', () => {
  expect(padTo('模', 4)).toBe('模  ');
  expect(padTo('longer', 3)).toBe('longer');
});

test.each([
  ['fits', 'train', 5, 'train'],
  ['is cut with a mark', 'training', 5, 'trai…'],
  ['never half a wide character', '模型', 3, '模…'],
  ['leaves one cell for the mark', '模型', 2, '…'],
  ['no room', 'train', 0, ''],
])('cutTo: %s', (_name, text, width, cut) => {
  expect(cutTo(text, width)).toBe(cut);
});

test.each([
  ['at spaces', 'the quick brown fox', 10, ['the quick', 'brown fox']],
  ['inside a word that is too long', 'sha256:0123456789', 6, ['sha256', ':01234', '56789']],
  ['wide characters', '模型模型', 4, ['模型', '模型']],
  ['not when it fits', 'as it is', 8, ['as it is']],
  ['not without room', 'as it is', 0, ['as it is']],
])('wrapTo breaks %s', (_name, text, width, lines) => {
  expect(wrapTo(text, width)).toEqual(lines);
});

test('wrapped lines fit and keep every letter', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('a', 'b', ' ', '模') }),
      fc.integer({ min: 2, max: 12 }),
      (text, width) => {
        const lines = wrapTo(text, width);
        if (textWidth(text) > width) for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(width);
        expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
      },
    ),
  );
});
