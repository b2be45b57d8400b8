import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { acting, FINISH, writeActPipeline } from '../e2e/act-pipeline.ts';
import { expectNoTrace } from '../e2e/faults.ts';
import { type Ended, Person } from '../e2e/program.ts';

/* Stages that misbehave: what the program says, ends with and keeps. */

let person: Person;
beforeEach(() => {
  person = new Person();
});
afterEach(() => person.leave());

async function act(script: string, ...more: readonly string[]): Promise<Ended> {
  const ended = await person.type('run', 'act', '--name', 'bad', ...acting(script), ...more);
  expectNoTrace(ended);
  expect(ended.stdout).toBe('run/bad\n');
  return ended;
}

interface Failure {
  readonly kind: string;
  readonly class?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly exitCode?: number;
  readonly signal?: string;
}

async function outcomes(): Promise<readonly Failure[]> {
  const { status } = await person.status('bad');
  return status.stages[0]?.attempts.map((attempt) => attempt.outcome as Failure) ?? [];
}

test.each<[string, string, Failure]>([
  ['exits 1', 'echo boom >&2; exit 1', { kind: 'failed', class: 'user', reason: 'exit', exitCode: 1 }],
  ['exits 64', 'exit 64', { kind: 'failed', class: 'user', reason: 'bad-input', exitCode: 64 }],
  ['is killed', 'kill -9 $$', { kind: 'failed', reason: 'signal', signal: 'SIGKILL' }],
  ['writes no result', 'true', { kind: 'failed', reason: 'no-result' }],
  [
    'writes half a result',
    'echo "{" >$ILAB_CONTENT/artifacts/result.json',
    { kind: 'failed', reason: 'invalid-result' },
  ],
  [
    'writes a result of another form',
    `echo '{"version":1,"metrics":{"score":"high"},"artifacts":[]}' >$ILAB_CONTENT/artifacts/result.json`,
    { kind: 'failed', reason: 'invalid-result' },
  ],
  [
    'names an artifact that is not there',
    `echo '{"version":1,"metrics":{},"artifacts":[{"name":"x","path":"x","digest":"sha256:00","size":1}]}' >$ILAB_CONTENT/artifacts/result.json`,
    { kind: 'failed', reason: 'invalid-result' },
  ],
])('a stage that %s', async (_what, script, expected) => {
  writeActPipeline(person);
  const ended = await act(script);
  expect(ended.exitCode, ended.stderr).toBe(3);
  expect(ended.stderr).toContain('ilab-backend logs bad act');
  const [first, after] = (await person.status('bad')).status.stages;
  expect(first?.attempts.map(({ outcome }) => outcome)).toEqual([expect.objectContaining(expected)]);
  expect(after).toMatchObject({ phase: 'Pending', attempts: [] });
});

test('a command that is not there could not start', async () => {
  writeActPipeline(person, { command: 'nowhere-to-be-found' });
  const ended = await act('true');
  expect(ended.exitCode, ended.stderr).toBe(5);
  expect(await outcomes()).toEqual([expect.objectContaining({ kind: 'failed', reason: 'cannot-start' })]);
  expect(ended.stderr).toContain('nowhere-to-be-found');
});

test('a stage that hangs past its time limit is ended, with grace', async () => {
  // By then it hears the signal, and it is not killed before it has said so.
  writeActPipeline(person, { run: '3s', grace: '2s' });
  const ended = await act('trap "echo asked to end" TERM; while :; do sleep 0.1; done');
  expect(ended.exitCode, ended.stderr).toBe(3);
  expect(await outcomes()).toEqual([expect.objectContaining({ kind: 'failed', reason: 'deadline' })]);
  expect((await person.type('logs', 'bad', 'act')).stdout).toBe('asked to end\n');
});

test('the end of a failed stage’s log is shown with the failure', async () => {
  writeActPipeline(person);
  const ended = await act('for i in 1 2 3 4 5 6 7 8 9 10 11 12; do echo "line $i"; done; exit 1');
  expect(ended.stderr).toContain('| line 12');
  expect(ended.stderr).not.toContain('| line 1\n');
});

describe('exit 75: try again later', () => {
  const COUNT = 'echo x >>"$ILAB_CONTENT/work/tries"; [ $(wc -l <"$ILAB_CONTENT/work/tries") -ge 2 ] || exit 75';

  test('is retried, and the second attempt may succeed', async () => {
    writeActPipeline(person, { retry: { infra: 1, user: 0 } });
    const ended = await act(`${COUNT}; ${FINISH}`);
    expect(ended.exitCode, ended.stderr).toBe(0);
    expect(await outcomes()).toMatchObject([
      { kind: 'failed', class: 'infra', reason: 'try-again' },
      { kind: 'succeeded' },
    ]);
    expect(ended.stderr).toMatch(/follows in 2/);
  });

  test('ends when the budget is spent', async () => {
    writeActPipeline(person, { retry: { infra: 1, user: 0 } });
    const ended = await act('exit 75');
    expect(ended.exitCode).toBe(3);
    expect(await outcomes()).toHaveLength(2);
  });

  test('a crash has a budget of its own', async () => {
    writeActPipeline(person, { retry: { infra: 0, user: 1 } });
    expect((await act('exit 1')).exitCode).toBe(3);
    expect(await outcomes()).toHaveLength(2);
  });

  test('bad input is never tried again', async () => {
    writeActPipeline(person, { retry: { infra: 3, user: 3 } });
    expect((await act('exit 64')).exitCode).toBe(3);
    expect(await outcomes()).toHaveLength(1);
  });
});

