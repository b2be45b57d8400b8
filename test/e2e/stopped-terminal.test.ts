import { existsSync } from 'node:fs';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { acting, FINISH, writeActPipeline } from './act-pipeline.ts';
import { LAUNCHER, Person } from './program.ts';

/** util-linux: gives a program a terminal, and shows what it writes there. */
const SCRIPT = '/usr/bin/script';
/** Each frame is a few of these, so that a terminal that nobody reads is soon full. */
const WORDS = 'much to say '.repeat(250);

let person: Person;
beforeEach(() => {
  person = new Person();
  writeActPipeline(person);
});
afterEach(() => person.leave());

const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

test('a terminal that is stopped does not stop the run', async ({ skip }) => {
  if (!existsSync(SCRIPT)) skip(`needs ${SCRIPT}`);
  const talk = `for i in $(seq 100); do echo "ilab-progress: {\\"message\\":\\"$i ${WORDS}\\"}"; sleep 0.1; done; ${FINISH}`;
  const words = [LAUNCHER, 'run', 'act', '--name', 'week', ...acting(talk)].map(quoted);
  const terminal = execa(SCRIPT, ['-qec', `stty cols 4000 rows 40; exec ${words.join(' ')}`, '/dev/null'], {
    cwd: person.project,
    env: person.env,
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
  });
  await new Promise((resolve) => terminal.stdout.once('data', resolve));
  terminal.kill('SIGSTOP');
  try {
    // The second stage begins when the driver has seen the end of the first.
    await person.until('week', ({ status }) => status.phase === 'Succeeded');
  } finally {
    terminal.kill('SIGCONT');
  }
  const { exitCode, stdout } = await terminal;
  expect(exitCode, stdout).toBe(0);
  expect(stdout).toContain('week is done');
});
