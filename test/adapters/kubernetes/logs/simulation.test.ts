import { describe, expect, test } from 'vitest';
import { highWaterMark, lastSecondAndCount, windowAndProof } from './methods.ts';
import { simulate } from './simulate.ts';

/** `test/long/log-simulation.test.ts` has others, and more containers. */
const START = 1;

describe('1000 containers, followed over connections that are cut', () => {
  test('lose and double no line', () => {
    const tally = simulate(windowAndProof, { cuts: 'at any byte' }, { start: START, runs: 1000 });
    expect(tally).toEqual({ lost: 0, doubled: 0, truncated: 0, unmarked: 0, gaps: 0 });
  });
});

describe('containers whose log is rotated', () => {
  test('double no line and mark where lines are lost', () => {
    const tally = simulate(windowAndProof, { cuts: 'at any byte', keeps: 15 }, { start: START, runs: 2000 });
    expect(tally).toMatchObject({ doubled: 0, truncated: 0, unmarked: 0 });
    // Without losses this would prove nothing.
    expect(tally.lost).toBeGreaterThan(1000);
    expect(tally.gaps).toBeGreaterThan(100);
  });

  test('double no line when the kubelet begins a file anew', () => {
    const tally = simulate(windowAndProof, { cuts: 'at any byte', rereads: 0.5 }, { start: START, runs: 1000 });
    expect(tally).toEqual({ lost: 0, doubled: 0, truncated: 0, unmarked: 0, gaps: 0 });
  });
});

describe('the model shows the faults of other methods', () => {
  test('a high-water mark loses lines, in silence', () => {
    const tally = simulate(highWaterMark, { cuts: 'at any byte' }, { start: 1, runs: 300 });
    expect(tally.lost).toBeGreaterThan(300);
    expect(tally.unmarked).toBeGreaterThan(100);
  });

  test('the last second and a count double and truncate lines, and lose others', () => {
    const tally = simulate(lastSecondAndCount, { cuts: 'at any byte' }, { start: 1, runs: 300 });
    expect(tally.truncated).toBeGreaterThan(300);
    expect(tally.lost).toBeGreaterThan(300);
    expect(tally.doubled).toBeGreaterThan(0);
  });

  test('... also when lines are whole', () => {
    const tally = simulate(lastSecondAndCount, { cuts: 'between lines' }, { start: 1, runs: 1000 });
    expect(tally.doubled).toBeGreaterThan(0);
  });
});
