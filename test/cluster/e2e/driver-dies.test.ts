import { expect, test } from 'vitest';
import type { RunEvent } from '../../../src/domain/event.ts';
import { MEET } from '../support/act-on-cluster.ts';
import { HereAndThere, resumed, week } from '../support/here-and-there.ts';
import { KillSweep } from '../support/kill-sweep.ts';
import { hear, killAt, type Program } from '../support/machine.ts';
import { expectWhole } from '../support/whole-run.ts';

/* Whoever drives dies, or only sleeps; somebody else goes on, from a machine that knows nothing. */

const place = HereAndThere.ofFile();

const start = (): Program => place.machine().begin(...week(MEET));
const resume = (): Program => resumed(place.machine());

test('kill -9 at every arrow that is told: nine machines carry one run to its end', async () => {
  const types = ['attempt-intended', 'attempt-bound', 'attempt-started', 'attempt-ended'] as const;
  const arrows = ['act', 'after'].flatMap((stage) => types.map((type) => ({ stage, type })));
  const told: RunEvent[] = [];
  let driver = start();
  for (const { stage, type } of arrows) {
    const heard = await killAt(driver, (event) => event.type === type && event.stage === stage);
    expect(heard.exitCode, heard.stderr).toBeUndefined();
    told.push(...heard.events);
    // The stage ends while nobody drives.
    if (type === 'attempt-started' && stage === 'act') await place.workspace.letGo('week', 'act');
    driver = resume();
  }
  const last = await hear(driver);
  expect(last.exitCode, last.stderr).toBe(0);
  expect(told.filter(({ type }) => type === 'run-started')).toHaveLength(arrows.length);
  await expectWhole(place.week(), [...told, ...last.events]);
  const { drivers } = (await place.machine().status('week')).status;
  expect(drivers).toHaveLength(new Set(drivers.map(({ pid }) => pid)).size);
  // One that died before it was recorded as a driver is not among them.
  expect(drivers.length).toBeGreaterThan(1);
  expect(drivers.filter(({ endedAt }) => endedAt !== undefined)).toHaveLength(1);
});

test('kill -9 at arrows that nobody is told of: before and after a write is stored', async () => {
  const sweep = new KillSweep(place.cluster);
  // One of each sort; test/long has all.
  for (const fault of [
    { write: 8, fate: 'drop' },
    { write: 11, fate: 'silence' },
  ] as const) {
    await sweep.killed(fault);
  }
  expect(sweep.struck).toBe(2);
});

test('two drivers at one time: one drives, the other follows, and both end with the run’s code', async () => {
  const both = [start(), start()].map((program) => hear(program));
  await place.workspace.arrived('week', 'act');
  await place.workspace.letGo('week', 'act');
  const [one, two] = await Promise.all(both);
  expect([one?.exitCode, two?.exitCode], `${one?.stderr}${two?.stderr}`).toEqual([0, 0]);
  const driving = [one, two].map((told) => told?.events[0]?.type === 'run-started' && told.events[0].driving);
  expect(driving.toSorted()).toEqual([false, true]);
  await expectWhole(place.week(), [...(one?.events ?? []), ...(two?.events ?? [])]);
});

test('a driver that sleeps loses the run to another, wakes up and follows', async () => {
  const sleeper = start();
  const slept = hear(sleeper, (event) => {
    if (event.type === 'attempt-started' && event.stage === 'act') sleeper.kill('SIGSTOP');
  });
  await place.workspace.arrived('week', 'act');
  const first = await hear(resume());
  // As long as the right to drive may be alive it is respected.
  expect(first.events[0]).toMatchObject({ type: 'run-started', driving: false });
  expect(first.exitCode, first.stderr).toBe(130);
  const second = resume();
  const driven = hear(second, (event) => {
    if (event.type === 'run-started') expect(event.driving).toBe(true);
    if (event.type !== 'run-started') return;
    sleeper.kill('SIGCONT');
    void place.workspace.letGo('week', 'act');
  });
  const [awake, other] = await Promise.all([slept, driven]);
  expect([awake.exitCode, other.exitCode], awake.stderr + other.stderr).toEqual([0, 0]);
  await expectWhole(place.week(), [...awake.events, ...other.events]);
});