describe('what a stage prints', () => {
  const logs = async (...words: readonly string[]): Promise<string> => {
    const { exitCode, stdout, stderr } = await person.type('logs', 'bad', 'act', ...words);
    expect(exitCode, stderr).toBe(0);
    return stdout;
  };

  test('nothing: which is said, and where to look', async () => {
    writeActPipeline(person);
    expect((await act(FINISH)).exitCode).toBe(0);
    const stderr = 'ilab-backend: nothing was printed; how it stands: `ilab-backend status bad`\n';
    expect(await person.type('logs', 'bad', 'act')).toMatchObject({ exitCode: 0, stdout: '', stderr });
  });

  test('10 MiB on one line', async () => {
    writeActPipeline(person);
    const ended = await act(`head -c 10485760 /dev/zero | tr '\\0' x; echo; echo after; ${FINISH}`);
    expect(ended.exitCode, ended.stderr).toBe(0);
    const lines = (await logs()).split('\n');
    expect(lines.slice(-2)).toEqual(['after', '']);
    const long = lines.slice(0, -2).join('');
    expect(long.length).toBe(10_485_760);
    expect(/^x+$/.test(long)).toBe(true);
  });

  test('progress with carriage returns', async () => {
    writeActPipeline(person);
    await act(`printf '10%%\\r20%%\\r30%%\\n'; echo after; ${FINISH}`);
    const text = await logs();
    expect(text).toContain('30%');
    expect(text.split('\n').at(-2)).toBe('after');
  });

  test('NUL bytes and bytes that are no UTF-8', async () => {
    writeActPipeline(person);
    const ended = await act(`printf 'a\\000b\\n\\377\\376c\\n'; echo after; ${FINISH}`);
    expect(ended.exitCode, ended.stderr).toBe(0);
    const lines = (await logs()).split('\n');
    expect(lines).toHaveLength(4);
    expect(lines[0]).toMatch(/^a.*b$/s);
    expect(lines[1]).toMatch(/c$/);
    expect(lines[2]).toBe('after');
  });

  test('no line end at the end', async () => {
    writeActPipeline(person);
    await act(`printf 'one\\ntwo'; ${FINISH}`);
    expect(await logs()).toBe('one\ntwo\n');
  });

  test('terminal escapes do not reach what people see', async () => {
    writeActPipeline(person);
    const ended = await act(`printf '\\033[31mred\\033]0;title\\007\\n'; printf '\\033[2J' >&2; exit 1`);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there.
    expect(ended.stderr).not.toMatch(/[\u001b\u0007]/);
    expect(ended.stderr).toContain('red');
  });

  test('a made-up progress line harms nobody', async () => {
    writeActPipeline(person);
    const ended = await act(`echo 'ilab-progress: {"message":1'; echo 'ilab-progress: {"fraction":7}'; ${FINISH}`);
    expect(ended.exitCode, ended.stderr).toBe(0);
  });
});

describe('an output that somebody changed after the run', () => {
  const HELLO = ['run', 'hello', '--set', 'name=you'] as const;

  async function locationOf(run: string): Promise<string> {
    const { stdout } = await person.type('artifacts', run, '-o', 'json');
    const { artifacts } = JSON.parse(stdout) as { artifacts: readonly { stage: string; location: string }[] };
    return artifacts.find(({ stage }) => stage === 'greet')?.location ?? '';
  }

  async function spoil(run: string): Promise<string> {
    const location = await locationOf(run);
    appendFileSync(location, 'forged\n');
    return location;
  }

  test('is named by artifacts, exit 1', async () => {
    await person.type(...HELLO, '--name', 'one');
    await spoil('one');
    const ended = await person.type('artifacts', 'one');
    expect(ended.exitCode).toBe(1);
    expect(ended.stderr).toMatch(/changed after the run: greet\/text/);
    expectNoTrace(ended);
  });

  test('of the same size is found by --verify, and artifacts says how it looked', async () => {
    await person.type(...HELLO, '--name', 'one');
    const location = await locationOf('one');
    writeFileSync(location, readFileSync(location, 'utf8').replace(/^./, 'X'));
    const looked = await person.type('artifacts', 'one');
    expect(looked.exitCode).toBe(0);
    expect(looked.stderr).toBe('names and sizes compared; --verify reads every byte\n');
    const read = await person.type('artifacts', 'one', '--verify');
    expect(read.exitCode).toBe(1);
    expect(read.stderr).not.toContain('names and sizes compared');
  });

  test('is not built upon: the stage runs again, and the reason is told', async () => {
    await person.type(...HELLO, '--name', 'one');
    const location = await spoil('one');
    const { exitCode, stderr } = await person.type(...HELLO, '--name', 'two');
    expect(exitCode, stderr).toBe(0);
    const [greet] = (await person.status('two')).status.stages;
    expect(greet?.phase).toBe('Succeeded');
    expect(stderr).toMatch(/greet/);
    expect(readFileSync(location, 'utf8')).toContain('forged'); // nobody mends or deletes it
  });
});
