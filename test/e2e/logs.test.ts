import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { acting, FINISH, jobTemplate, writeActPipeline } from './act-pipeline.ts';
import { expectFault } from './faults.ts';
import { Meeting } from './meeting.ts';
import { endOf, Person } from './program.ts';

/* `logs` of a run whose stages come and go. */

let person: Person;
let meeting: Meeting;
beforeEach(() => {
  person = new Person();
  meeting = new Meeting(person);
  writeActPipeline(person);
});
afterEach(async () => {
  meeting.letGo();
  await person.type('cancel', 'week');
  person.leave();
});

const RUN = (): readonly string[] => ['run', 'act', '--name', 'week', ...acting(meeting.script)];

async function startAndMeet() {
  const driver = person.start(RUN());
  await meeting.arrived();
  return { driver }; // not itself: a promise would be awaited
}

test('-f gives every line as it comes, and ends with the stage', async () => {
  const { driver } = await startAndMeet();
  const logs = person.start(['logs', 'week', 'act', '-f']);
  const lines: string[] = [];
  for await (const line of logs) {
    lines.push(String(line));
    if (line === 'before') meeting.letGo();
  }
  expect(lines).toEqual(['before', 'after']);
  await endOf(driver);
});

test('-f of the whole run waits for the stages to come', async () => {
  const { driver } = await startAndMeet();
  const logs = person.start(['logs', 'week', '-f']);
  meeting.letGo();
  expect((await endOf(logs)).stdout).toBe('[act] before\n[act] after\n');
  await endOf(driver);
});

test('--tail, --since and --timestamps mean what they mean to kubectl', async () => {
  writeActPipeline(person);
  const script = `for i in 1 2 3 4 5; do echo "line $i"; done; ${FINISH}`;
  await person.type('run', 'act', '--name', 'week', ...acting(script));
  const logs = async (...words: readonly string[]) => (await person.type('logs', 'week', 'act', ...words)).stdout;
  expect(await logs('--tail', '2')).toBe('line 4\nline 5\n');
  expect(await logs('--tail', '0')).toBe('');
  expect(await logs('--tail', '99')).toBe(await logs());
  expect(await logs('--since', '1h')).toBe(await logs());
  await delay(1100);
  expect(await logs('--since', '1s')).toBe('');
  const stamped = (await logs('--timestamps')).trimEnd().split('\n');
  expect(stamped).toHaveLength(5);
  for (const line of stamped) expect(line).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z line \d$/);
  expect(stamped.toSorted()).toEqual(stamped);
});

test('of a stage that has not begun', async () => {
  const { driver } = await startAndMeet();
  expectFault(await person.type('logs', 'week', 'after'), 7, /after of week has no log[\s\S]*-f/);
  meeting.letGo();
  await endOf(driver);
});

test('of a stage that does not exist', async () => {
  meeting.letGo();
  await person.type(...RUN());
  expectFault(await person.type('logs', 'week', 'atc'), 7, /no stage atc[\s\S]*act, after/);
});

/** A sidecar, which has printed its line when the main container begins. */
const BESIDE = `      initContainers:
        - $include: main.yaml
          name: beside
          restartPolicy: Always
          image: \${image}
          command: [sh, -c, 'echo of beside; : >"$ILAB_CONTENT/work/said"; exec sleep 600']
          startupProbe: { periodSeconds: 1, exec: { command: [sh, -c, 'test -e "$ILAB_CONTENT/work/said"'] } }
`;

test('of one stage, lines of its sidecars say whose they are; those of one container are its bytes', async () => {
  writeActPipeline(person, { template: jobTemplate(undefined, BESIDE) });
  await person.type('run', 'act', '--name', 'week', ...acting(`echo of main; ${FINISH}`));
  const logs = async (...words: readonly string[]) => (await person.type('logs', 'week', ...words)).stdout.split('\n');
  expect((await logs('act')).toSorted()).toEqual(['', '[beside] of beside', 'of main']);
  expect(await logs('act', '-c', 'beside')).toEqual(['of beside', '']);
  expect(await logs('-c', 'beside')).toEqual(['[act/beside] of beside', '']);
});
