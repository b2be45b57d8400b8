import { describe, expect, test } from 'vitest';
import { DONE, MEET } from '../support/act-on-cluster.ts';
import { until } from '../support/command.ts';
import { HereAndThere } from '../support/here-and-there.ts';
import { beginWaiting, endsOf } from '../support/waiting-run.ts';

/* Row 51 of the fault matrix in docs/reliability.md: what a queue or a person does to Jobs. */

const place = HereAndThere.ofFile();

describe('row 51: a Job that is suspended', () => {
  const suspended = (suspend: boolean) =>
    place.kubectl('patch', 'job', 'week-act-1', '--type=merge', '-p', JSON.stringify({ spec: { suspend } }));

  test('before it runs waits longer than it may run, and runs when it is let go on as the sentence says', async () => {
    const { ended, waits } = beginWaiting(place, { patch: { spec: { suspend: true } }, run: '20s' }, DONE);
    const { reason, fix } = await waits(/suspended/);
    expect({ reason, fix }).toEqual({
      reason: 'week-act-1 is suspended',
      fix: `to let it go on: \`kubectl -n ${place.namespace} patch job week-act-1 --type=merge -p '{"spec":{"suspend":false}}'\``,
    });
    const since = Date.parse(await place.get('job/week-act-1', '.metadata.creationTimestamp'));
    await until('more than the time of the stage', async () => (Date.now() - since > 21_000 ? true : undefined));
    expect((await place.machine().on('status', 'week')).stdout).toMatch(/^act +Running .* week-act-1 is suspended$/m);
    await suspended(false);
    const told = await ended;
    expect(told.exitCode, told.stderr).toBe(0);
    expect(endsOf(told)).toMatchObject([{ kind: 'succeeded' }]);
  });

  test('while it runs, as a queue does: it is told, and runs anew in the same attempt', async () => {
    const { ended, waits } = beginWaiting(place, {}, MEET);
    await place.workspace.arrived('week', 'act');
    await suspended(true);
    await waits(/suspended/);
    await place.kubectl('wait', '--for=delete', 'pods', '--all', '--timeout=180s');
    await suspended(false);
    await place.workspace.arrived('week', 'act', 2);
    await place.workspace.letGo('week', 'act');
    const told = await ended;
    expect(told.exitCode, told.stderr).toBe(0);
    expect(endsOf(told)).toMatchObject([{ kind: 'succeeded' }]);
    expect(await place.jobs()).toEqual(['week-act-1', 'week-after-1']);
    const types = told.events.flatMap(({ type, ...event }) =>
      'stage' in event && event.stage === 'act' && /waits|started/.test(type) ? [type.slice(8)] : [],
    );
    // Each time that it runs is told, and each time that it does not.
    expect(types.filter((type, index) => type !== types[index - 1])).toEqual(['waits', 'started', 'waits', 'started']);
  });
});

test('row 51: cancel of a Job that is suspended: exit 10, and nothing starts when it is let go on', async () => {
  const { ended, waits } = beginWaiting(place, { patch: { spec: { suspend: true } } }, DONE);
  await waits(/suspended/);
  const cancelled = await place.machine().on('cancel', 'week');
  expect(cancelled.exitCode, cancelled.stderr).toBe(0);
  const told = await ended;
  expect(told.exitCode, told.stderr).toBe(10);
  await place.kubectl('patch', 'job', 'week-act-1', '--type=merge', '-p', '{"spec":{"suspend":false}}');
  await place.kubectl('wait', '--for=condition=Failed', 'job/week-act-1', '--timeout=180s');
  expect(await place.kubectl('get', 'pods', '-o', 'name')).toBe('');
});

describe('row 51: conditions that contradict each other', () => {
  /** A Job that no controller looks after: its pod and its status are ours to make. */
  const unmanaged = { patch: { spec: { managedBy: 'tests.rig.local/nobody' } } };

  async function makePod(): Promise<void> {
    const { metadata, spec } = JSON.parse(await place.kubectl('get', 'job', 'week-act-1', '-o', 'json')).spec.template;
    await place.cluster.create(place.namespace, {
      ...{ apiVersion: 'v1', kind: 'Pod' },
      ...{ metadata: { ...metadata, name: 'week-act-1-made', creationTimestamp: null }, spec },
    });
    await place.kubectl('wait', '--for=jsonpath={.status.phase}=Succeeded', 'pod/week-act-1-made', '--timeout=180s');
  }

  function setStatus(...types: readonly string[]) {
    const now = new Date().toISOString().replace(/\.\d+/, '');
    const conditions = types.map((type) => ({ type, status: 'True', reason: 'Scripted', lastTransitionTime: now }));
    const times = { startTime: now, ...(types.includes('Complete') ? { completionTime: now } : {}) };
    return place.cluster.tryKubectl([
      ...['-n', place.namespace, 'patch', 'job', 'week-act-1', '--subresource=status', '--type=merge'],
      ...['-p', JSON.stringify({ status: { ...times, conditions } })],
    ]);
  }

  test('Complete and Failed together are refused by the server; Complete and Suspended are Complete', async () => {
    const { ended, waits } = beginWaiting(place, unmanaged, DONE);
    await waits(/no pod yet/);
    await makePod();
    const both = await setStatus('SuccessCriteriaMet', 'Complete', 'FailureTarget', 'Failed');
    expect(both.stderr).toMatch(/cannot set Complete=True and Failed=true conditions/);
    const { code, stderr } = await setStatus('SuccessCriteriaMet', 'Suspended', 'Complete');
    expect(code, stderr).toBe(0);
    const told = await ended;
    expect(told.exitCode, told.stderr).toBe(0);
    expect(endsOf(told)).toMatchObject([{ kind: 'succeeded', result: { metrics: { score: 1 } } }]);
  });
});
