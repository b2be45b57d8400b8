import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, expect, test, vi } from 'vitest';
import { MEET } from '../cluster/support/act-on-cluster.ts';
import { HereAndThere, resumed, week } from '../cluster/support/here-and-there.ts';
import { hear } from '../cluster/support/machine.ts';
import { expectWhole } from '../cluster/support/whole-run.ts';

/** How long the API server stays away. */
const SECONDS = Number(process.env['ILAB_AWAY_SECONDS'] ?? 600);

const place = HereAndThere.ofFile();
vi.setConfig({ testTimeout: (SECONDS + 300) * 1000 });
afterEach(() => place.cluster.fault('start', 'kube-apiserver'));

test(`row 2: the API server stays away for ${SECONDS} s while a stage ends: one waits, says since when, and goes on`, async () => {
  const told = hear(place.machine({ run: '30m' }).begin(...week(MEET)));
  await place.workspace.arrived('week', 'act');
  await place.cluster.fault('kill', 'kube-apiserver');
  await place.workspace.letGo('week', 'act');
  await delay(SECONDS * 1000);
  await place.cluster.fault('start', 'kube-apiserver');
  const ended = await told;
  expect(ended.exitCode, ended.stderr).toBe(0);
  const lines = ended.stderr.split('\n').filter((line) => line.includes('the API server does not answer'));
  // At once, then ever more seldom.
  expect(lines.length).toBeGreaterThan(0);
  expect(lines.length).toBeLessThanOrEqual(2 + Math.log2(1 + SECONDS / 60));
  for (const line of lines) expect(line).toMatch(/; last contact \d+ (s|min) ago, trying for \d+ (s|min) more$/);
  expect(ended.stderr.match(/the cluster answers again/g)).toHaveLength(1);
  await expectWhole(place.week(), ended.events);
});

test('row 2: away for longer than --max-offline: exit 6, nothing is cancelled, and resume goes on', async () => {
  const told = hear(place.machine({ run: '30m' }).begin(...week(MEET), '--max-offline', '20s'));
  await place.workspace.arrived('week', 'act');
  await place.cluster.fault('kill', 'kube-apiserver');
  const gaveUp = await told;
  expect(gaveUp.exitCode, gaveUp.stderr).toBe(6);
  const { error } = JSON.parse(gaveUp.stderr.trimEnd().split('\n').at(-1) ?? '');
  expect(`ilab-backend: ${error.message}\n  ${error.hint}`).toMatch(
    /ilab-backend: \S+ \(context \S+\) does not answer: [^\n]+\n {2}nothing was cancelled; [^\n]+\n {2}then go on: `ilab-backend resume week[^`]*`/,
  );
  await place.workspace.letGo('week', 'act');
  await place.cluster.fault('start', 'kube-apiserver');
  const again = await hear(resumed(place.machine()));
  expect(again.exitCode, again.stderr).toBe(0);
  await expectWhole(place.week(), [...gaveUp.events, ...again.events]);
});
