import { afterEach, expect, test } from 'vitest';
import { MEET } from '../support/act-on-cluster.ts';
import { HereAndThere, week } from '../support/here-and-there.ts';
import { hear } from '../support/machine.ts';
import { endsOf } from '../support/waiting-run.ts';

/* Row 47 of the fault matrix in docs/reliability.md on the one node that every rig has; test/long has it on two. */

const place = HereAndThere.ofFile();
afterEach(() => place.cluster.fault('node-up', 'n1'));

test('row 47: a node that lost its power under a stage is back before its pod was taken away: another attempt', async () => {
  const told = hear(place.machine({ retry: { infra: 1, user: 0 } }).begin(...week(MEET)));
  await place.workspace.arrived('week', 'act');
  await place.cluster.fault('node-down', 'n1');
  await place.cluster.fault('node-up', 'n1');
  await place.workspace.arrived('week', 'act', 2);
  await place.workspace.letGo('week', 'act');
  const ended = await told;
  expect(ended.exitCode, ended.stderr).toBe(0);
  expect(endsOf(ended)).toMatchObject([
    {
      kind: 'failed',
      class: 'infra',
      reason: 'disrupted',
      message: 'node n1 was away and no longer knows how container main ended',
    },
    { kind: 'succeeded' },
  ]);
  expect(await place.workspace.marks('week', 'act')).toHaveLength(2);
});
