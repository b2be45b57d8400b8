import { expect, test } from 'vitest';
import { chaosStart, playChaos } from '../cluster/support/chaos.ts';
import { clusterOfFile } from '../cluster/support/cluster.ts';

/* Runs on a real cluster to which everything happens by chance: driver, network, API server, kubelet, pods. */

const RUNS = Number(process.env['ILAB_CHAOS_RUNS'] ?? 50);
const cluster = clusterOfFile({ needsRig: true });

test(`${RUNS} runs hold what is promised`, async () => {
  const start = chaosStart();
  console.log(`chaos: ILAB_CHAOS_START=${start}`);
  const faults: unknown[] = [];
  let drivers = 0;
  for (let index = 0; index < RUNS; index += 1) {
    try {
      drivers += (await playChaos(cluster(), start + index)).drivers;
    } catch (error) {
      faults.push(error);
      console.error(error);
    }
  }
  console.log(`chaos: ${RUNS} runs, ${drivers} drivers, ${faults.length} faults`);
  expect(faults).toEqual([]);
});
