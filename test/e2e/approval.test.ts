import { afterEach, beforeEach, expect, test } from 'vitest';
import { acting, writeActPipeline } from './act-pipeline.ts';
import { Person, untilPrinted } from './program.ts';

/* A stage that a person must agree to, with the program from outside. */

let person: Person;
beforeEach(() => {
  person = new Person();
  writeActPipeline(person, { approval: 'required' });
});
afterEach(() => person.leave());

const LINE = ['run', 'act', '--name', 'week', ...acting()];

test('the run waits, tells what to type, and ends well once another terminal agrees', async () => {
  const driver = person.start(LINE);
  await untilPrinted(driver, 'after: waits for approval', 'stderr');
  const { status } = await person.status('week');
  expect(status.phase).toBe('AwaitingApproval');
  expect((await person.type('list')).stdout).toMatch(/^week .* AwaitingApproval /m);
  expect(status.stages[1]).toMatchObject({ name: 'after', phase: 'AwaitingApproval', attempts: [] });
  expect((await person.type('status', 'week')).stdout).toContain('next: ilab-backend approve week');

  const approved = await person.type('approve', 'week', '-m', 'scores look right');
  expect(approved, approved.stderr).toMatchObject({
    exitCode: 0,
    stdout: 'run/week after approved\n',
    stderr: 'next: ilab-backend watch week\n',
  });
  const { exitCode, stderr } = await driver;
  expect(exitCode, stderr).toBe(0);
  expect(stderr).toMatch(/after: waits for approval\n[\s\S]*after: approved by \S+ on \S+: scores look right/);
});

test('declined: exit code 4, nothing ran', async () => {
  const driver = person.start(LINE);
  await untilPrinted(driver, 'after: waits for approval', 'stderr');
  expect((await person.type('decline', 'week')).exitCode).toBe(0);
  const { exitCode, stderr } = await driver;
  expect(exitCode, stderr).toBe(4);
  expect((await person.status('week')).status.stages[1]).toMatchObject({
    phase: 'Refused',
    gate: 'approval',
    attempts: [],
  });
});

test('killed while it waits: approved without a driver, it goes on with resume', async () => {
  const driver = person.start(LINE);
  await untilPrinted(driver, 'after: waits for approval', 'stderr');
  driver.kill('SIGKILL');
  await driver;
  const approved = await person.type('approve', 'week');
  expect(approved).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('next: ilab-backend resume week') });
  expect((await person.type('resume', 'week')).exitCode).toBe(0);
});
