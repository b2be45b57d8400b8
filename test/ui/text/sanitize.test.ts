import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DISPLAY_BYTES_MAX, oneLine, sanitize } from '../../../src/ui/text/sanitize.ts';
import { anyText, CONTROLS } from '../hostile.ts';

const ESC = '\u001b';

describe('sanitize', () => {
  test.each([
    ['plain text', 'loss 1.25 at step 3', 'loss 1.25 at step 3'],
    ['a tab', 'a\tb', 'a\tb'],
    ['letters beyond ASCII and joined emoji', 'naïve 模型 👩‍💻', 'naïve 模型 👩‍💻'],
    ['a window title (OSC)', `${ESC}]0;owned\u0007x`, '\\x1b]0;owned\\x07x'],
    ['a cleared screen', `${ESC}[2J${ESC}[Hx`, '\\x1b[2J\\x1b[Hx'],
    ['colour where none is wanted', `${ESC}[31mred${ESC}[0m`, '\\x1b[31mred\\x1b[0m'],
    ['C1 controls', '\u009b31mx\u0085', '\\x9b31mx\\x85'],
    ['NUL, backspace, DEL', 'a\0b\bc\u007f', 'a\\x00b\\x08c\\x7f'],
    ['a line end inside', 'a\nb', 'a\\x0ab'],
    ['text that is drawn backwards', 'user\u202Enimda\u2066', 'user\\u202enimda\\u2066'],
    ['separators', 'a\u2028b\u2029c', 'a\\u2028b\\u2029c'],
    ['invisible tags', 'a\u{e0041}b', 'a\\u{e0041}b'],
    ['half a surrogate pair', 'a\ud800b', 'a\\ud800b'],
    ['progress by carriage return', '10%\r50%\r100%\r', '100%'],
    ['a Windows line end', 'done\r', 'done'],
    ['nothing but carriage returns', '\r\r', ''],
  ])('%s', (_name, text, shown) => {
    expect(sanitize(text)).toBe(shown);
  });

  test.each([
    ['is kept and ended with the line', `${ESC}[1;31mred`, `${ESC}[1;31mred${ESC}[0m`],
    ['is not ended twice', `${ESC}[31mred${ESC}[0m`, `${ESC}[31mred${ESC}[0m`],
    ['is kept beside what is not', `${ESC}[31m${ESC}[2Jx${ESC}[m`, `${ESC}[31m\\x1b[2Jx${ESC}[m`],
    ['of a carriage-return bar ends too', `${ESC}[32m50%\r${ESC}[32m60%`, `${ESC}[32m60%${ESC}[0m`],
  ])('colour on a colour terminal %s', (_name, text, shown) => {
    expect(sanitize(text, { color: true })).toBe(shown);
  });

  test('without UTF-8 only ASCII is written', () => {
    expect(sanitize('naïve 模\t👩', { unicode: false })).toBe('na\\xefve \\u6a21\t\\u{1f469}');
  });

  test.each([
    ['ASCII', 'x'.repeat(10 * 1024 * 1024)],
    ['wide characters', '模'.repeat(100_000)],
    ['controls that grow when they are written out', '\0'.repeat(60_000)],
    ['colours', `${ESC}[31mx`.repeat(60_000)],
  ])('a line of %s is cut at 64 KiB, and it is said', (_name, line) => {
    const shown = sanitize(line, { color: true });
    expect(Buffer.byteLength(shown)).toBeLessThanOrEqual(DISPLAY_BYTES_MAX + 64);
    expect(shown).toMatch(/\[cut: the line has [\d.]+ [KM]iB\]$/);
    expect(shown).not.toContain('\ufffd');
  });

  test.each([0, 1, 2, 3, 4, 5])('a cut leaves no half of a colour behind (%i)', (shift) => {
    const line = '\0'.repeat(4000) + 'x'.repeat(shift) + `${ESC}[31mx`.repeat(10_000);
    expect(sanitize(line, { color: true }).replaceAll(`${ESC}[31m`, '').replaceAll(`${ESC}[0m`, '')).not.toContain(ESC);
  });

  test('a line of exactly 64 KiB is not cut', () => {
    const line = 'x'.repeat(DISPLAY_BYTES_MAX);
    expect(sanitize(line)).toBe(line);
  });

  test('whatever comes in, no control goes out; only whole colours when they are wanted', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(sanitize(text)).not.toMatch(CONTROLS);
        expect(sanitize(text, { unicode: false })).toMatch(/^[\t -~]*$/);
        const colored = sanitize(text, { color: true });
        expect(colored.replaceAll(new RegExp(`${ESC}\\[[0-9;:]*m`, 'g'), '')).not.toMatch(CONTROLS);
      }),
    );
  });

  test('what is safe already stays as it is', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme-ascii' }), (text) => sanitize(text) === text));
  });
});

test('oneLine makes one line of many and never lets colour through', () => {
  expect(oneLine(`  exit code 1\n  Traceback:\t${ESC}[31mx\r\n`)).toBe('exit code 1 Traceback: \\x1b[31mx');
});
