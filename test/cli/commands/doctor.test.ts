import { expect, test } from 'vitest';
import type { CliContext } from '../../../src/cli/context.ts';
import { runProgram } from '../../../src/cli/program.ts';
import type { Finding } from '../../../src/domain/diagnosis/finding.ts';
import { UserError } from '../../../src/domain/errors.ts';
import { Terminal } from '../terminal.ts';

const noValues = () =>
  Promise.reject(new UserError('bad-params', 'pipeline p needs a value that nobody gave\n\n  model\n'));

async function doctor(...findings: readonly Finding[]): Promise<readonly string[]> {
  return typed({}, ...findings);
}

async function typed(change: Partial<CliContext>, ...findings: readonly Finding[]): Promise<readonly string[]> {
  return typedLine(['doctor'], change, ...findings);
}

async function typedLine(
  argv: readonly string[],
  change: Partial<CliContext>,
  ...findings: readonly Finding[]
): Promise<readonly string[]> {
  const terminal = new Terminal();
  const examine = async function* () {
    yield* findings;
  };
  await runProgram(argv, [], terminal.context({ examine, openProject: noValues, ...change }));
  return terminal.stdout.text.trimEnd().split('\n');
}

test('what helps against several findings in a row is said once, below them', async () => {
  const lacks = (message: string): Finding => ({ name: 'Rights', state: 'warning', message, fix: 'ask for it' });
  const claim: Finding = { name: 'Workspace', state: 'problem', message: 'none', fix: 'make it' };
  expect(await doctor(lacks('no logs'), lacks('no events'), claim, lacks('no pods'))).toEqual([
    'warn Rights       no logs',
    'warn Rights       no events',
    '                  ask for it',
    'FAIL Workspace    none',
    '                  make it',
    'warn Rights       no pods',
    '                  ask for it',
  ]);
});

test('a project that cannot be read is told beside what this machine lacks', async () => {
  const python: Finding = { name: 'Python', state: 'ok', message: '3.12' };
  for (const code of ['bad-config', 'bad-params'] as const) {
    const openProject = () =>
      Promise.reject(new UserError(code, 'it cannot be used\n\n  p.yaml:3:1: no such key\n  p.yaml:4:1: nor this'));
    expect(await typed({ openProject }, python)).toEqual([
      'ok   Python       3.12',
      'FAIL Project      it cannot be used p.yaml:3:1: no such key',
      '                  what is wrong with it: `ilab-backend validate`',
    ]);
  }
});

test('who asks for a message of a project that has no values yet is told that none was sent', async () => {
  expect(await typedLine(['doctor', '--notify'], {})).toEqual([
    expect.stringMatching(/^warn Webhook +nothing was sent/),
    expect.stringContaining('`ilab-backend validate`'),
  ]);
});
