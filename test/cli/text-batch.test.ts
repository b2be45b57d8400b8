import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { TextBatch } from '../../src/cli/text-batch.ts';

describe('few writes for many lines', () => {
  test('lines of one turn are one write, and nobody has to ask for it', async () => {
    const { batch, written } = newBatch();
    batch.add('one\n');
    batch.add('two\n');
    expect(written).toEqual([]);
    await nextTurn();
    expect(written).toEqual(['one\ntwo\n']);
    batch.add('three\n');
    await nextTurn();
    expect(written).toEqual(['one\ntwo\n', 'three\n']);
  });

  test('much text does not wait for the end of the turn', () => {
    const { batch, written } = newBatch();
    const line = `${'x'.repeat(999)}\n`;
    for (let count = 0; count < 200; count += 1) batch.add(line);
    expect(written.length).toBeGreaterThan(1);
    batch.flush();
    expect(written.join('')).toBe(line.repeat(200));
  });

  test('what is flushed is not written again', async () => {
    const { batch, written } = newBatch();
    batch.add('last\n');
    batch.flush();
    await nextTurn();
    expect(written).toEqual(['last\n']);
  });
});

function newBatch() {
  const written: string[] = [];
  return { batch: new TextBatch((text) => written.push(text)), written };
}
