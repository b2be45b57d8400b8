import { describe, expect, test } from 'vitest';
import { acting } from '../../e2e/act-pipeline.ts';
import { expectEnd, expectFault } from '../../e2e/faults.ts';
import { DONE, MEET } from '../support/act-on-cluster.ts';
import { denyByPolicy, denyByWebhook, type Rule } from '../support/admission.ts';
import { until } from '../support/command.ts';
import { HereAndThere, week } from '../support/here-and-there.ts';
import { hear } from '../support/machine.ts';
import { BUSYBOX } from '../support/objects.ts';

/* Rules of a cluster that judge what a run creates: quotas of pods, policies, webhooks. */

const placeOf = HereAndThere.ofEach();

describe.concurrent('row 29: a quota of pods', () => {
  test('that others use up: waits in its words, without a fault, and runs when there is room', async (context) => {
    const place = await placeOf(context);
    await place.kubectl('create', 'quota', 'few', '--hard=pods=1');
    await place.kubectl('run', 'other', `--image=${BUSYBOX}`, '--image-pull-policy=Never', '--', 'sleep', '1000');
    const told = await hear(place.machine().begin(...week(DONE)), (event) => {
      if (event.type !== 'attempt-waits' || !/quota few is used up \(pods: wants 1, 1 of 1 used\)/.test(event.reason))
        return undefined;
      return place.kubectl('delete', 'pod', 'other', '--grace-period=0', '--force');
    });
    expect(told.exitCode, told.stderr).toBe(0);
    expect(told.events.filter(({ type }) => type === 'attempt-retried')).toEqual([]);
    expect(await place.jobs()).toEqual(['week-act-1', 'week-after-1']);
  });

  test('that came after the plan and is too small: exit 5 in its words, within 60 s of the cluster’s clock', async (context) => {
    const place = await placeOf(context);
    const driver = place.machine().begin('run', 'act', '--name', 'week', ...acting(MEET, DONE));
    await place.workspace.arrived('week', 'act');
    await place.kubectl('create', 'quota', 'none', '--hard=pods=0');
    await place.workspace.letGo('week', 'act');
    expectEnd(
      await driver.ended,
      5,
      /after: waits: quota none is smaller than what the stage asks for \(pods: wants 1, 0 of 0 used\)/,
      /after could not start: quota none .*or have the quota raised/,
    );
    expect(await place.secondsToFail('week-after-1')).toBeLessThanOrEqual(60);
  });
});

describe.concurrent('row 31: exit 5 with the name and the words of', () => {
  const message = 'every workload needs a label team';
  const jobs = ({ namespace }: HereAndThere): Rule => ({ namespace, resource: ['batch/v1', 'jobs'], message });
  const pods = ({ namespace }: HereAndThere): Rule => ({ namespace, resource: ['v1', 'pods'], message });

  test.for([
    ['a policy that denies the Job', jobs, denyByPolicy, /Job preview-act-1: admission policy no-\S+ refuses it: /],
    ['a policy that denies its pods', pods, denyByPolicy, /Pod preview-act-1-0: admission policy no-\S+ refuses it: /],
    ['a webhook that denies the Job', jobs, denyByWebhook, /Job preview-act-1: admission webhook no\.\S+ refuses it: /],
  ] as const)('%s, and nothing is created', async ([, rule, deny, words], context) => {
    const place = await placeOf(context);
    context.onTestFinished(await deny(place.cluster, rule(place)));
    const ended = await place.machine().on(...week(DONE).slice(0, -2));
    expectFault(ended, 5, words);
    expect(ended.stderr).toContain(`"${message}"`);
    expect(await place.objects()).toEqual([]);
  });

  test('a policy that came after the plan and denies the Job: nothing more is created, and resume goes on without it', async (context) => {
    const place = await placeOf(context);
    const driver = place.machine().begin('run', 'act', '--name', 'week', ...acting(MEET, DONE));
    await place.workspace.arrived('week', 'act');
    const lift = await denyByPolicy(place.cluster, jobs(place));
    context.onTestFinished(lift);
    await place.workspace.letGo('week', 'act');
    expectEnd(
      await driver.ended,
      5,
      /stage after: Job week-after-1: admission policy no-\S+ refuses it: "every workload needs a label team"/,
      /then go on: `ilab-backend resume week -n \S+`/,
    );
    expect(await place.jobs()).toEqual(['week-act-1']);
    await lift();
    const again = await until('the policy to be gone', async () => {
      const resumed = await place.machine().on('resume', 'week');
      return resumed.exitCode === 5 ? undefined : resumed;
    });
    expectEnd(again, 0);
    expect(await place.jobs()).toEqual(['week-act-1', 'week-after-1']);
  });
});
