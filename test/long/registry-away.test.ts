import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, expect, test, vi } from 'vitest';
import { DONE } from '../cluster/support/act-on-cluster.ts';
import { HereAndThere, week } from '../cluster/support/here-and-there.ts';
import { hear } from '../cluster/support/machine.ts';
import { expectWhole } from '../cluster/support/whole-run.ts';

/** How long the registry stays away; the kubelet then takes as long again until it asks, five minutes at most. */
const SECONDS = Number(process.env['ILAB_AWAY_SECONDS'] ?? 300);

const place = HereAndThere.ofFile();
vi.setConfig({ testTimeout: (2 * SECONDS + 300) * 1000 });
afterEach(() => place.cluster.fault('start', 'registry'));

test(`row 39: the registry stays away for ${SECONDS} s: the stage starts, in its first attempt`, async () => {
  const name = `away/${place.namespace}:1`;
  await place.cluster.fault('push', name);
  await place.cluster.fault('kill', 'registry');
  const told = hear(place.machine({ image: `registry.rig.local/${name}`, run: '30m' }).begin(...week(DONE)));
  await delay(SECONDS * 1000);
  await place.cluster.fault('start', 'registry');
  const { exitCode, events, stderr } = await told;
  expect(exitCode, stderr).toBe(0);
  const waits = events.flatMap((event) => (event.type === 'attempt-waits' ? [event.reason] : []));
  // Said once, and not again with each try of the kubelet.
  expect(waits.filter((reason) => reason.includes('does not come yet'))).toHaveLength(1);
  await expectWhole(
    {
      run: 'week',
      cluster: place.cluster,
      namespace: place.namespace,
      workspace: place.workspace,
      machine: place.machine(),
    },
    events,
  );
});
