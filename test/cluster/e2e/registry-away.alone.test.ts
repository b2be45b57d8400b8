import { afterEach, expect, test } from 'vitest';
import { DONE } from '../support/act-on-cluster.ts';
import { until } from '../support/command.ts';
import { HereAndThere } from '../support/here-and-there.ts';
import { beginWaiting, endsOf } from '../support/waiting-run.ts';

/* Row 39 of the fault matrix in docs/reliability.md; test/long has five minutes of it. */

const place = HereAndThere.ofFile();

afterEach(async () => {
  await place.cluster.fault('start', 'registry');
  await until('the registry', () =>
    place.cluster.registry
      .heal()
      .then(() => true)
      .catch(() => undefined),
  );
});

test('row 39: a registry that limits the rate, then is down, then is back: the stage starts, in its first attempt', async () => {
  const name = `late/${place.namespace}:1`;
  await place.cluster.fault('push', name);
  await place.cluster.registry.fail({ kind: 'status', status: 429, retryAfter: 5, match: '^/v2/late/' });
  const { ended, waits } = beginWaiting(place, { image: `registry.rig.local/${name}`, run: '5m' }, DONE);
  expect(await waits(/429/)).toMatchObject({
    reason: expect.stringMatching(/^image \S+ of container main does not come yet, the node tries again: ".*429/),
    fix: 'see whether the nodes reach the registry',
  });
  await place.cluster.fault('kill', 'registry');
  await waits(/does not come yet.*connection refused"$/);
  // It has forgotten how it was told to fail.
  await place.cluster.fault('start', 'registry');
  const told = await ended;
  expect(told.exitCode, told.stderr).toBe(0);
  expect(endsOf(told)).toMatchObject([{ kind: 'succeeded' }]);
  expect(await place.workspace.marks('week', 'act')).toHaveLength(1);
});
