import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { acting, FINISH, writeActPipeline } from './act-pipeline.ts';
import { expectFault } from './faults.ts';
import { Meeting } from './meeting.ts';
import { Person, parseEvents, phases, untilPrinted } from './program.ts';

/* `run --name N` a second time: with the same plan it goes on with N, whatever its state; with another it refuses. */

let person: Person;
beforeEach(() => {
  person = new Person();
  writeActPipeline(person);
});
afterEach(() => person.leave());

const run = (script: string, ...more: readonly string[]) =>
  person.type('run', 'act', '--name', 'week', ...acting(script), ...more);

async function attempts(): Promise<readonly (string | undefined)[]> {
  const { status } = await person.status('week');
  return status.stages[0]?.attempts.map(({ outcome }) => outcome?.kind) ?? [];
}

test('finished well: exit 0, nothing runs', async () => {
  expect((await run(FINISH)).exitCode).toBe(0);
  const again = await run(FINISH);
  expect(again, again.stderr).toMatchObject({ exitCode: 0, stdout: 'run/week\n' });
  expect(await attempts()).toEqual(['succeeded']);
});

test('alive: follows and ends with the run’s code', async () => {
  const meeting = new Meeting(person);
  const line = ['run', 'act', '--name', 'week', ...acting(meeting.script)];
  const driver = person.start(line);
  await meeting.arrived();
  const second = person.start([...line, '-o', 'json']);
  await untilPrinted(second, 'run-started');
  meeting.letGo();
  const { exitCode, stdout } = await second;
  expect(exitCode).toBe(0);
  expect(parseEvents(stdout)[0]).toMatchObject({ type: 'run-started', driving: false });
  expect((await driver).exitCode).toBe(0);
  expect(await attempts()).toEqual(['succeeded']);
});

/** Fails the first time and only then. */
function failOnce(): string {
  const flag = join(person.folder, 'failed-once');
  return `[ -e '${flag}' ] || { : >'${flag}'; exit 1; }; ${FINISH}`;
}

test('failed: the failed stage gets another attempt', async () => {
  const script = failOnce();
  expect((await run(script)).exitCode).toBe(3);
  expect(existsSync(join(person.folder, 'failed-once'))).toBe(true);
  expect((await run(script)).exitCode).toBe(0);
  expect(await attempts()).toEqual(['failed', 'succeeded']);
});

test('without driver: goes on with what runs', async () => {
  const meeting = new Meeting(person);
  const line = ['run', 'act', '--name', 'week', ...acting(meeting.script)];
  const driver = person.start(line);
  await meeting.arrived();
  await person.until('week', ({ status }) => status.stages[0]?.phase === 'Running');
  driver.kill('SIGKILL');
  await driver;
  meeting.letGo();
  expect((await person.type(...line)).exitCode).toBe(0);
  expect(await attempts()).toEqual(['succeeded']);
});

test('cancelled: what was cancelled runs again', async () => {
  const meeting = new Meeting(person);
  const line = ['run', 'act', '--name', 'week', ...acting(meeting.script)];
  const driver = person.start(line);
  await meeting.arrived();
  await person.type('cancel', 'week');
  await driver;
  meeting.letGo();
  expect((await person.type(...line)).exitCode).toBe(0);
  expect(await attempts()).toEqual(['cancelled', 'succeeded']);
});

test('another plan: exit 8, with the difference and the way out', async () => {
  expect((await run(FINISH)).exitCode).toBe(0);
  const other = await run(`: other; ${FINISH}`);
  expectFault(other, 8, /week exists with another plan:\n {2}`--set act=: other[\s\S]*--name/);
  expect(await attempts()).toEqual(['succeeded']);
});

test('another time limit is another plan, called by its flag', async () => {
  expect((await run(FINISH)).exitCode).toBe(0);
  const other = await run(FINISH, '--start-timeout', '5m', '--queue-timeout', '1h');
  expectFault(
    other,
    8,
    /another plan:\n {2}`--queue-timeout 3600s` was not given then\n {2}`--start-timeout 300s` was not given then\n/,
  );
});

test('another selection of stages is another plan', async () => {
  expect((await run(FINISH)).exitCode).toBe(0);
  expectFault(await run(FINISH, '--until', 'act'), 8, /another plan/);
});

test('without --name every run has a name of its own', async () => {
  const first = await person.type('run', 'act', ...acting());
  const second = await person.type('run', 'act', ...acting());
  for (const { exitCode, stdout } of [first, second]) {
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^run\/act-[a-z0-9]{6}\n$/);
  }
  expect(first.stdout).not.toBe(second.stdout);
  const latest = await person.type('status', '@latest', '-o', 'name');
  expect(latest.stdout).toBe(second.stdout);
  expect(Object.values(phases(await person.status(latest.stdout.trim().slice('run/'.length))))).toEqual([
    'Reused',
    'Reused',
  ]);
});
