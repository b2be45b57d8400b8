import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type ClusterActOptions, DONE, MEET, mainWith } from '../cluster/support/act-on-cluster.ts';
import { HereAndThere } from '../cluster/support/here-and-there.ts';
import { KueueQueue, type QueueOptions } from '../cluster/support/kueue-queue.ts';
import { trainJob } from '../cluster/support/train-job.ts';
import { beginWaiting, endsOf } from '../cluster/support/waiting-run.ts';

/* Stages that wait for their turn in a queue of the real Kueue (docs/cluster.md, Queues), built from its published module. */

const place = HereAndThere.ofFile();
const queues: KueueQueue[] = [];

beforeAll(() => place.cluster.fault('ext', 'trainer', 'kueue'), 60 * 60_000);
afterEach(async () => {
  for (const queue of queues.splice(0)) await queue.close();
});

async function openQueue(options: QueueOptions): Promise<KueueQueue> {
  const queue = await KueueQueue.open(place, options);
  queues.push(queue);
  return queue;
}

/** A stage that wants so many GPUs of the queue `gpus`, or of another. */
const wants = (gpus: number, pod: ClusterActOptions['pod'] = {}): ClusterActOptions => ({
  pod: { queue: 'gpus', ...pod },
  run: '10m',
  patch: mainWith({ resources: { limits: { 'nvidia.com/gpu': String(gpus) } } }),
});

const uidOf = (name: string): Promise<string> => place.get(name, '.metadata.uid');
const noPods = (): Promise<string> => place.kubectl('wait', '--for=delete', 'pods', '--all', '--timeout=180s');

describe('a queue with four GPUs, on machines that have more', () => {
  test('the second of two runs waits with the words of Kueue, and starts by itself when the first has ended', async () => {
    await openQueue({ gpus: 4 });
    const first = beginWaiting(place, wants(4), MEET, 'first');
    await place.workspace.arrived('first', 'act');
    const second = beginWaiting(place, wants(4), DONE, 'second');
    const words = `insufficient unused quota for nvidia.com/gpu in flavor ${place.namespace}, 4 more needed`;
    const { reason } = await second.waits(new RegExp(words));
    expect(reason).toBe(`it is queued in gpus of Kueue: "couldn't assign flavors to pod set main: ${words}"`);
    const status = await place.machine().on('status', 'second');
    expect(status.stdout).toMatch(/^act +Running .* it is queued in gpus of Kueue: /m);
    expect(await place.workspace.marks('second', 'act')).toEqual([]);
    await place.workspace.letGo('first', 'act');
    for (const told of await Promise.all([first.ended, second.ended])) {
      expect(told.exitCode, told.stderr).toBe(0);
      expect(endsOf(told)).toMatchObject([{ kind: 'succeeded' }]);
    }
    expect(await place.jobs()).toEqual(['first-act-1', 'first-after-1', 'second-act-1', 'second-after-1']);
  });

  test('what waits is cancelled: exit 10, and it never runs', async () => {
    await openQueue({ gpus: 4 });
    const first = beginWaiting(place, wants(4), MEET, 'first');
    await place.workspace.arrived('first', 'act');
    const second = beginWaiting(place, wants(4), DONE, 'second');
    await second.waits(/4 more needed/);
    const cancelled = await place.machine().on('cancel', 'second');
    expect(cancelled.exitCode, cancelled.stderr).toBe(0);
    expect((await second.ended).exitCode).toBe(10);
    await place.workspace.letGo('first', 'act');
    const told = await first.ended;
    expect(told.exitCode, told.stderr).toBe(0);
    await place.kubectl('wait', '--for=condition=Failed', 'job/second-act-1', '--timeout=180s');
    expect(await place.workspace.marks('second', 'act')).toEqual([]);
  });

  test('what it can never admit ends after a minute, with its words and what to do: exit 5', async () => {
    await openQueue({ gpus: 4 });
    const large = beginWaiting(place, wants(8), DONE, 'large');
    const nowhere = beginWaiting(place, wants(4, { queue: 'gpu' }), DONE, 'nowhere');
    const [tooLarge, notThere] = await Promise.all([large.ended, nowhere.ended]);
    expect(tooLarge.exitCode, tooLarge.stderr).toBe(5);
    expect(endsOf(tooLarge)).toMatchObject([{ kind: 'failed', class: 'config', reason: 'cannot-start' }]);
    expect(endsOf(tooLarge)).toMatchObject([
      {
        message: expect.stringMatching(
          /^queue gpus can never admit it: .*\(8\) > maximum capacity \(4\)"; ask for less/,
        ),
      },
    ]);
    expect(notThere.exitCode, notThere.stderr).toBe(5);
    expect(endsOf(notThere)).toMatchObject([
      {
        kind: 'failed',
        class: 'config',
        message:
          'queue gpu can never admit it: "LocalQueue gpu doesn\'t exist"; see the queues: `kubectl get localqueue`; its name is `pod.queue`',
      },
    ]);
  });
});

