import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeBytes } from '../../src/domain/decode-bytes.ts';

test.each([
  ['UTF-8', Buffer.from('naïve 模型 👩‍💻'), 'naïve 模型 👩‍💻'],
  ['a latin-1 byte', Buffer.from([0x6e, 0x61, 0xef, 0x76, 0x65]), 'na\\xefve'],
  ['a cut character', Buffer.from([0x61, 0xe6, 0xa8]), 'a\\xe6\\xa8'],
  ['an overlong form of /', Buffer.from([0xc0, 0xaf]), '\\xc0\\xaf'],
  ['half a surrogate pair', Buffer.from([0xed, 0xa0, 0x80]), '\\xed\\xa0\\x80'],
  ['a replacement character that was meant', Buffer.from('a\ufffdb'), 'a\ufffdb'],
  ['one that was meant beside a fault', Buffer.from([0xef, 0xbf, 0xbd, 0xff]), '\ufffd\\xff'],
  ['a byte order mark', Buffer.from('\ufeffx'), '\ufeffx'],
  ['nothing', Buffer.from([]), ''],
])('%s', (_name, bytes, text) => {
  expect(decodeBytes(bytes)).toBe(text);
});

test('every text comes back from its bytes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(decodeBytes(Buffer.from(text))).toBe(text);
    }),
  );
});

test('no byte is lost: all of them can be read back from the text', () => {
  const noBackslash = fc.integer({ min: 0, max: 255 }).filter((byte) => byte !== 0x5c);
  const nearUtf8 = fc.array(fc.oneof(noBackslash, fc.constantFrom(0xef, 0xbf, 0xbd, 0xe6, 0xf0, 0x80)));
  fc.assert(
    fc.property(nearUtf8, (bytes) => {
      const parts = decodeBytes(Uint8Array.from(bytes)).split(/\\x([0-9a-f]{2})/);
      const back = parts.map((part, index) => Buffer.from(part, index % 2 === 0 ? 'utf8' : 'hex'));
      expect([...Buffer.concat(back)]).toEqual(bytes);
    }),
  );
});
