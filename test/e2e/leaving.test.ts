import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { acting, writeActPipeline } from './act-pipeline.ts';
import { expectFault, expectNoTrace } from './faults.ts';
import { Meeting } from './meeting.ts';
import { endOf, Person, parseEvents, phases, untilPrinted } from './program.ts';

/* The driver leaves, politely or not; the stage goes on, the next does not start, and somebody else takes over. */

let person: Person;
let meeting: Meeting;
beforeEach(() => {
  person = new Person();
  meeting = new Meeting(person);
  writeActPipeline(person);
});
afterEach(async ({ task }) => {
  meeting.letGo();
  // Nobody is left behind in a folder that goes away; of a test that passed the run has ended.
  if (task.result?.state === 'fail') await person.type('cancel', 'week');
  person.leave();
});

const RUN = (): readonly string[] => ['run', 'act', '--name', 'week', ...acting(meeting.script)];

async function startAndMeet(...more: readonly string[]) {
  return met(person.start([...RUN(), ...more]));
}

async function met(driver: ReturnType<Person['start']>) {
  // The stage runs; the driver has to know it, too.
  await Promise.all([untilPrinted(driver, 'act: started', 'stderr'), meeting.arrived()]);
  return { driver }; // not itself: a promise would be awaited
}

async function expectOneAttemptEach(): Promise<void> {
  const [object, log] = await Promise.all([person.status('week'), person.type('logs', 'week', 'act')]);
  expect(phases(object)).toEqual({ act: 'Succeeded', after: 'Succeeded' });
  expect(object.status.stages.map((stage) => stage.attempts.length)).toEqual([1, 1]);
  expect(log.stdout).toBe('before\nafter\n');
}

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
  '%s: the stage goes on, the next does not start',
  async (signal) => {
    const { driver } = await startAndMeet();
    driver.kill(signal);
    const ended = await endOf(driver);
    expect(ended.exitCode, ended.stderr).toBe(130);
    expect(ended.stderr).toMatch(/act goes on; after starts when you type `ilab-backend resume week`/);
    expectNoTrace(ended);
    expect((await person.status('week')).status.phase).toBe('Interrupted');
    meeting.letGo();
    expect((await person.type('resume', 'week')).exitCode).toBe(0);
    await expectOneAttemptEach();
  },
);

test('a second Ctrl-C ends the program at once, and still harms nothing', async () => {
  const { driver } = await startAndMeet();
  driver.kill('SIGINT');
  driver.kill('SIGINT');
  expect((await endOf(driver)).exitCode).toBe(130);
  meeting.letGo();
  expect((await person.type('resume', '@latest')).exitCode).toBe(0);
  await expectOneAttemptEach();
});

test('Ctrl-C of a terminal reaches every process of its group, and not the stage', async () => {
  const { driver } = await met(person.start(RUN(), {}, { inGroup: true }));
  process.kill(-(driver.pid ?? Number.NaN), 'SIGINT');
  expect((await endOf(driver)).exitCode).toBe(130);
  meeting.letGo();
  expect((await person.type('resume', 'week')).exitCode).toBe(0);
  await expectOneAttemptEach();
});

test('--on-interrupt cancel: Ctrl-C ends the stage and the run', async () => {
  const { driver } = await startAndMeet('--on-interrupt', 'cancel');
  driver.kill('SIGINT');
  const ended = await endOf(driver);
  expect(ended.exitCode, ended.stderr).toBe(10);
  expect(phases(await person.status('week'))).toEqual({ act: 'Cancelled', after: 'Pending' });
});

test('kill -9: resume from another terminal', async () => {
  const { driver } = await startAndMeet();
  driver.kill('SIGKILL');
  await endOf(driver);
  expect((await person.status('week')).status.phase).toBe('Interrupted');
  const second = person.start(['resume', 'week']);
  meeting.letGo();
  expect((await endOf(second)).exitCode).toBe(0);
  await expectOneAttemptEach();
});

test('kill -9, and the stage ends while nobody looks', async () => {
  const { driver } = await startAndMeet();
  driver.kill('SIGKILL');
  await endOf(driver);
  meeting.letGo();
  const logs = person.start(['logs', 'week', 'act', '-f']);
  expect((await endOf(logs)).stdout).toBe('before\nafter\n');
  expect((await person.type('resume', 'week')).exitCode).toBe(0);
  await expectOneAttemptEach();
});

test('the stage ends while nobody looks: everybody is told that it has, and rm takes it', async () => {
  const { driver } = await startAndMeet();
  driver.kill('SIGINT');
  await endOf(driver);
  expect((await person.type('rm', 'week')).exitCode).toBe(8);
  meeting.letGo();
  const seen = await person.until('week', ({ status }) => status.stages[0]?.phase === 'Interrupted');
  expect(seen.status.phase).toBe('Interrupted');
  const sentence =
    /act has ended \(succeeded\) and nobody has recorded it yet; after starts when you type `ilab-backend resume week`/;
  expect((await person.type('status', 'week')).stdout).toMatch(sentence);
  for (const ended of await Promise.all(['wait', 'watch'].map((command) => person.type(command, 'week')))) {
    expect(ended.exitCode, ended.stderr).toBe(130);
    expect(ended.stderr).toMatch(sentence);
  }
  const removed = await person.type('rm', 'week');
  expect(removed.exitCode, removed.stderr).toBe(0);
});