describe('what Kueue takes back while it runs', () => {
  test.each([
    { by: 'pod.priorityClassName', of: (urgent: string) => ({ priorityClassName: urgent }) },
    {
      by: 'a WorkloadPriorityClass in pod.labels',
      of: (urgent: string) => ({ labels: { 'kueue.x-k8s.io/priority-class': urgent } }),
    },
  ])(
    'for a run of more priority ($by) is queued again, runs again in the same attempt and ends well',
    async ({ of }) => {
      const { urgent } = await openQueue({ gpus: 4, preempts: true });
      const low = beginWaiting(place, wants(4), MEET, 'low');
      await place.workspace.arrived('low', 'act');
      const uid = await uidOf('job/low-act-1');
      const high = beginWaiting(place, wants(4, of(urgent)), MEET, 'high');
      const { reason } = await low.waits(/preempted/);
      expect(reason).toBe('queue gpus preempted it for other work; it is queued again');
      await place.workspace.arrived('high', 'act');
      expect(await place.get('job/low-act-1', '.spec.suspend')).toBe('true');
      expect((await place.machine().on('status', 'low')).stdout).toMatch(/^act +Running .* queue gpus preempted it/m);
      await place.workspace.letGo('high', 'act');
      const won = await high.ended;
      expect(won.exitCode, won.stderr).toBe(0);
      await place.workspace.arrived('low', 'act', 2);
      await place.workspace.letGo('low', 'act');
      const told = await low.ended;
      expect(told.exitCode, told.stderr).toBe(0);
      expect(endsOf(told)).toMatchObject([{ kind: 'succeeded', result: { metrics: { score: 1 } } }]);
      expect(await uidOf('job/low-act-1')).toBe(uid);
      expect(await place.jobs()).toEqual(['high-act-1', 'high-after-1', 'low-act-1', 'low-after-1']);
    },
  );

  test('because its queue is stopped: told, and the same for what comes then; both go on when it is open again', async () => {
    const queue = await openQueue({ gpus: 4 });
    const first = beginWaiting(place, wants(2), MEET, 'first');
    await place.workspace.arrived('first', 'act');
    await queue.stop('HoldAndDrain');
    expect(await first.waits(/stopped/)).toMatchObject({
      reason: 'queue gpus is stopped',
      fix: 'tell whoever runs the queue',
    });
    await noPods();
    const second = beginWaiting(place, wants(2), DONE, 'second');
    expect(await second.waits(/is held/)).toMatchObject({ fix: 'tell whoever runs the queue' });
    await queue.stop('None');
    await place.workspace.arrived('first', 'act', 2);
    await place.workspace.letGo('first', 'act');
    for (const told of await Promise.all([first.ended, second.ended])) {
      expect(told.exitCode, told.stderr).toBe(0);
      expect(endsOf(told)).toMatchObject([{ kind: 'succeeded' }]);
    }
  });

  test('cancelled while it waits for its second turn: exit 10, and it does not run again', async () => {
    const queue = await openQueue({ gpus: 4 });
    const { ended, waits } = beginWaiting(place, wants(4), MEET);
    await place.workspace.arrived('week', 'act');
    await queue.stop('HoldAndDrain');
    await waits(/stopped/);
    await noPods();
    const cancelled = await place.machine().on('cancel', 'week');
    expect(cancelled.exitCode, cancelled.stderr).toBe(0);
    expect((await ended).exitCode).toBe(10);
    await queue.stop('None');
    await place.kubectl('wait', '--for=condition=Failed', 'job/week-act-1', '--timeout=180s');
    expect(await place.workspace.marks('week', 'act')).toHaveLength(1);
  });

  test('a TrainJob on three machines waits, runs, is taken back whole and ends well in the same attempt', async () => {
    const queue = await openQueue({ gpus: 4 });
    await queue.stop('Hold');
    const options = { pod: { queue: 'gpus' }, run: '10m', template: trainJob({ gpus: 1 }) };
    const { ended, waits } = beginWaiting(place, options, MEET);
    await waits(/is held/);
    await queue.stop('None');
    await place.workspace.arrived('week', 'act', 3);
    const uid = await uidOf('trainjob/week-act-1');
    await queue.stop('HoldAndDrain');
    await waits(/queue gpus is stopped/);
    await noPods();
    await queue.stop('None');
    await place.workspace.arrived('week', 'act', 6);
    expect(await uidOf('trainjob/week-act-1')).toBe(uid);
    await place.workspace.letGo('week', 'act');
    const told = await ended;
    expect(told.exitCode, told.stderr).toBe(0);
    expect(endsOf(told)).toMatchObject([{ kind: 'succeeded' }]);
  });
});
