import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { literal, runToEnd, TestPlace, until } from './support/local-place.ts';

let here: TestPlace;
let count = 0;
beforeAll(() => {
  here = new TestPlace();
  // Prints what it got so that nothing can be mistaken: each word in hex.
  here.write(
    'package/stages/test/shell/bin/tell',
    '#!/bin/sh\nfor word; do printf %s "$word" | od -An -v -tx1 | tr -d " \\n"; echo; done\n',
    0o755,
  );
});
afterAll(() => here.remove());

/** Runs in an attempt of its own. */
async function run(job: Parameters<TestPlace['spec']>[0]) {
  count += 1;
  const spec = await here.spec({ run: `r${count}`, ...job });
  return { spec, ...(await runToEnd(here.place, spec)) };
}

const hex = (text: string): string => Buffer.from(text).toString('hex');

const HOSTILE = [
  '$(X)',
  '$$(X)',
  '${X}',
  '`id`',
  '; exit 3',
  "it's",
  '"quoted"',
  'two\nlines\n',
  '\n',
  '',
  ' ',
  '*',
  '~',
  '-n',
  '--',
  '\\',
  '\\n',
  '\t\r\u0007\u001b[31m',
  '\u0081\u0088\u00c1\u{1f600}\ufffd',
  '!$#@%^&()[]{}<>|',
  '%s%n',
];

describe('a container gets, byte for byte,', () => {
  test('its arguments', async () => {
    const { texts } = await run({ command: ['tell', ...HOSTILE.map(literal)] });
    expect(texts).toEqual(HOSTILE.map(hex));
  });

  test('its environment', async () => {
    const names = [
      'A',
      'IFS',
      'OPTIND',
      'UID',
      'PPID',
      'PWD',
      'SHLVL',
      '_',
      'LD_X',
      'my.name',
      'with-dash',
      'ENV',
      'BASH_ENV',
      'PS1',
    ];
    const value = (index: number): string => HOSTILE[index % HOSTILE.length] as string;
    const env = names.map((name, index) => ({ name, value: literal(value(index)) }));
    const tell =
      'for (const [n, v] of Object.entries(process.env)) console.log(n + "=" + Buffer.from(v).toString("hex"))';
    const { texts, outcome } = await run({ command: [process.execPath, '-e', tell], env });
    expect(outcome.kind).toBe('succeeded');
    const got = new Map(
      texts.map((line) => [line.slice(0, line.lastIndexOf('=')), line.slice(line.lastIndexOf('=') + 1)]),
    );
    for (const [index, name] of names.entries()) expect([name, got.get(name)]).toEqual([name, hex(value(index))]);
    const ours = ['HOME', 'ILAB_CONTENT', 'ILAB_TERMINATION_LOG', 'LANG', 'PATH', 'TMPDIR'];
    expect([...got.keys()].sort()).toEqual([...names, ...ours].sort());
  });

  test('whatever else the arguments are', async () => {
    const word = fc.string({
      unit: fc.oneof(
        fc.constantFrom('$', '(', ')', "'", '"', '\\', '\n', '`'),
        fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
      ),
    });
    const [words] = fc.sample(
      fc.array(
        word.filter((text) => !text.includes('\0') && text.isWellFormed()),
        { minLength: 200, maxLength: 200 },
      ),
      1,
    );
    const { texts } = await run({ command: ['tell', ...(words ?? []).map(literal)] });
    expect(texts).toEqual((words ?? []).map(hex));
  });

  test('values that refer to others, as a kubelet joins them', async () => {
    const env = [
      { name: 'A', value: 'one' },
      { name: 'B', value: '$(A)-two-$(C)' },
      { name: 'C', value: 'late' },
    ];
    const { texts } = await run({ script: 'echo "$B" "$0"', container: { args: ['$(C)'] }, env });
    expect(texts).toEqual(['one-two-$(C) late']);
  });
});

