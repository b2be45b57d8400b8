import { expect, test } from 'vitest';
import { runProgram } from '../../src/cli/program.ts';
import type { Finding } from '../../src/domain/finding.ts';
import { Terminal } from './terminal.ts';

async function doctor(...findings: readonly Finding[]): Promise<readonly string[]> {
  const terminal = new Terminal();
  const examine = async function* () {
    yield* findings;
  };
  await runProgram(['doctor'], [], terminal.context({ examine }));
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
