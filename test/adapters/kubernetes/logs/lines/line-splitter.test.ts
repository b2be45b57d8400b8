import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LineMask } from '../../../../../src/adapters/kubernetes/logs/lines/line-mask.ts';
import {
  LineSplitter,
  type Notice,
  PIECE_BYTES,
  type RawLine,
} from '../../../../../src/adapters/kubernetes/logs/lines/line-splitter.ts';
import { line } from '../fake-kubelet.ts';

function split(chunks: readonly Buffer[]): readonly (RawLine | Notice)[] {
  const splitter = new LineSplitter();
  return [...chunks.flatMap((chunk) => [...splitter.feed(chunk)]), ...splitter.rest()];
}

const plain = (items: readonly (RawLine | Notice)[]): readonly string[] =>
  items.map((item) =>
    item.kind === 'notice' ? `notice ${item.text}` : `${item.time} ${item.tag} ${item.text.toString('hex')}`,
  );

describe('the bytes of a connection', () => {
  const bytes = Buffer.concat([
    Buffer.from('words of a kubelet\n'),
    line(1, 'one'),
    line(2, ''),
    line(3, Buffer.from([0, 13, 255, 32])),
    line(4, 'no end', ''),
  ]);

  test('give the same lines however they come', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length)), (places) => {
        const cuts = [0, ...places.toSorted((a, b) => a - b), bytes.length];
        const chunks = cuts.slice(1).map((to, nth) => bytes.subarray(cuts[nth], to));
        expect(plain(split(chunks))).toEqual(plain(split([bytes])));
      }),
    );
    expect(split([bytes]).map(({ kind }) => kind)).toEqual(['notice', 'line', 'line', 'line', 'line']);
  });

  test('stamped in the zone of the node are compared in UTC', () => {
    const [found] = split([Buffer.from('2026-07-01T01:30:00.000000001+02:00 hello\n')]);
    expect(found).toMatchObject({ time: '2026-06-30T23:30:00.000000001Z' });
    expect(found?.text.toString()).toBe('hello');
  });

  test('of a long line are cut at the same places, and never within a token', () => {
    const token = 'hf_abcdefghijklmnop';
    const text = `${'x '.repeat(PIECE_BYTES / 2 - 4)}${token} ${'y'.repeat(3 * PIECE_BYTES)}`;
    const long = line(1, text);
    const whole = split([long]);
    const inSteps = split(Array.from({ length: 65 }, (_, nth) => long.subarray(nth * 65_536, (nth + 1) * 65_536)));
    expect(plain(inSteps)).toEqual(plain(whole));
    expect(whole.map((item) => item.kind === 'line' && item.tag)).toEqual(['P', 'P', 'P', 'P', 'F']);
    expect(Buffer.concat(whole.map((item) => item.text as Buffer)).toString() === text).toBe(true);
    const mask = new LineMask();
    const stored = Buffer.concat(whole.map((item) => mask.mask(item.text as Buffer))).toString();
    expect(stored.includes(token)).toBe(false);
    expect(stored.includes('hf_***')).toBe(true);
  });
});
