import { expect, test } from 'vitest';
import { DONE, MARK } from '../cluster/support/act-on-cluster.ts';
import { HereAndThere, week } from '../cluster/support/here-and-there.ts';
import { hear } from '../cluster/support/machine.ts';
import { describeRealGroup } from '../cluster/support/real-group.ts';
import { trainJob } from '../cluster/support/train-job.ts';
import { endsOf } from '../cluster/support/waiting-run.ts';

/* Stages on several machines by TrainJobs of Kubeflow Trainer v2 and JobSet, built from their published modules. */

const place = HereAndThere.ofFile();

describeRealGroup(place, {
  controller: 'trainer',
  variant: 'trainjob',
  template: trainJob(),
  names: ['node-0', 'node-1', 'node-2'],
  container: 'node',
  third: 'node-2',
});

test('a TrainJob that is cancelled: exit 10, and no machine of it is left', async () => {
  const told = hear(place.machine({ template: trainJob() }).begin(...week(`${MARK}; sleep 600`, DONE)));
  await place.workspace.arrived('week', 'act', 3);
  const cancelled = await place.machine().on('cancel', 'week');
  expect(cancelled.exitCode, cancelled.stderr).toBe(0);
  const ended = await told;
  expect(ended.exitCode, ended.stderr).toBe(10);
  expect(endsOf(ended)).toMatchObject([{ kind: 'cancelled' }]);
  await place.kubectl('wait', '--for=delete', 'pods,trainjobs,jobsets', '--all', '--timeout=180s');
  expect(await place.jobs()).toEqual([]);
});
