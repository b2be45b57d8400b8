import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { acting, FINISH, writeActPipeline } from './act-pipeline.ts';
import { expectNoTrace } from './faults.ts';
import { LAUNCHER, Person } from './program.ts';

/* The streams of the program: events for programs, lines for people, readers that go away, terminals of all sizes. */

let person: Person;
beforeEach(() => {
  person = new Person();
  writeActPipeline(person);
});
afterEach(() => person.leave());

const RUN = ['run', 'act', '--name', 'week'] as const;

describe('-o json', () => {
  const schema = JSON.parse(readFileSync(resolve(import.meta.dirname, '../../docs/events.schema.json'), 'utf8'));
  const isEvent = new Ajv2020({ strict: false, formats: { 'date-time': true } }).compile(schema);

  test.each<[string, number, string, readonly string[]]>([
    ['good', 0, 'Succeeded', acting()],
    ['failed', 3, 'Failed', acting('exit 1')],
    ['gated', 4, 'Refused', acting()],
    ['timed out', 124, 'Cancelled', [...acting('sleep 60'), '--timeout', '1s']],
  ])('a %s run: every line is an event, the last one says %i', async (what, code, phase, script) => {
    if (what === 'gated') writeActPipeline(person, { gate: 'results.act.metrics.score >= 2.0' });
    const { exitCode, events, stderr } = await person.events(...RUN, ...script);
    expect(exitCode, stderr).toBe(code);
    for (const event of events) {
      expect(isEvent(event), `${JSON.stringify(event)}: ${JSON.stringify(isEvent.errors)}`).toBe(true);
    }
    expect(events[0]).toMatchObject({ version: 1, type: 'run-started', run: 'week' });
    expect(events.at(-1)).toMatchObject({ type: 'run-ended', exitCode: code, phase });
    expect(events.filter(({ type }) => type === 'run-ended')).toHaveLength(1);
    expect(stderr).toBe('');
  });

  test('a follower is told the same story', async () => {
    const told = await person.events(...RUN, ...acting());
    const again = await person.events('watch', 'week');
    const story = (events: typeof told.events) =>
      events
        .filter(({ type }) => /^(attempt-(intended|bound|started|ended)|stage-)/.test(type))
        .map((event) => JSON.stringify(event));
    expect(story(again.events)).toEqual(story(told.events));
    expect(story(told.events).length).toBeGreaterThanOrEqual(8);
  });
});

describe('plain', () => {
  test('without a terminal: lines on stderr, the name on stdout, no escape', async () => {
    const { exitCode, stdout, stderr } = await person.type(...RUN, ...acting());
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: 'run/week\n' });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what must not be there.
    expect(stderr).not.toMatch(/[\u001b\r]/);
    expect(stderr).toContain('next: ilab-backend artifacts week');
  });
});

describe('stdout that nobody reads', () => {
  const pipe = (words: readonly string[], reader: string) =>
    execa('bash', ['-c', `set -o pipefail; "$0" "$@" | ${reader}`, LAUNCHER, ...words], {
      cwd: person.project,
      env: person.env,
      extendEnv: false,
      reject: false,
    });

  test('logs ends quietly', async () => {
    await person.type(...RUN, ...acting(`seq 1 200000; ${FINISH}`));
    const { stdout, stderr } = await pipe(['logs', 'week', 'act'], 'head -n 1');
    expect({ stdout, stderr }).toEqual({ stdout: '1', stderr: '' });
  });

  test('logs waits for a reader again and again, and says nothing of it', async () => {
    await person.type(...RUN, ...acting(`seq 1 200000; ${FINISH}`));
    const { stdout, stderr } = await pipe(['logs', 'week', 'act'], 'tail -n 1');
    expect({ stdout, stderr }).toEqual({ stdout: '200000', stderr: '' });
  });

  test('a run goes on to its end', async () => {
    const { exitCode, stderr } = await pipe([...RUN, '-o', 'json', ...acting()], 'head -n 1 >/dev/null');
    expect(exitCode, stderr).toBe(0);
    expect((await person.status('week')).status.phase).toBe('Succeeded');
  });

  test('neither does a closed stderr stop it', async () => {
    const { exitCode } = await execa('sh', ['-c', '"$0" "$@" 2>&-', LAUNCHER, ...RUN, ...acting()], {
      cwd: person.project,
      env: person.env,
      extendEnv: false,
      reject: false,
    });
    expect(exitCode).toBe(0);
  });

  test('a full stdout is said, not hidden', async ({ skip }) => {
    if (!existsSync('/dev/full')) skip('needs /dev/full');
    await person.type(...RUN, ...acting());
    const { exitCode, stderr } = await execa('sh', ['-c', '"$0" "$@" >/dev/full', LAUNCHER, 'status', 'week'], {
      cwd: person.project,
      env: person.env,
      extendEnv: false,
      reject: false,
    });
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^ilab-backend: /);
    expect(stderr).not.toMatch(/\n\s+at /);
  });
});

