import { test, vi } from 'vitest';
import { chaosStart, playChaos } from '../support/chaos.ts';
import { clusterOfFile } from '../support/cluster.ts';

/* Three runs with other faults each time; test/long has fifty. */

vi.setConfig({ testTimeout: 180_000 });
const cluster = clusterOfFile({ needsRig: true });
const start = chaosStart();
console.log(`chaos: ILAB_CHAOS_START=${start}`);

test.each([0, 1, 2])('faults by chance, run %i', async (index) => {
  await playChaos(cluster(), start + index);
});