describe('a container', () => {
  test('has ordinary pipes', async () => {
    const script = [
      'echo to-file >/dev/stderr', // must not cut off what was written before
      'echo first >&2; echo second >/dev/stderr',
      'yes | head -n 1',
      '[ -p /proc/self/fd/1 ] && echo pipe',
      'read -r line || echo nothing on stdin',
      'ls /proc/self/fd | tr "\\n" " "; echo', // and the folder it lists
      'trap', // no signal is ignored
      'kill -INT $$ & wait; sleep 1; echo not here',
    ].join('\n');
    const { outcome, lines } = await run({ script });
    const of = (stream: string) => lines.filter((line) => line.stream === stream).map((line) => line.text);
    expect(of('stderr')).toEqual(['to-file', 'first', 'second']);
    expect(of('stdout')).toEqual(['y', 'pipe', 'nothing on stdin', '0 1 2 3 ']);
    expect(outcome).toMatchObject({ kind: 'failed', reason: 'signal', signal: 'SIGINT' });
  });

  test.each([
    {
      exit: 'exit 1',
      outcome: { class: 'user', reason: 'exit', exitCode: 1, message: 'it ended with exit code 1: because' },
    },
    { exit: 'exit 64', outcome: { class: 'user', reason: 'bad-input', exitCode: 64 } },
    { exit: 'exit 75', outcome: { class: 'infra', reason: 'try-again', exitCode: 75 } },
    { exit: 'kill -SEGV $$', outcome: { class: 'user', reason: 'signal', signal: 'SIGSEGV', exitCode: 139 } },
    { exit: 'kill -KILL $$', outcome: { class: 'user', reason: 'signal', signal: 'SIGKILL', exitCode: 137 } },
    { exit: 'kill -TERM $$', outcome: { class: 'infra', reason: 'signal', signal: 'SIGTERM', exitCode: 143 } },
    { exit: 'exit 255', outcome: { class: 'user', reason: 'exit', exitCode: 255 } },
  ])('that ends by `$exit` says why', async ({ exit, outcome: expected }) => {
    const { outcome, texts } = await run({ script: `echo because >&2; ${exit}` });
    expect(outcome).toMatchObject({ kind: 'failed', ...expected });
    expect(outcome).toMatchObject({ message: expect.stringMatching(/: because$/) });
    expect(texts).toEqual(['because']); // the shells of ours say nothing
  });

  test('explains itself by its termination log first', async () => {
    const { outcome } = await run({
      script: 'echo "the dataset is empty" >"$ILAB_TERMINATION_LOG"; echo trace >&2; exit 64',
    });
    expect(outcome).toMatchObject({
      message: 'it found its input or parameters at fault (exit code 64): the dataset is empty',
    });
  });

  test.each([
    { what: 'is not there', command: ['no-such-program'], exitCode: 127 },
    { what: 'cannot be executed', command: ['/dev/null'], exitCode: 126 },
  ])('whose program $what cannot start', async ({ command, exitCode }) => {
    const { outcome } = await run({ command });
    expect(outcome).toMatchObject({ kind: 'failed', class: 'config', reason: 'cannot-start', exitCode });
    expect(outcome).toMatchObject({ message: expect.stringContaining(command[0] as string) });
  });

  test('works in the folder it asks for', async () => {
    const { texts, spec } = await run({ script: 'pwd', container: { workingDir: '/content/deep/er' } });
    expect(texts).toEqual([join(here.target.contentRoot(spec), 'deep/er')]);
  });

  test('leaves nothing but outcome, logs and outputs behind', async () => {
    const { spec, uid, texts } = await run({ script: 'echo >"$TMPDIR/x"; echo "$TMPDIR"; touch "$HOME/y"' });
    const folder = here.attemptFolder(spec);
    await until(() => !existsSync(join(folder, 'runtime')));
    await until(() => !existsSync(texts[0] ?? ''));
    await here.target.clean(spec, uid);
    await here.target.clean(spec, uid);
    const files = readFileSync(join(folder, 'outcome.json'), 'utf8');
    expect(JSON.parse(files)).toMatchObject({ version: 1, uid });
    expect(['content', 'home', 'runtime'].filter((name) => existsSync(join(folder, name)))).toEqual([]);
  });
});
