import { expect, test } from 'vitest';
import { clusterOfFile } from '../cluster/support/cluster.ts';
import { KillSweep } from '../cluster/support/kill-sweep.ts';

/* Every write of a driver to a real API server, lost or unanswered, is where it dies; another machine goes on. */

const cluster = clusterOfFile({ needsRig: true });

const MOST_FAULTS = 5;

test.each(['drop', 'silence'] as const)('a driver that dies at any of its writes: %s', async (fate) => {
  const sweep = new KillSweep(cluster());
  const faults: unknown[] = [];
  // More faults say no more.
  for (let write = 1; faults.length < MOST_FAULTS; write += 1) {
    try {
      if (!(await sweep.killed({ write, fate }))) break;
    } catch (error) {
      faults.push(error);
      console.error(error);
    }
  }
  console.log(`kill points: ${sweep.struck} drivers killed (${fate}), ${faults.length} faults`);
  expect(sweep.struck).toBeGreaterThan(15);
  expect(faults).toEqual([]);
});