describe('a terminal', () => {
  beforeEach(({ skip }) => {
    if (process.platform !== 'linux') skip('needs the `script` of Linux');
  });

  /** Under `script`, which gives the program a terminal of so many columns. */
  async function onTerminal(columns: number, words: readonly string[], env: Record<string, string> = {}) {
    const line = `stty cols ${columns} rows 24; exec "${LAUNCHER}" ${words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ')}`;
    const ended = await execa('script', ['-qec', line, '/dev/null'], {
      cwd: person.project,
      env: { ...person.env, TERM: 'xterm-256color', SHELL: '/bin/sh', ...env },
      extendEnv: false,
      stdin: 'ignore',
      reject: false,
    });
    return { exitCode: ended.exitCode, text: ended.stdout };
  }

  test.each([20, 80, 200])('of %i columns', async (columns) => {
    const { exitCode, text } = await onTerminal(columns, [...RUN, ...acting()]);
    expect(exitCode, text).toBe(0);
    expect(text).toContain('run/week');
    expectNoTrace({ exitCode, signal: undefined, stdout: '', stderr: text });
  });

  test('the screen of a run keeps to 20 columns', async () => {
    const { text } = await onTerminal(20, [...RUN, ...acting()]);
    const frames = stripVTControlCharacters(text.slice(0, text.indexOf('run/week'))).split(/\r?\n/);
    expect(frames.filter((line) => line.length > 20)).toEqual([]);
    expect(frames.length).toBeGreaterThan(5);
  });

  test('a table that does not fit becomes blocks', async () => {
    await person.type(...RUN, ...acting());
    const { exitCode, text } = await onTerminal(20, ['status', 'week'], { NO_COLOR: '1' });
    expect(exitCode).toBe(0);
    expect(text.replaceAll('\r', '')).toContain('STAGE: act\nPHASE: Succeeded\n');
  });

  test('TERM=dumb gets plain lines', async () => {
    const { exitCode, text } = await onTerminal(80, [...RUN, ...acting()], { TERM: 'dumb' });
    expect(exitCode).toBe(0);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what must not be there.
    expect(text).not.toMatch(/\u001b\[[0-9]*[A-K]/);
  });

  test('NO_COLOR is heeded', async () => {
    await person.type(...RUN, ...acting());
    const { text } = await onTerminal(80, ['status', 'week'], { NO_COLOR: '1' });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what must not be there.
    expect(text).not.toMatch(/\u001b\[[0-9;]*m/);
  });
});

test('the state folder is the only place that is written to', async () => {
  await person.type(...RUN, ...acting());
  const { stdout } = await execa('find', [
    person.folder,
    '-newer',
    join(person.project, 'pipelines/act/job.yaml'),
    '-type',
    'f',
  ]);
  const elsewhere = stdout.split('\n').filter((path) => path !== '' && !path.startsWith(person.stateDir));
  expect(elsewhere.filter((path) => !path.startsWith(person.project))).toEqual([]);
});
