import { describe, expect, test } from 'vitest';
import { windowAndProof } from '../adapters/kubernetes/logs/methods.ts';
import { simulate } from '../adapters/kubernetes/logs/simulate.ts';
import { expectStoredAlike, WAYS } from '../adapters/kubernetes/logs/stored-alike.ts';

const START_VALUES = [1, 20261130, 4294967291];

describe('15 000 containers, followed over connections that are cut', () => {
  test.each(START_VALUES)('lose and double no line (start value %i)', (start) => {
    const tally = simulate(windowAndProof, { cuts: 'at any byte' }, { start, runs: 5000 });
    expect(tally).toEqual({ lost: 0, doubled: 0, truncated: 0, unmarked: 0, gaps: 0 });
  });

  test.each(START_VALUES)('double no line and mark where rotation lost some (start value %i)', (start) => {
    const tally = simulate(windowAndProof, { cuts: 'at any byte', keeps: 15 }, { start, runs: 5000 });
    expect(tally).toMatchObject({ doubled: 0, truncated: 0, unmarked: 0 });
    expect(tally.lost).toBeGreaterThan(1000);
  });

  test.each(START_VALUES)('double no line when the kubelet begins a file anew (start value %i)', (start) => {
    const tally = simulate(windowAndProof, { cuts: 'at any byte', rereads: 0.5 }, { start, runs: 5000 });
    expect(tally).toEqual({ lost: 0, doubled: 0, truncated: 0, unmarked: 0, gaps: 0 });
  });
});

test.each(WAYS)(
  '1000 containers whose log %s are stored alike when lines are taken together',
  async (_way, options) => {
    await expectStoredAlike(options, 1000);
  },
);
