import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { DONE, MEET } from '../support/act-on-cluster.ts';
import { until } from '../support/command.ts';
import { HereAndThere, resumed, week } from '../support/here-and-there.ts';
import { hear, killAt, type Program } from '../support/machine.ts';
import { RequestProxy } from '../support/request-proxy.ts';

/* Row 50 of the fault matrix in docs/reliability.md: the cluster deletes a Job that has ended, while nobody drives. */

const place = HereAndThere.ofFile();
const withTtl = { patch: { spec: { ttlSecondsAfterFinished: 1 } } };

async function deletedByTtl(): Promise<void> {
  await until('the Job to be deleted', async () => ((await place.jobs()).includes('week-act-1') ? undefined : true));
}

test('row 50: whose end nobody has recorded: lost, exit 9, and not repeated', async () => {
  await killAt(place.machine(withTtl).begin(...week(MEET)), ({ type }) => type === 'attempt-started');
  await place.workspace.letGo('week', 'act');
  await deletedByTtl();
  const asleep = await place.machine().on('status', 'week');
  expect(asleep.stdout).toMatch(/act is gone, and nobody has recorded its end/);
  const woken = await hear(resumed(place.machine()));
  expect(woken.exitCode, woken.stderr).toBe(9);
  expect(woken.events).toContainEqual(expect.objectContaining({ type: 'attempt-ended', stage: 'act' }));
  expect(await place.jobs()).toEqual([]);
  expect(await place.workspace.marks('week', 'act')).toHaveLength(1);
});

test('row 50: whose end is recorded: it is kept, and the next stage builds on it', async () => {
  const isEnd = ({ type }: { readonly type: string }): boolean => type === 'attempt-ended';
  await killAt(place.machine(withTtl).begin(...week(DONE, MEET)), isEnd);
  await deletedByTtl();
  await place.workspace.letGo('week', 'after');
  const woken = await hear(resumed(place.machine()));
  expect(woken.exitCode, woken.stderr).toBe(0);
  const { stages } = (await place.machine().status('week')).status;
  expect(stages.map(({ name, attempts }) => [name, attempts.length])).toEqual([
    ['act', 1],
    ['after', 1],
  ]);
  expect(await place.workspace.marks('week', 'act')).toHaveLength(1);
  expect(await place.jobs()).toEqual(['week-after-1']);
});

test('row 50: whose driver died before it knew that the Job is there: it does not begin before somebody knows', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ilab-ttl-'));
  let driver: Program | undefined;
  const proxy = await RequestProxy.before(place.cluster.kubeconfig, folder, {
    decide: ({ method, path }) => (method === 'POST' && path.endsWith('/jobs') ? 'silence' : 'pass'),
    struck: () => driver?.kill('SIGKILL'),
  });
  try {
    driver = place.machine(withTtl, proxy.kubeconfig).begin(...week(DONE));
    const died = await hear(driver);
    await place.kubectl('wait', '--for=condition=Suspended', 'job/week-act-1', '--timeout=180s');
    const woken = await hear(resumed(place.machine()));
    expect(woken.exitCode, woken.stderr).toBe(0);
    expect(died.events.filter(({ type }) => type === 'attempt-bound')).toEqual([]);
    expect(await place.workspace.marks('week', 'act')).toHaveLength(1);
    const { stages } = (await place.machine().status('week')).status;
    expect(stages.map(({ attempts }) => attempts.length)).toEqual([1, 1]);
  } finally {
    proxy.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