describe('kill -9 of what looks after the stage', () => {
  /** Of the first attempt of the stage `act`. */
  function supervisor(): number {
    const claim = readFileSync(join(person.stateDir, 'attempts/week/act/1/supervisor.1.json'), 'utf8');
    return (JSON.parse(claim) as { process: { pid: number } }).process.pid;
  }

  test('a driver sees to it that another one does', async () => {
    const { driver } = await startAndMeet();
    process.kill(supervisor(), 'SIGKILL');
    meeting.letGo();
    const ended = await endOf(driver);
    expect(ended.exitCode, ended.stderr).toBe(0);
    await expectOneAttemptEach();
  });

  test('with the driver: resume does', async () => {
    const { driver } = await startAndMeet();
    process.kill(supervisor(), 'SIGKILL');
    driver.kill('SIGKILL');
    await endOf(driver);
    meeting.letGo();
    expect((await person.type('resume', 'week')).exitCode).toBe(0);
    await expectOneAttemptEach();
  });

  test('and of the stage, as when the machine goes down: lost, exit 9; resume tries again', async ({ skip }) => {
    if (process.platform !== 'linux') skip('needs /proc');
    const { driver } = await startAndMeet();
    driver.kill('SIGKILL');
    await endOf(driver);
    killAttempt(supervisor());
    meeting.letGo();
    const resumed = await person.type('resume', 'week');
    expect(resumed.exitCode, resumed.stderr).toBe(9);
    expect(resumed.stderr).toMatch(/act was lost: /);
    expectNoTrace(resumed);
    expect((await person.type('resume', 'week')).exitCode).toBe(0);
    const { status } = await person.status('week');
    expect(status.stages[0]?.attempts.map(({ outcome }) => outcome?.kind)).toEqual(['lost', 'succeeded']);
  });

  /** Some end by themselves when another one does. */
  function killIfThere(pid: number): void {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }

  /** The supervisor first, then all that was started for the attempt. */
  function killAttempt(pid: number): void {
    process.kill(pid, 'SIGKILL');
    const folder = join(person.stateDir, 'attempts/week/act/1');
    const isOfAttempt = (process: string): boolean => {
      try {
        return ['cmdline', 'environ'].some((file) => readFileSync(`/proc/${process}/${file}`, 'utf8').includes(folder));
      } catch {
        return false;
      }
    };
    for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry) && isOfAttempt(entry))) {
      killIfThere(Number(name));
    }
  }
});

describe('two programs on one run', () => {
  test('one drives, the other follows, and both end with the run’s code', async () => {
    const { driver } = await startAndMeet();
    const follower = person.start(['resume', 'week', '-o', 'json']);
    const watcher = person.start(['watch', 'week', '-o', 'json']);
    await Promise.all([untilPrinted(follower, '"run-started"'), untilPrinted(watcher, '"attempt-started"')]);
    meeting.letGo();
    expect((await endOf(driver)).exitCode).toBe(0);
    const followed = await endOf(follower);
    expect(followed.exitCode, followed.stderr).toBe(0);
    const events = parseEvents(followed.stdout);
    expect(events[0]).toMatchObject({ type: 'run-started', driving: false });
    expect(events.at(-1)).toMatchObject({ type: 'run-ended', phase: 'Succeeded', exitCode: 0 });
    await expectOneAttemptEach();
  });

  test('a follower that leaves takes nothing with it', async () => {
    const { driver } = await startAndMeet();
    const watcher = person.start(['watch', 'week', '-o', 'json']);
    await untilPrinted(watcher, '"attempt-started"');
    watcher.kill('SIGINT');
    expect((await endOf(watcher)).exitCode).toBe(130);
    meeting.letGo();
    expect((await endOf(driver)).exitCode).toBe(0);
  });

  test('ten at once: one attempt each', async () => {
    const programs = Array.from({ length: 10 }, () => person.start(RUN()));
    await meeting.arrived();
    meeting.letGo();
    const codes = (await Promise.all(programs)).map(({ exitCode }) => exitCode);
    expect(codes).toEqual(Array.from({ length: 10 }, () => 0));
    await expectOneAttemptEach();
  });
});

