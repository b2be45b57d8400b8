import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { DONE, MARK } from '../support/act-on-cluster.ts';
import { until } from '../support/command.ts';
import { HereAndThere } from '../support/here-and-there.ts';
import { beginAndMeet } from '../support/waiting-run.ts';
import { expectWhole } from '../support/whole-run.ts';

/* Parts of the cluster go away under a run, and everybody feels it. Rows of the fault matrix in docs/reliability.md. */

const place = HereAndThere.ofFile();

afterEach(async () => {
  for (const part of ['kube-apiserver', 'kubelet@n1']) await place.cluster.fault('start', part);
});

test('rows 1, 3: the API server goes away and comes back, twice, once while a stage ends', async () => {
  const { told } = await beginAndMeet(place);
  await place.cluster.fault('kill', 'kube-apiserver');
  await place.workspace.letGo('week', 'act');
  await place.cluster.fault('start', 'kube-apiserver');
  await until('the next stage', async () => ((await place.jobs()).includes('week-after-1') ? true : undefined));
  await place.cluster.fault('kill', 'kube-apiserver');
  await place.cluster.fault('start', 'kube-apiserver');
  const ended = await told;
  expect(ended.exitCode, ended.stderr).toBe(0);
  await expectWhole(place.week(), ended.events);
});

test('row 23: the kubelet dies under a stage whose log is followed: no line is lost, none comes twice', async () => {
  const count = 'i=0; until [ -e /content/work/open ]; do i=$((i+1)); echo "line $i"; sleep 0.1; done';
  const { told } = await beginAndMeet(place, {}, `${MARK}; ${count}; ${DONE}`);
  await place.cluster.fault('kill', 'kubelet@n1');
  await delay(2000); // lines that only the container's own file has
  await place.cluster.fault('start', 'kubelet@n1');
  await place.workspace.letGo('week', 'act');
  const ended = await told;
  expect(ended.exitCode, ended.stderr).toBe(0);
  expect(ended.events.filter(({ type }) => type === 'log-gap')).toEqual([]);
  const lines = (await place.machine().on('logs', 'week', 'act')).stdout.trim().split('\n');
  const numbers = lines.flatMap((line) => (line.startsWith('line ') ? [Number(line.slice(5))] : []));
  expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  expect(lines.slice(numbers.length)).toEqual(['before', 'after']);
});
