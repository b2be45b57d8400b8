import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MASK, Masker } from '../../../src/adapters/logs/masking.ts';

function masked(secrets: readonly string[], text: string): string {
  return new Masker(secrets).text(text);
}

describe('a masker', () => {
  const key = 'sk-42"p\u00e4ss/w+rd';
  test.each([
    { what: 'as it is', text: `key=${key};`, shown: `key=${MASK};` },
    { what: 'twice', text: `${key} ${key}`, shown: `${MASK} ${MASK}` },
    { what: 'as JSON writes it', text: JSON.stringify({ key }), shown: `{"key":"${MASK}"}` },
    { what: 'in a URL', text: `?k=${encodeURIComponent(key)}&x`, shown: `?k=${MASK}&x` },
    { what: 'not at all', text: 'nothing to see', shown: 'nothing to see' },
  ])('masks a value $what', ({ text, shown }) => {
    expect(masked([key], text)).toBe(shown);
  });

  test('masks a value in base64, wherever it begins in what was encoded', () => {
    for (const before of ['', 'u', 'us', 'user:']) {
      const text = masked([key], Buffer.from(`${before}${key}`).toString('base64'));
      expect(text).toContain(MASK);
      expect(text.length).toBeLessThan(before.length * 2 + MASK.length + 6);
    }
  });

  test('masks each line of a value of several lines', () => {
    expect(masked(['first line\nsecond line\n'], 'a first line b\nsecond line')).toBe(`a ${MASK} b\n${MASK}`);
  });

  test('leaves short values and short lines alone', () => {
    expect(masked(['no', 'ab\nlonger one'], 'no ab longer one')).toBe(`no ab ${MASK}`);
  });

  test('values that overlap leave nothing of either', () => {
    expect(masked(['abcdefgh', 'efghijkl'], '.abcdefghijkl.')).toBe(`.${MASK}.`);
  });

  test('gives the same bytes however the text is cut, as long as it sees its reach around each piece', () => {
    const secret = fc.string({ unit: fc.constantFrom('a', 'b', '"'), minLength: 6, maxLength: 9 });
    const text = fc
      .array(fc.oneof(secret, fc.string({ unit: fc.constantFrom('a', 'b', '"', '\\') })))
      .map((all) => all.join(''));
    fc.assert(
      fc.property(
        fc.array(secret, { minLength: 1, maxLength: 3 }),
        text,
        fc.integer({ min: 1, max: 20 }),
        (secrets, whole, size) => {
          const masker = new Masker(secrets);
          const bytes = Buffer.from(whole);
          const pieces: Buffer[] = [];
          for (let at = 0; at < bytes.length; at += size) {
            const begin = Math.max(0, at - masker.reach);
            const end = Math.min(bytes.length, at + size);
            const window = bytes.subarray(begin, end + masker.reach);
            pieces.push(masker.mask(window, at - begin, end - begin));
          }
          expect(Buffer.concat(pieces).toString()).toBe(masker.text(whole));
        },
      ),
    );
  });
});
