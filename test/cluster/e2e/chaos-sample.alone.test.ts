import { test, vi } from 'vitest';
import { chaosStart, playChaos } from '../support/chaos.ts';
import { clusterOfFile } from '../support/cluster.ts';

/* A run with other faults each time; test/long has fifty. */

vi.setConfig({ testTimeout: 420_000 });
const cluster = clusterOfFile({ needsRig: true });
const start = chaosStart();
console.log(`chaos: ILAB_CHAOS_START=${start}`);

test('faults by chance', async () => {
  await playChaos(cluster(), start);
});