describe('--detach', () => {
  test('returns at once; the run goes on by itself to its end', async () => {
    const { exitCode, stdout, stderr } = await person.type(...RUN(), '--detach');
    expect({ exitCode, stdout }, stderr).toEqual({ exitCode: 0, stdout: 'run/week\n' });
    expect(stderr).toContain('ilab-backend watch week');
    await meeting.arrived();
    meeting.letGo();
    expect((await person.type('wait', 'week')).exitCode).toBe(0);
    await expectOneAttemptEach();
  });

  test('from another folder, with limits: the driver finds the engines of the project, and knows the limits', async () => {
    const engine = join(person.project, 'stages/own/shell/bin');
    mkdirSync(engine, { recursive: true });
    writeFileSync(join(engine, 'own'), '#!/bin/sh\neval "$PARAM_SCRIPT"\n', { mode: 0o755 });
    writeActPipeline(person, { command: 'own', engine: 'stages/own/shell' });
    const head = 'apiVersion: ilab-backend.dev/v1alpha1\nkind: Project\n';
    writeFileSync(join(person.project, 'ilab-backend.yaml'), head);
    const elsewhere = join(person.folder, 'home');
    const flags = ['--detach', '--project', person.project, '--timeout', '1h', '--max-offline', '2h'];
    const { exitCode, stderr } = await person.start([...RUN(), ...flags], {}, { cwd: elsewhere });
    expect(exitCode, stderr).toBe(0);
    await meeting.arrived();
    const [driver] = (await person.status('week')).status.drivers;
    const { stdout: line } = await execa('ps', ['-o', 'args=', '-p', String(driver?.pid)]);
    expect(line).toMatch(/--timeout 3600s --timeout-since \S+Z --max-offline 7200s/);
    meeting.letGo();
    expect((await person.type('wait', 'week')).exitCode).toBe(0);
    await expectOneAttemptEach();
  });

  test('resume --detach takes over what another left', async () => {
    const { driver } = await startAndMeet();
    driver.kill('SIGKILL');
    await endOf(driver);
    expect((await person.type('resume', 'week', '--detach')).exitCode).toBe(0);
    meeting.letGo();
    expect((await person.type('wait', 'week')).exitCode).toBe(0);
    await expectOneAttemptEach();
  });
});

describe('cancel', () => {
  test('ends the stage of a living driver; both say so', async () => {
    const { driver } = await startAndMeet();
    const cancelled = await person.type('cancel', 'week', '--reason', 'too late');
    expect(cancelled.exitCode, cancelled.stderr).toBe(0);
    expect((await endOf(driver)).exitCode).toBe(10);
    const object = await person.status('week');
    expect(object.status.phase).toBe('Cancelled');
    expect(phases(object)).toEqual({ act: 'Cancelled', after: 'Pending' });
    expect((await person.type('wait', 'week')).exitCode).toBe(10);
  });

  test('of a run without a driver', async () => {
    const { driver } = await startAndMeet();
    driver.kill('SIGKILL');
    await endOf(driver);
    expect((await person.type('cancel', 'week')).exitCode).toBe(0);
    expect((await person.status('week')).status.phase).toBe('Cancelled');
  });

  test('of a run that is done changes nothing', async () => {
    meeting.letGo();
    expect((await person.type(...RUN())).exitCode).toBe(0);
    expect(await person.type('cancel', 'week')).toMatchObject({
      ...{ exitCode: 0, stdout: 'run/week\n' },
      stderr: 'week has already ended: Succeeded; nothing to cancel\n',
    });
    expect((await person.status('week')).status.phase).toBe('Succeeded');
  });

  test('a stage that does not heed SIGTERM is killed after its grace', async () => {
    writeActPipeline(person, { grace: '1s' });
    const script = `trap "" TERM; ${meeting.script}`;
    const driver = person.start(['run', 'act', '--name', 'week', ...acting(script)]);
    await meeting.arrived();
    expect((await person.type('cancel', 'week')).exitCode).toBe(0);
    expect((await endOf(driver)).exitCode).toBe(10);
  });

  test('resume goes on with a cancelled run', async () => {
    const { driver } = await startAndMeet();
    await person.type('cancel', 'week');
    await endOf(driver);
    meeting.letGo();
    expect((await person.type('resume', 'week')).exitCode).toBe(0);
    const object = await person.status('week');
    expect(phases(object)).toEqual({ act: 'Succeeded', after: 'Succeeded' });
    expect(object.status.stages[0]?.attempts.map(({ outcome }) => outcome?.kind)).toEqual(['cancelled', 'succeeded']);
  });
});

describe('--timeout', () => {
  test('of run cancels the run and ends with 124', async () => {
    const { exitCode, stderr } = await person.type(...RUN(), '--timeout', '2s');
    expect(exitCode, stderr).toBe(124);
    expect((await person.status('week')).status.phase).toBe('Cancelled');
  });

  test('of wait ends the waiting only', async () => {
    const { driver } = await startAndMeet();
    expect((await person.type('wait', 'week', '--timeout', '0.2s')).exitCode).toBe(124);
    meeting.letGo();
    expect((await endOf(driver)).exitCode).toBe(0);
  });
});

describe('rm', () => {
  test('refuses while the run is driven, and while its stage runs', async () => {
    const { driver } = await startAndMeet();
    expectFault(await person.type('rm', 'week'), 8, /week is being driven[\s\S]*cancel week/);
    driver.kill('SIGKILL');
    await endOf(driver);
    expectFault(await person.type('rm', 'week'), 8, /act of week still runs/);
    meeting.letGo();
    expect((await person.type('resume', 'week')).exitCode).toBe(0);
    expect(await person.type('rm', 'week')).toMatchObject({ exitCode: 0, stdout: 'run/week deleted\n' });
    expectFault(await person.type('status', 'week'), 7, /week/);
  });
});
